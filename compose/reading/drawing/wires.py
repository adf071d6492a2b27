"""What an expression reads, and what is done to each value on its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compose.language.block import Block
from compose.language.expressions import Apply, Number, Ref, Tree, Truth
from compose.language.nodes import AnyNode, Application
from compose.language.values import Expr
from compose.reading.drawing.picture import Port

ON_THE_WAY = ("stop", "previous", "first", "agents", "others", "entities")
"""Functions that an edge can carry: they change no number, or its gradient only."""


@dataclass(frozen=True)
class Use:
    """One reference in an expression: ``via`` lists the functions of :data:`ON_THE_WAY` around it, outermost first."""

    ref: Ref
    via: tuple[str, ...] = ()


def uses(tree: Tree, via: tuple[str, ...] = ()) -> Iterator[Use]:
    """Every reference of an expression, from left to right."""
    if isinstance(tree, Ref):
        yield Use(tree, via)
    elif isinstance(tree, Apply):
        inner = (*via, tree.function) if tree.function in ON_THE_WAY else via
        for argument in tree.arguments:
            yield from uses(argument, inner)


def wires(node: AnyNode) -> list[tuple[str, Expr]]:
    """Port (as a file spells it) -> expression, one entry for each operand; an expression's own port is ""."""
    if isinstance(node, Expr):
        return [("", node)]
    if isinstance(node, Application):
        return list(node.inputs.items())
    assert isinstance(node, Block)
    found = []
    for port in node.ports():
        given = getattr(node, port)
        found += [(node.spelled(port), e) for e in (given if isinstance(given, tuple) else (given,))]
    return found


def mark(expr: Expr) -> str:
    """What happens at a port: "" for a bare reference, ``agents``, ``&`` for an operator, ``f`` for anything longer.

    A stop is drawn on the edge and a number beside it says nothing about the wiring, so neither counts.
    """
    tree = _bare(expr.tree)
    if isinstance(tree, Ref | Number | Truth):
        return ""
    assert isinstance(tree, Apply)
    if any(not isinstance(_bare(a), Ref | Number | Truth) for a in tree.arguments):
        return "f"
    return {"neg": "−", "-": "−", "not": "~", "*": "×"}.get(tree.function, tree.function)


def _bare(tree: Tree) -> Tree:
    while isinstance(tree, Apply) and tree.function == "stop":
        tree = tree.arguments[0]
    return tree


def port(name: str, exprs: list[Expr]) -> Port:
    """A port with everything that is wired to it."""
    marks = list(dict.fromkeys(mark(e) for e in exprs))
    return Port(name, marks[0] if len(marks) == 1 else "f" if "f" in marks else " ".join(filter(None, marks)))
