"""The same numbers under other axes."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any

from compose.compiler.terms.term import Op, Term
from compose.graph.align import align
from compose.language.axes import Axes


@dataclass(frozen=True)
class Relabel(Op):
    """The same tensor; its axes have other names."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0]

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        named = dict(zip(term.operands[0].axes, term.axes, strict=True))
        axes = tuple(named[a] for a in operands[0].axes)
        return replace(term, operands=operands, axes=axes, shape=operands[0].shape)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        places = [(a, b) for a, b in zip(term.operands[0].axes, term.axes, strict=True) if {a, b} & {*axes}]
        return all(a == b for a, b in places)

    def reads_absent(self, term: Term, place: int, axis: str, read: Set[str]) -> bool:
        return term.axes[term.operands[0].axes.index(axis)] in read

    def true_within(self, term: Term, what: str, axis: str) -> bool:
        (of,) = term.operands
        return of.within(what, of.axes[term.axes.index(axis)])


@dataclass(frozen=True)
class Divided(Op):
    """One axis as two: ``[... width ...] -> [... head part ...]``."""

    axis: str
    rows: int

    def compute(self, term: Term, *tensors: Any) -> Any:
        have, at = term.operands[0].axes, term.operands[0].axes.index(self.axis)
        names = [a for a in term.axes if a not in have]
        return align(tensors[0].unflatten(at, (self.rows, -1)), (*have[:at], *names, *have[at + 1 :]), term.axes)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        changed = {*term.axes} ^ {*term.operands[0].axes}
        return not changed & {*axes}


def relabelled(term: Term, axes: Axes) -> Term:
    """``term`` under other names of its axes."""
    if axes == term.axes:
        return term
    inner = term.operands[0] if isinstance(term.op, Relabel) else term
    return inner if axes == inner.axes else replace(term, op=Relabel(), operands=(inner,), axes=axes)
