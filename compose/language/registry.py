"""All blocks by tag: those of ``compose.blocks``, and those of others.

Third parties register theirs through the entry point group ``compose.blocks`` or ``--plugin FILE``.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.language.block import Block

GROUP = "compose.blocks"
"""The entry point group of plug-ins."""

_REGISTRY: dict[str, type[Block]] = {}
_CATALOGUE_LOADED = False


def register(cls: type[Block]) -> None:
    """Enter a block under its tag. Raises SpecError if the tag is taken by another class."""
    tag = cls.tag()
    held = _REGISTRY.get(tag)
    if held is not None and (held.__module__, held.__qualname__) != (cls.__module__, cls.__qualname__):
        message = f"block '{tag}' is defined twice: by {held.__module__} and by {cls.__module__}"
        raise SpecError(Diagnostic("plugin.clash", message, hint="a plug-in's tag reads vendor/name"))
    _REGISTRY[tag] = cls


def catalogue() -> dict[str, type[Block]]:
    """All blocks by tag: those of ``compose.blocks``, then what plug-ins have registered so far."""
    global _CATALOGUE_LOADED
    if not _CATALOGUE_LOADED:
        _import_blocks()
        _CATALOGUE_LOADED = True
    return _REGISTRY


def find_block(tag: str) -> type[Block] | None:
    """The block of a tag, from the catalogue or from an installed plug-in; None if nobody has it."""
    if tag not in _REGISTRY:
        _import_blocks(tag)
    found = _REGISTRY.get(tag) or catalogue().get(tag)
    if found is None and "/" in tag:
        for entry in entry_points(group=GROUP, name=tag):
            _load(entry)
        found = _REGISTRY.get(tag)
    return found


def all_blocks() -> dict[str, type[Block]]:
    """All blocks by tag, those of every installed plug-in included. Raises SpecError if one fails to load."""
    for entry in entry_points(group=GROUP):
        if entry.name not in catalogue():
            _load(entry)
    return dict(catalogue())


def _import_blocks(tag: str | None = None) -> None:
    from compose.blocks import load

    load(tag)


def _load(entry: EntryPoint) -> None:
    try:
        entry.load()
    except Exception as error:
        package = entry.dist.name if entry.dist else entry.value
        message = f"plug-in '{package}' failed to load: {type(error).__name__}: {error}"
        raise SpecError(Diagnostic("plugin.broken", message)) from error
