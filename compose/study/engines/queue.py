"""What Slurm's own commands say of a study's jobs: which are there, in which state; and how they are ended."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from compose.language.diagnostics import Diagnostic, SpecError

COMMANDS = ("sbatch", "srun", "squeue", "scancel", "scontrol")
SECONDS = 60.0
"""A command that takes longer has failed."""
ARRAY = 1001
"""``MaxArraySize`` of a Slurm that does not tell."""


@dataclass(frozen=True)
class Queued:
    """A job that is in the queue or runs."""

    state: str
    """``PENDING``, ``RUNNING``, ..."""
    reason: str = ""
    """Why it waits."""


def check() -> None:
    """Raises SpecError (``study.slurm``) where Slurm's commands are not there."""
    lost = [name for name in COMMANDS if shutil.which(name) is None]
    if lost:
        text, hint = f"there is no command {', '.join(lost)} here", "run this on a machine that submits jobs"
        raise SpecError(Diagnostic("study.slurm", text, "--engine slurm", hint=hint))


def jobs(name: str) -> Mapping[str, Queued] | None:
    """The jobs of a name, tasks of arrays each by itself; None if Slurm does not answer now."""
    said = _said("squeue", "--noheader", "--array", f"--name={name}", "--format=%i|%T|%r")
    if said is None:
        return None
    lines = (line.strip().split("|", 2) for line in said.splitlines() if line.count("|") >= 2)
    return {number: Queued(state, reason) for number, state, reason in lines}


def cancel(name: str, *options: str) -> None:
    """Call ``scancel`` for the jobs of a name; that none is left is no mistake."""
    _said("scancel", f"--name={name}", *options)


def largest_array() -> int:
    """How many tasks an array may have; 1 where there are no arrays."""
    found = re.search(r"^MaxArraySize\s*=\s*(\d+)", _said("scontrol", "show", "config") or "", re.MULTILINE)
    return max(1, int(found.group(1)) if found else ARRAY)


def _said(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
