"""Loggers by name: ours, and those that installed packages name in the entry point group ``compose.loggers``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.training.loggers.interface import Logger
from compose.training.loggers.mlflow import MLflow
from compose.training.loggers.tensorboard import TensorBoard
from compose.training.loggers.wandb import WandB

GROUP = "compose.loggers"
"""The entry point group of plug-ins."""
OURS: dict[str, type[Logger]] = {"tensorboard": TensorBoard, "wandb": WandB, "mlflow": MLflow}
"""Each imports its package only when a run begins."""
_NEEDS = {"mlflow": ("mlflow", "sqlalchemy", "alembic")}
"""Packages, where they are others than the one of the logger's name."""


def names() -> list[str]:
    """Every logger that may be named."""
    return [*OURS, *sorted({entry.name for entry in metadata.entry_points(group=GROUP)} - set(OURS))]


def find(wanted: Sequence[str]) -> dict[str, type[Logger]]:
    """Name -> class of every logger that is wanted.

    Raises:
        SpecError: ``train.log`` for every name that nobody has, whose package is missing, or whose plug-in fails.
    """
    found: dict[str, type[Logger]] = {}
    problems: list[Diagnostic] = []
    for name in dict.fromkeys(wanted):
        try:
            found[name] = _ours(name) if name in OURS else _of_others(name)
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(*problems)
    return found


def _ours(name: str) -> type[Logger]:
    for package in _NEEDS.get(name, (name,)):
        found = find_spec(package)
        if found is None or found.origin is None:  # without: a mere folder of that name, as W&B and MLflow leave them
            raise _wrong(name, f"the package '{package}' is not installed", f'pip install "compose-marl[{name}]"')
    return OURS[name]


def _of_others(name: str) -> type[Logger]:
    entries = tuple(metadata.entry_points(group=GROUP, name=name))
    if not entries:
        hint = did_you_mean(name, names()) or f"there are {', '.join(names())}"
        raise _wrong(name, f"there is no logger '{name}'", hint)
    try:
        kind: object = entries[0].load()
    except Exception as error:
        raise _wrong(name, f"the plug-in {entries[0].value} fails: {type(error).__name__}: {error}") from error
    if not (isinstance(kind, type) and issubclass(kind, Logger)):
        raise _wrong(name, f"the plug-in {entries[0].value} is no class of compose.Logger")
    return kind


def _wrong(name: str, message: str, hint: str = "") -> SpecError:
    return SpecError(Diagnostic("train.log", message, where=f"--log {name}", hint=hint))
