"""What operations of terms say about themselves, attacked with random numbers as programs of methods have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from compose.compiler import trace
from compose.compiler.model import Model
from compose.compiler.passes import PASSES, copies, fuse, pack, select, split
from compose.compiler.passes.copies import copied
from compose.compiler.passes.select import selected
from compose.compiler.terms import Divided, Leaf, Map, Op, Pick, Share, Simplex, Term, Terms, mapped, relabelled
from compose.compiler.terms.call import Call
from compose.compiler.terms.product import Product, product
from compose.compiler.terms.term import Constant
from compose.graph.build import build_graph
from compose.language.axes import Axes, DType
from compose.language.load import load
from tests.marked import first
from tests.specs.schemas import small_schema

METHODS = ("refil_official", "opt", "qmix_attention_popart", "vast_qmix", "qmix_max_pooling_official")
SIDES = ("agent", "entity")


@cache
def terms_of(method: str) -> list[Term]:
    """The terms of a method's step, as after all passes and after some, without those that read a plan's places."""
    found: dict[Any, Term] = {}
    real = trace.run_passes

    def spied(terms: Terms, passes: Any) -> Terms:
        made = real(terms, passes)
        for t in made.order():
            if t.operands and not isinstance(t.op, Call | Pick) and not any(x.dtype == "int" for x in t.operands):
                found.setdefault((t.op, t.axes, t.shape, tuple(x.axes for x in t.operands)), t)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace, "run_passes", spied)
        graph = build_graph(load(method, ("learner.updates=1 per 2 episodes",) if "vast" in method else
                                 ("learner.replay.batch=2",)), small_schema(3, 2))
        for passes in PASSES, (split, fuse), (split, copies), (split, select, pack):
            Model(graph, seed=0, dtype=torch.float64, passes=passes)  # traced at once
    return list(found.values())


@dataclass
class Attack:
    """One term on random operands in which row 0 along an axis is that of an absent agent or entity."""

    term: Term
    axis: str
    generator: torch.Generator

    def operand(self, x: Term) -> Any:
        if isinstance(x.op, Constant):
            return x.op.value
        if x.dtype == "bool":
            made = torch.rand(x.shape, generator=self.generator) < 0.7
            made = made | (torch.arange(made.shape[-1]) == made.shape[-1] - 1) if made.dim() else made
        else:
            made = torch.randn(x.shape, generator=self.generator, dtype=torch.float64)
        return self.blank(made, x, x.within("present", self.axis) or x.zero(self.axis))

    def blank(self, tensor: Tensor, x: Term, yes: bool) -> Tensor:
        if yes:
            tensor.select(x.axes.index(self.axis), 0).zero_()
        return tensor

    def compute(self, operands: list[Any]) -> Any:
        made = self.term.op.compute(self.term, *operands)
        return torch.stack(made) if isinstance(made, tuple) else made


def without_first(x: Tensor, axes: Axes, axis: str) -> Tensor:
    return x.narrow(axes.index(axis), 1, x.shape[axes.index(axis)] - 1) if axis in axes else x


def faults(term: Term, generator: torch.Generator) -> Iterator[str]:
    """What a term says that is not so."""
    axes = dict.fromkeys(a for x in term.operands for a in x.axes if x.sizes[a] > 1)
    for axis in axes:
        attack = Attack(term, axis, generator)
        given = [attack.operand(x) for x in term.operands]
        before = attack.compute(given)
        if term.zero(axis) and before.select(term.axes.index(axis), 0).abs().max() > 0:
            yield f"zero_absent along {axis}"
        if term.within("present", axis) and before.select(term.axes.index(axis), 0).any():
            yield f"true_within along {axis}"
        if term.axes and axis not in term.axes and term.op.rowwise(term, (axis,)):
            yield f"rowwise along {axis}, which it has not"
        if axis in term.axes and term.op.rowwise(term, (axis,)):
            other = [_changed(x, t, axis) for x, t in zip(given, term.operands, strict=True)]
            if not _same(*(without_first(x, term.axes, axis) for x in (before, attack.compute(other)))):
                yield f"rowwise along {axis}"
        for place, (operand, x) in enumerate(zip(term.operands, given, strict=True)):
            if axis not in operand.axes or operand.within("present", axis) or operand.zero(axis):
                continue
            if not term.op.reads_absent(term, place, axis, set()) and term.axes:
                passed = [a for a in term.axes if term.op.reads_absent(term, place, axis, {a})]
                after = attack.compute([*given[:place], _changed(x, operand, axis), *given[place + 1 :]])
                for a in passed:
                    before, after = (without_first(y, term.axes, a) for y in (before, after))
                if not _same(before, after):
                    yield f"reads_absent of operand {place} along {axis}"
                before = attack.compute(given)


def _changed(x: Any, term: Term, axis: str) -> Any:
    if axis not in term.axes:
        return x
    other, first = x.clone(), x.select(term.axes.index(axis), 0)
    other.select(term.axes.index(axis), 0).copy_(~first if x.dtype == torch.bool else first * -1.7 + 0.3)
    return other


def _same(x: Tensor, y: Tensor) -> bool:
    return bool(torch.equal(x, y) if x.dtype == torch.bool else torch.allclose(x, y, rtol=1e-9, atol=1e-9))


@pytest.mark.parametrize("method", first(METHODS[2:], METHODS))
def test_what_operations_say_is_so(method: str) -> None:
    generator = torch.Generator().manual_seed(0)
    terms = terms_of(method)
    assert len(terms) > 20
    for term in terms:
        found = list(faults(term, generator))
        assert not found, f"{term.op} {[x.axes for x in term.operands]} -> {term.axes}: {found}"


def leaf(label: str, *axes: str, dtype: DType = "float") -> Term:
    sizes = {"batch": 2, "time": 3, "agent": 3, "entity": 5, "width": 4}
    return Term(Leaf("field", label), (), axes, tuple(sizes[a] for a in axes), dtype)


def crafted() -> Iterator[Term]:
    """Terms that methods seldom have, each in a way in which a careless answer would be wrong."""
    x, y, own = leaf("x", "batch", "entity"), leaf("y", "batch", "entity"), leaf("own", "batch", "agent", "entity")
    present, where = leaf("present", "batch", "entity", dtype="bool"), leaf("where", "batch", "entity", dtype="bool")
    shares = Term(Share("entity", "rows", torch.float64), (present,), present.axes, present.shape)
    others = Term(Share("entity", "rows", torch.float64), (where,), where.axes, where.shape)
    for function in "+*-":
        yield mapped(function, x, shares)
        yield mapped(function, shares, others)
    for function in "&|":
        yield mapped(function, present, where, dtype="bool")
    seen = leaf("present", "batch", "agent", "entity", dtype="bool")
    yield from (selected(z, 3) for z in (x, present, own, seen))
    yield relabelled(leaf("square", "batch", "agent"), ("agent", "batch"))
    yield relabelled(present, ("batch", "agent"))
    yield Term(Divided("width", 2), (leaf("wide", "entity", "width"),), ("entity", "head", "part"), (5, 2, 2))
    yield copied(x, "agent", 3)
    b, e = "be"
    yield product([(x, (b, e)), (shares, (b, e))], (b,))
    yield product([(shares, (b, e)), (shares, (b, e)), (x, (b, e))], (b, e))
    yield product([(x, (b, e)), (y, (b, "f"))], (b, e, "f"), ("batch", "agent", "entity"))
    yield product([(x, (b, e)), (others, (b, e))], (b,))
    of, row = leaf("of", "width"), leaf("row", "time")
    yield Term(Product(((b, e), (e, "t"), ("t",)), (b, "t"), bias=True), (
        shares, leaf("map", "entity", "time"), row), ("batch", "time"), (2, 3))
    yield Term(Product(((b, e), (e, "t"), ("t",)), (b, "t"), bias=True), (
        x, leaf("map", "entity", "time"), row), ("batch", "time"), (2, 3))
    yield Term(Product(((b, e, "w"), ("w", "t"), ("t",)), (b, e, "t"), bias=True), (
        product([(shares, (b, e)), (of, ("w",))], (b, e, "w"), ("batch", "entity", "width")),
        leaf("map", "width", "time"), row), ("batch", "entity", "time"), (2, 5, 3))
    for masks in (), (present,), (where,):
        for axis in "batch", "entity":
            yield Term(Simplex(axis, "softmax"), (x, *masks), x.axes, x.shape)


def test_in_the_ways_that_are_easily_wrong() -> None:
    generator = torch.Generator().manual_seed(0)
    for term in crafted():
        found = list(faults(term, generator))
        assert not found, f"{term.op} {[x.axes for x in term.operands]} -> {term.axes}: {found}"


def test_every_kind_is_attacked() -> None:
    kinds = {type(t.op).__name__ for method in METHODS for t in terms_of(method)} | {
        type(t.op).__name__ for t in crafted()}  # fmt: skip
    assert kinds >= {"Map", "Product", "Simplex", "Share", "Relabel", "Divided", "Stacked", "Unbound", "Selected",
                     "Copied"}  # fmt: skip


class Turned(Op):
    """Says of itself what it likes."""

    def compute(self, term: Term, *tensors: Any) -> Any:
        return tensors[0].flip(1)

    def rowwise(self, term: Term, axes: Axes) -> bool:
        return True

    def zero_absent(self, term: Term, axis: str) -> bool:
        return axis == "agent"


def test_liars_are_caught() -> None:
    of = Term(Leaf("field", "x"), (), ("batch", "agent"), (2, 3))
    term = Term(Turned(), (of,), of.axes, of.shape)
    assert set(faults(term, torch.Generator().manual_seed(0))) == {
        "zero_absent along agent", "rowwise along agent", "reads_absent of operand 0 along agent"}  # fmt: skip


def test_masks_of_steps_alone_are_no_masks_of_time() -> None:
    """What says of each episode where its steps are, without an axis of time, says nothing about its steps."""
    steps = Term(Leaf("field", "steps"), (), ("batch", "time"), (2, 5), "bool")
    other = Term(Leaf("field", "where"), (), ("batch", "time"), (2, 5), "bool")
    both = Term(Map("&"), (steps, other), ("batch", "time"), (2, 5), "bool")
    assert both.within("steps", "time")
    first = Term(Leaf("field", "steps"), (), ("batch",), (2,), "bool")
    assert not Term(Map("&"), (first, other), ("batch", "time"), (2, 5), "bool").within("steps", "time")
