"""What passes rewrite: a program as terms with named axes.

A term is an operation applied to other terms. Terms never change; a pass builds new ones (:func:`rewritten`). What
nothing reaches any more is gone. Operations hold no tensors: ``compute`` takes the operands' tensors (or ``torch.fx``
proxies) and gives the result's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from compose.graph.align import align
from compose.graph.simplex import HIDDEN
from compose.language.axes import Axes, DType
from compose.language.functions import CLOSED
from compose.language.operation import By, Of

WEIGHTS = ("weight", "target")


@dataclass(frozen=True)
class Op:
    """One kind of computation on tensors whose axes are known by name."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        """The tensor of ``term`` from those of its operands, in plain torch operations."""
        raise NotImplementedError

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        """``term`` on other operands of the same axes, which may come in another order."""
        return replace(term, operands=operands)


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


@dataclass(frozen=True)
class Constant(Op):
    """A number or a truth value."""

    value: float | bool


@dataclass(frozen=True)
class Map(Op):
    """A pointwise function; operands broadcast by axis name."""

    function: str

    def compute(self, term: Term, *tensors: Any) -> Any:
        aligned = [align(x, t.axes, term.axes) for x, t in zip(tensors, term.operands, strict=True)]
        return FUNCTIONS[self.function](*aligned)


@dataclass(frozen=True)
class Relabel(Op):
    """The same tensor; its axes have other names."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0]

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        named = dict(zip(term.operands[0].axes, term.axes, strict=True))
        axes = tuple(named[a] for a in operands[0].axes)
        return replace(term, operands=operands, axes=axes, shape=operands[0].shape)


@dataclass(frozen=True)
class Divided(Op):
    """One axis as two: ``[... width ...] -> [... head part ...]``."""

    axis: str
    rows: int

    def compute(self, term: Term, *tensors: Any) -> Any:
        have, at = term.operands[0].axes, term.operands[0].axes.index(self.axis)
        names = [a for a in term.axes if a not in have]
        return align(tensors[0].unflatten(at, (self.rows, -1)), (*have[:at], *names, *have[at + 1 :]), term.axes)


@dataclass(frozen=True)
class Simplex(Op):
    """Softmax or sparsemax over an axis of the first operand where the second is true, zeros elsewhere."""

    axis: str
    by: By

    def compute(self, term: Term, *tensors: Any) -> Any:
        from compose.kernels.sparsemax import sparsemax

        last = (*(a for a in term.axes if a != self.axis), self.axis)
        z, *mask = (align(x, t.axes, last) for x, t in zip(tensors, term.operands, strict=True))
        if mask:
            z = z + mask[0].logical_not() * HIDDEN  # much faster than to fill
        if self.by == "sparsemax":
            return align(sparsemax(z), last, term.axes)
        found = z.softmax(-1)
        return align(found * mask[0] if mask else found, last, term.axes)


@dataclass(frozen=True)
class Share(Op):
    """A mask as weights of a mean along an axis where true, else 0: 1 / (number of true rows, or of all rows), or 1."""

    axis: str
    of: Of
    type: Any
    """The torch dtype of the weights."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        dim = term.axes.index(self.axis)
        mask = align(tensors[0], term.operands[0].axes, term.axes).to(self.type)
        if self.of == "one":
            return mask
        return mask / (mask.shape[dim] if self.of == "slots" else mask.sum(dim, keepdim=True).clamp(min=1))


@dataclass(frozen=True)
class Pick(Op):
    """One output of a call, or a state it carries on (``kind`` "carry")."""

    output: str
    kind: str = "output"

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0][self.kind][self.output]


def _activation(name: str) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        import torch

        return getattr(torch if name in ("tanh", "sigmoid") else torch.nn.functional, name)(x)

    return call


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{name: closed.compute for name, closed in CLOSED.items() if closed.compute is not None},
    **{name: _activation(name) for name in ("tanh", "sigmoid", "relu", "elu", "leaky_relu")},
}


def mapped(function: str, *operands: Term, dtype: DType = "float", name: str = "") -> Term:
    """A pointwise function of terms."""
    return Term(Map(function), operands, *joint(operands), dtype, name)


def joint(operands: Iterable[Term]) -> tuple[Axes, tuple[int, ...]]:
    """All axes of some terms and how long they are: the longest one's in its order, then the others' own."""
    sizes: dict[str, int] = {}
    for operand in sorted(operands, key=lambda t: -len(t.axes)):
        sizes |= operand.sizes
    return tuple(sizes), tuple(sizes.values())


def constant(value: float | bool) -> Term:
    return Term(Constant(value), (), (), (), "bool" if isinstance(value, bool) else "float")


def relabelled(term: Term, axes: Axes) -> Term:
    """``term`` under other names of its axes."""
    if axes == term.axes:
        return term
    inner = term.operands[0] if isinstance(term.op, Relabel) else term
    return inner if axes == inner.axes else replace(term, op=Relabel(), operands=(inner,), axes=axes)


@dataclass
class Terms:
    """A whole program: what it gives, by name."""

    roots: dict[str, Term]
    device: str = "cpu"
    """Where it will run."""

    def order(self) -> list[Term]:
        """Every term that is needed, operands first."""
        return ordered(self.roots.values())

    def uses(self) -> dict[Term, int]:
        """How often each term is read."""
        count = dict.fromkeys(self.order(), 0)
        for term in count:
            for operand in term.operands:
                count[operand] += 1
        for root in self.roots.values():
            count[root] += 1
        return count

    def rewritten(self, rewrite: Callable[[Term], Term]) -> Terms:
        """The program with ``rewrite`` applied to every term once, operands first (they are rewritten already)."""
        done: dict[Term, Term] = {}
        for term in self.order():
            done[term] = rewrite(term.with_operands(done[x] for x in term.operands))
        return replace(self, roots={name: done[root] for name, root in self.roots.items()})


def ordered(roots: Iterable[Term]) -> list[Term]:
    """The terms under ``roots``, operands before users, each once."""
    order: dict[Term, None] = {}
    for root in roots:
        stack = [(root, iter(root.operands))]
        while stack:
            term, operands = stack[-1]
            fresh = next((x for x in operands if x not in order), None) if term not in order else None
            if fresh is not None:
                stack.append((fresh, iter(fresh.operands)))
            else:
                order[term] = None
                stack.pop()
    return list(order)
