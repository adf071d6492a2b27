"""Definitions as trees in which names are references: what a spec says, whatever its author called things."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from compose.language.diagnostics import Path
from compose.reading.diff.ids import plain

Kind = Literal["param", "axis", "network", "input", "variable", "node", "loss", "optimizer", "part"]


_SECTIONS = {"param": "params", "axis": "axes", "network": "networks", "loss": "losses"}


@dataclass(frozen=True)
class Symbol:
    """A name that the author of a spec chose, or one of the parts that every spec has (``act learner claims``).

    ``owner`` is the network in which the name is known; empty for what all of the spec knows.
    """

    kind: Kind
    name: str
    owner: str = ""

    @property
    def path(self) -> Path:
        """Where it stands in a spec: ``("networks", "utility", "nodes", "a")``."""
        match self.kind:
            case "param" | "axis" | "network" | "loss":
                return (_SECTIONS[self.kind], self.name)
            case "input":
                return ("networks", self.owner, "inputs", self.name)
            case "variable":
                return ("networks", self.owner, "inputs")
            case "node":
                return ("networks", self.owner, "nodes", self.name) if self.owner else ("graph", self.name)
            case "optimizer":
                return ("learner", "optimizers", self.name)
        return (self.name,)


@dataclass(frozen=True)
class Word:
    """A plain value: a number, a truth value, a word of the language."""

    value: float | int | bool | str
    kind: type = field(init=False, repr=False)
    """``bool``, so that true is not 1; or ``object``, so that 1 is 1.0."""
    plain: tuple[str, str] = field(init=False, repr=False, compare=False)
    """The value as what equals no other (:func:`~compose.reading.diff.ids.plain`)."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", bool if isinstance(self.value, bool) else object)
        object.__setattr__(self, "plain", plain(self.value))


@dataclass(frozen=True)
class Use:
    """A reference, and what it asks for inside: an output (text), or a node of an applied network (a symbol)."""

    target: Symbol
    tail: tuple[Symbol | str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A function of terms. ``[]`` is a list, ``{}`` a set, ``text`` words in a row; others are those of expressions."""

    function: str
    arguments: tuple[SpecTerm, ...]


SpecTerm = Word | Use | Call
Key = str | Symbol
"""The name of a field; a symbol where the name is itself the author's (an input of a network)."""

COMMUTES = ("+", "*", "&", "|", "==", "minimum", "maximum", "{}")
"""Functions that give the same, bit for bit, in either order."""


@dataclass(frozen=True)
class Item:
    """The definition of a symbol. ``head`` says what it is (a block's tag, an application of this network ...)."""

    symbol: Symbol
    head: SpecTerm
    fields: Mapping[Key, SpecTerm] = field(default_factory=dict)
    wires: frozenset[Key] = frozenset()
    """Fields that read values; the others are settings."""


def uses(term: SpecTerm, at: str = "") -> Iterator[tuple[str, Symbol]]:
    """Every symbol of a term, with its place in it. Operands of what commutes stand at one place."""
    match term:
        case Use():
            yield at, term.target
            yield from ((f"{at}.{i}", part) for i, part in enumerate(term.tail) if isinstance(part, Symbol))
        case Call():
            for i, argument in enumerate(term.arguments):
                step = "" if term.function in COMMUTES else str(i)
                yield from uses(argument, f"{at}/{term.function}{step}")


def members(item: Item) -> Iterator[tuple[str, Symbol]]:
    """Every symbol that a definition names, with its place."""
    yield from uses(item.head, "head")
    for key, term in item.fields.items():
        if isinstance(key, Symbol):
            yield "key", key
        yield from uses(term, key if isinstance(key, str) else "wired")
