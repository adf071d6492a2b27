"""Stacks of tensors, and operations on them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from compose.compiler.terms import Op, Pick, Relabel, Simplex, Term, joint
from compose.compiler.terms.call import Call
from compose.compiler.terms.joined import SAME
from compose.compiler.terms.product import Product, result_order
from compose.graph.align import align
from compose.graph.node import Value
from compose.language.axes import Axes, Type, leads


@dataclass(frozen=True)
class Stacked(Op):
    """Operands along a new axis."""

    axis: str

    def compute(self, term: Term, *tensors: Any) -> Any:
        import torch

        inner = tuple(a for a in term.axes if a != self.axis)
        aligned = [align(x, t.axes, inner) for x, t in zip(tensors, term.operands, strict=True)]
        return torch.stack(aligned, term.axes.index(self.axis))

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return self.axis not in axes


@dataclass(frozen=True)
class Unbound(Op):
    """All slices along an axis, as a tuple."""

    axis: str

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0].unbind(term.operands[0].axes.index(self.axis))

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return self.axis not in axes


@dataclass(frozen=True)
class Item(Op):
    """One of a tuple of tensors."""

    place: int

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0][self.place]

    def applied(self, term: Term, operands: tuple[Term, ...]) -> Term:
        return item(operands[0], self.place, term)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return True


def item(parts: Term, place: int, like: Term) -> Term:
    """One slice of an :class:`Unbound` stack."""
    (made,) = parts.operands
    assert isinstance(parts.op, Unbound)
    at = made.axes.index(parts.op.axis)
    axes, shape = (*made.axes[:at], *made.axes[at + 1 :]), (*made.shape[:at], *made.shape[at + 1 :])
    return Term(Item(place), (parts,), axes, shape, like.dtype, like.name)


def slice_of(old: Term, made: Term) -> Term:
    """What ``old``, a slice of one stack, is of another."""
    parts = old.operands[0]
    assert isinstance(old.op, Item)
    return item(replace(parts, operands=(made,)), old.op.place, old)


def stacked_term(like: Term, operands: list[Term], axis: str, rows: int) -> Term:
    """The operation of ``like`` on operands of which some have the new axis."""
    if isinstance(like.op, Product):
        return _product(like, like.op, operands, axis, rows)
    if isinstance(like.op, Pick):
        return _call(like, operands, axis, rows)
    axes, shape = joint(operands)
    if isinstance(like.op, Simplex):  # pairs of readers and read stay together, in matrices
        sizes = dict(zip(axes, shape, strict=True))
        inner = [a for a in like.axes if a != axis]
        axes = (*inner[:-2], axis, *inner[-2:])
        shape = tuple(sizes[a] for a in axes)
    return Term(like.op, tuple(operands), axes, shape, like.dtype, like.name)


def _product(like: Term, op: Product, operands: list[Term], axis: str, rows: int) -> Term:
    labels = tuple(tuple((dict(zip(old.axes, found, strict=True)) | {axis: axis})[a] for a in new.axes)
                   for old, new, found in zip(like.operands, operands, op.labels, strict=True))
    named = dict(zip(op.out, like.axes, strict=True)) | {axis: axis}
    sizes = dict(zip(op.out, like.shape, strict=True)) | {axis: rows}
    plain = [x.operands[0] if isinstance(x.op, Relabel) else x for x in operands]
    out = result_order(labels[0], labels[1], (*op.out, axis)) if len(operands) - op.bias == 2 else (*op.out, axis)
    return Term(Product(labels, out, op.bias), tuple(plain), tuple(named[a] for a in out), tuple(sizes[a] for a in out),
                "float", like.name)


def _call(like: Term, operands: list[Term], axis: str, rows: int) -> Term:
    whole = like.operands[0]
    assert isinstance(whole.op, Call)
    old = whole.op
    stacked = {r.value for r, x in zip(old.reads, operands, strict=True) if axis in x.axes}
    values: dict[Value, Value] = {}
    node = SAME.node(old.node, values)
    for value in stacked:
        assert value is not None
        values[value].type = _led_type(value.type, axis)
    ports = {port for port, wire in old.node.wires.items() if wire in stacked}
    node.seen = {port: _led_type(old.node.type(port), axis) if port in ports else kind
                 for port, kind in old.node.types.items()}
    node.bound = {**node.bound, "...": _led(node.bound["..."], axis)}
    for made in node.values.values():
        made.type = _led_type(made.type, axis)
    reads = tuple(replace(r, value=None if r.value is None else values[r.value]) for r in old.reads)
    call = replace(whole, op=Call(old.graph, node, reads, old.dtype), operands=tuple(operands))
    axes = _led(like.axes, axis)
    sizes = like.sizes | {axis: rows}
    return replace(like, operands=(call,), axes=axes, shape=tuple(sizes[a] for a in axes))


def _led_type(kind: Type, axis: str) -> Type:
    return replace(kind, axes=_led(kind.axes, axis))


def _led(axes: Axes, axis: str) -> Axes:
    """A new leading axis, after batch and time."""
    at = sum(map(leads, axes))
    return (*axes[:at], axis, *axes[at:])
