"""Terms and what an operation of one says about itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import Any

from compose.compiler.terms.joined import EPISODES, Joined
from compose.language.axes import Axes, DType

WEIGHTS = ("weight", "target")


@dataclass(frozen=True)
class Op:
    """One kind of computation on tensors whose axes are known by name, and what passes may rely on.

    Passes ask the methods below ``applied``. Their answers must hold for every tensor; where an operation says nothing,
    it is left as it stands.
    """

    def compute(self, term: Term, *tensors: Any) -> Any:
        """The tensor of ``term`` from those of its operands, in plain torch operations."""
        raise NotImplementedError

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        """``term`` on other operands of the same axes, which may come in another order."""
        return replace(term, operands=operands)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        """Is every row of it along ``axes`` made of the same row of each operand that knows them, and all alike?"""
        return False

    def joined(self, term: Term, operands: tuple[Term, ...], join: Joined, sizes: Mapping[str, int]) -> Term:
        """``term``, which is rowwise along what is joined, on operands whose axes are."""
        axes = join(term.axes)
        return replace(term, operands=operands, axes=axes, shape=tuple(sizes[a] for a in axes))

    def reads_steps(self, term: Term, place: int, after: float) -> float:
        """How many steps after an episode's last one of an operand are read if so many of its own are; inf: all."""
        return after if self.rowwise(term, EPISODES) else inf

    def reads_absent(self, term: Term, place: int, axis: str, read: Set[str]) -> bool:
        """Can rows of those absent along an operand's axis change what is read of it: all rows of those present, and
        of those absent along the axes in ``read``?"""
        return axis in read or not self.rowwise(term, (axis,))

    def zero_absent(self, term: Term, axis: str) -> bool:
        """Is it zero in rows of those absent along an axis?"""
        return False

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        """Is a mask true only where the field ``what`` is, along an axis?"""
        return False


@dataclass(frozen=True, eq=False)
class Term:
    """One tensor-to-be: its axes in memory order, and how long they are (``batch`` and ``time``: as expected)."""

    op: Op
    operands: tuple[Term, ...]
    axes: Axes
    shape: tuple[int, ...]
    dtype: DType = "float"
    name: str = ""

    @property
    def sizes(self) -> dict[str, int]:
        return dict(zip(self.axes, self.shape, strict=True))

    @property
    def numel(self) -> int:
        return math.prod(self.shape)

    @cached_property
    def learned(self) -> bool:
        """Does it depend on weights alone?"""
        if isinstance(self.op, Leaf):
            return self.op.kind in WEIGHTS
        found = [x.learned for x in self.operands if not isinstance(x.op, Constant)]
        return bool(found) and all(found)

    def within(self, what: str, axis: str) -> bool:
        """Is it a mask that is true only where the field ``what`` is, along an axis that it has?"""
        return axis in self.axes and self.op.true_within(self, what, axis)

    def zero(self, axis: str) -> bool:
        """Is it zero in rows of those absent along an axis that it has?"""
        return axis in self.axes and self.op.zero_absent(self, axis)

    def with_operands(self, operands: Iterable[Term]) -> Term:
        found = tuple(operands)
        return self if found == self.operands else self.op.applied(self, found)


@dataclass(frozen=True)
class Leaf(Op):
    """Something that the program is given."""

    kind: str
    """weight, target, field, draw, state, param or plan."""
    label: str
    index: tuple[int, ...] = ()
    """Of leading axes (turns of ``repeat`` and ``each``)."""

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        return (self.kind, self.label) == ("field", what)


@dataclass(frozen=True)
class Constant(Op):
    """A number or a truth value."""

    value: float | bool


@dataclass(frozen=True)
class Pick(Op):
    """One output of a call, or a state it carries on (``kind`` "carry")."""

    output: str
    kind: str = "output"

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0][self.kind][self.output]

    def rowwise(self, term: Term, axes: Axes) -> bool:
        (call,) = term.operands
        return self.kind == "output" and call.op.rowwise(call, axes)

    def reads_steps(self, term: Term, place: int, after: float) -> float:
        return after  # the call reads, not the choice among what it gives

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        (call,) = term.operands
        return call.op.true_within(call, what, axis)


def joint(operands: Iterable[Term]) -> tuple[Axes, tuple[int, ...]]:
    """All axes of some terms and how long they are: the longest one's in its order, then the others' own."""
    sizes: dict[str, int] = {}
    for operand in sorted(operands, key=lambda t: -len(t.axes)):
        sizes |= operand.sizes
    return tuple(sizes), tuple(sizes.values())


def constant(value: float | bool) -> Term:
    return Term(Constant(value), (), (), (), "bool" if isinstance(value, bool) else "float")
