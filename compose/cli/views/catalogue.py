"""Names and sentences of everything that comes with the package or a plug-in."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

from compose.language.block import Block
from compose.language.files import packaged_specs
from compose.language.source import load
from compose.language.tree import Node, walk


@cache
def spec_trees() -> dict[str, Node]:
    """What each packaged spec's own file says, by name."""
    return {path.stem: load(path.read_bytes(), path.name).root for path in sorted(packaged_specs().glob("*.yaml"))}


def spec_summaries() -> dict[str, str]:
    """Packaged spec -> its summary."""
    return {name: f"{root.get('summary')}{' (abstract)' if root.get('abstract') else ''}"
            for name, root in spec_trees().items()}


def uses(tag: str) -> dict[str, Any] | None:
    """The shortest way a packaged spec uses a block: node name -> fields; None if none does."""
    found: list[dict[str, Any]] = []
    for root in spec_trees().values():
        for at, node in walk(root):
            if node.get("block") == tag:
                found.append({str(at[-1]): {k: node.get(k) for k in node.members}})
    return min(found, key=lambda use: len(str(use)), default=None)


def family(block: type[Block]) -> str:
    """``attend`` for a block of ``compose.blocks.attend``; the module of any other."""
    parts = block.__module__.split(".")
    return parts[2] if parts[:2] == ["compose", "blocks"] else block.__module__


def sentence(doc: str | None) -> str:
    """The first sentence of a docstring, on one line, without back-quotes. A full stop inside brackets ends nothing."""
    text = " ".join(inspect.cleandoc(doc or "").split("\n\n")[0].split()).replace("`", "")
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character in ".:;" and depth == 0 and text[i + 1 : i + 2] in ("", " "):
            return text[:i] + "."
    return text
