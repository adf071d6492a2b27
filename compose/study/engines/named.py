"""Engines by name. What one needs is imported where it is made: nobody pays for another's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compose.language.diagnostics import Diagnostic, SpecError
from compose.study.engines.interface import Engine, Job
from compose.study.engines.local import Local
from compose.study.engines.ray import Ray
from compose.study.engines.slurm import Slurm

Name = Literal["local", "slurm", "ray"]


@dataclass(frozen=True)
class Options:
    """What one may say of an engine, beside the number of workers."""

    partition: str | None = None
    """Slurm's."""
    time: int | None = None
    """Minutes of a job of Slurm."""
    slurm: tuple[str, ...] = ()
    """``KEY=VALUE`` for sbatch."""
    address: str | None = None
    """Of a cluster of Ray."""


READ = {"local": (), "slurm": ("partition", "time", "slurm"), "ray": ("address",)}
"""The options that each engine reads."""


def engine(name: Name, job: Job, options: Options) -> Engine:
    """The engine of a name; nothing of the study is written yet.

    Raises:
        SpecError: ``study.engine`` for an option that it does not read, or if it is not installed; others as it says.
    """
    for option, value in vars(options).items():
        if value and option not in READ[name]:
            owner = next(other for other, read in READ.items() if option in read)
            text = f"is an option of the engine {owner}, not of {name}"
            hint = f"add --engine {owner}, or leave it out"
            raise SpecError(Diagnostic("study.engine", text, f"--{option}", hint=hint))
    match name:
        case "local":
            return Local(job)
        case "slurm":
            return Slurm(job, options.partition, options.time, options.slurm)
        case "ray":
            return Ray(job, options.address)
