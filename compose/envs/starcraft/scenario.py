"""Scenarios by their names: those that come with the package, and those in files. No torch here."""

from __future__ import annotations

import pathlib
from functools import cache
from importlib.resources import files
from re import findall

from compose.envs.starcraft.scenario_file import read
from compose.envs.starcraft.scenario_model import Ring, Scenario
from compose.envs.starcraft.task import Squad, Task, summary
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

__all__ = ["SCENARIOS", "Ring", "Scenario", "Squad", "Task", "load", "summary"]

FOLDER = pathlib.Path(str(files("compose.envs.starcraft") / "scenarios"))


def load(name_or_path: str, trail: tuple[pathlib.Path, ...] = ()) -> Scenario:
    """A scenario by the name of one that comes with the package, or by the path of a file (it contains ``.yaml``).

    Args:
        name_or_path: Which.
        trail: Files that wait for it, each being like the next.

    Raises:
        SpecError: If there is none, or the file does not hold a possible scenario.
    """
    if ".yaml" in name_or_path:
        return read(name_or_path, load, trail)
    if name_or_path not in SCENARIOS:
        hint, notes = did_you_mean(name_or_path, SCENARIOS), (f"scenarios: {', '.join(SCENARIOS)}",)
        raise SpecError(Diagnostic("scenario.unknown", f"no scenario '{name_or_path}'", hint=hint, notes=notes))
    return _packaged(name_or_path)


@cache
def _packaged(name: str) -> Scenario:
    return read(str(FOLDER / f"{name}.yaml"), load)


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A key that puts 8m before 25m, and numbers before words."""
    return [(not number, int(number or 0), text) for number, text in findall(r"(\d+)|(\D+)", name)]


SCENARIOS: tuple[str, ...] = tuple(sorted((path.stem for path in FOLDER.glob("*.yaml")), key=_natural))
"""The names of the scenarios that come with the package."""
