"""Blocks as Python functions: ``block.linear(of=x, to="embed")`` is the node ``{block: linear, of: x, to: embed}``.

``blocks.pyi`` says the same to type checkers and editors, block by block; ``python -m tests.language.stub`` writes it.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature

from compose.language.block import Block
from compose.language.closed import Closed
from compose.language.handles import spelled
from compose.language.registry import catalogue
from compose.language.writing import Node, wired


class Blocks(Closed):
    """``block.linear(of=x, to="embed")``: a node of the catalogue; ``block["vendor/name"](...)`` of a plug-in."""

    def __getitem__(self, tag: str) -> Callable[..., Node]:
        def node(**fields: object) -> Node:
            return Node({"block": tag} | wired(f"block {tag}", fields))

        known = catalogue().get(tag)
        if known is not None:
            node.__name__, node.__doc__ = tag, known.__doc__
            node.__signature__ = _signature(known)  # type: ignore[attr-defined]
        return node

    def __getattr__(self, tag: str) -> Callable[..., Node]:
        if tag.startswith("_"):
            raise AttributeError(tag)
        return self[spelled(tag)]

    def _instead(self, name: str) -> str:
        return ""

    def __dir__(self) -> list[str]:
        return sorted(tag for tag in catalogue() if tag.isidentifier())


def _signature(known: type[Block]) -> Signature:
    """Its fields as keywords."""
    return Signature([
        Parameter(name, Parameter.KEYWORD_ONLY, default=Parameter.empty if field.is_required() else field.default)
        for name, field in sorted(known.model_fields.items(), key=lambda item: not item[1].is_required())
        if name != "block"
    ], return_annotation=Node)  # fmt: skip


block = Blocks()
"""All blocks as functions: ``block.linear(of=x, to="embed")``."""
