"""Environment families of other packages, through the entry point group ``compose.envs``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import metadata
from importlib.metadata import EntryPoint

from compose.language.diagnostics import Diagnostic, SpecError

GROUP = "compose.envs"
_PARTS = ("summary", "instances", "schema", "make")


@lru_cache
def entry_points(group: str) -> tuple[EntryPoint, ...]:
    """What is installed, looked up once: a file of every package in the environment is read."""
    return tuple(metadata.entry_points(group=group))


def plugins(built_in: Iterable[str]) -> dict[str, EntryPoint]:
    """The installed plug-ins by name, none of them imported.

    Raises:
        SpecError: If two packages claim one name, or one claims a built-in family.
    """
    found: dict[str, EntryPoint] = {}
    taken = set(built_in)
    for entry in entry_points(group=GROUP):
        if entry.name.partition("/")[0] in taken:
            raise _error(entry, f"claimed by {_package(entry)}, but it is built in")
        if entry.name in found:
            raise _error(entry, f"claimed by {_package(entry)} and by {_package(found[entry.name])}")
        found[entry.name] = entry
    return found


def load(entry: EntryPoint) -> object:
    """Import a plug-in. Whatever that raises is its package's fault and is reported so.

    Raises:
        SpecError: If it cannot be imported, or is not a family.
    """
    try:
        family: object = entry.load()
    except Exception as error:
        raise _error(entry, f"the plug-in of {_package(entry)} fails: {type(error).__name__}: {error}") from error
    check_family(entry.name, family, f"the plug-in of {_package(entry)}")
    return family


def check_family(name: str, family: object, whose: str) -> None:
    """Raises SpecError if something is no environment family."""
    lacking = [part for part in _PARTS if not hasattr(family, part)]
    if lacking:
        text = f"{whose} is no environment family: it lacks {', '.join(lacking)}"
        raise SpecError(Diagnostic("environment-plugin", text, where=name))


def _package(entry: EntryPoint) -> str:
    return f"package '{entry.dist.name}'" if entry.dist else f"'{entry.value}'"


def _error(entry: EntryPoint, message: str) -> SpecError:
    return SpecError(Diagnostic("environment-plugin", message, where=entry.name))
