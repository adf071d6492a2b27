"""Products over named axes, against ``torch.einsum``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.compiler.emit import emit
from compose.compiler.interpret import Given
from compose.compiler.passes.order import ordered_product
from compose.compiler.passes.regroup import regroup
from compose.compiler.product import Product, product
from compose.compiler.terms import Constant, Leaf, Term, Terms, mapped
from compose.language.axes import Axes

LABELS = "abcdefg"
run = settings(max_examples=60, deadline=None)


def leaf(name: str, axes: Axes, sizes: Mapping[str, int], kind: str = "field") -> Term:
    return Term(Leaf(kind, name), (), axes, tuple(sizes[a] for a in axes), "float", name)


def tensors(terms: list[Term]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    leaves = {t.name: t for root in terms for t in Terms({"": root}).order() if isinstance(t.op, Leaf)}
    return {name: torch.randn(t.shape, generator=generator, dtype=torch.float64).requires_grad_()
            for name, t in sorted(leaves.items())}


def value(root: Term, given: Mapping[str, Tensor]) -> Tensor:
    found: Tensor = emit(Terms({"": root}), Given({"field": given, "weight": given}))[""]
    return found


def same(found: Tensor, expected: Tensor, leaves: Mapping[str, Tensor]) -> None:
    """Values and gradients agree."""
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
    pull = torch.randn(expected.shape, dtype=torch.float64)
    options = {"retain_graph": True, "allow_unused": True, "materialize_grads": True}
    grads = [torch.autograd.grad(x, list(leaves.values()), pull, **options)
             for x in (found, expected)]
    for a, b in zip(*grads, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


@st.composite
def products(draw: Any) -> tuple[Term, list[Term]]:
    """A product of 2 to 5 factors over any labels, and its factors; perhaps with a number among them."""
    sizes = {a: draw(st.integers(1, 4)) for a in LABELS}
    factors = []
    for i in range(draw(st.integers(2, 5))):
        labels = tuple(draw(st.lists(st.sampled_from(LABELS), max_size=4, unique=True)))
        factors.append((leaf(f"x{i}", labels, sizes, draw(st.sampled_from(["field", "weight"]))), labels))
    have = sorted({a for _, labels in factors for a in labels})
    out = tuple(draw(st.permutations(have))[: draw(st.integers(0, len(have)))])
    if draw(st.booleans()):
        factors.insert(draw(st.integers(0, len(factors))), (Term(Constant(0.5), (), (), (), "float"), ()))
    return product(factors, out), [t for t, _ in factors]


def einsum(term: Term, given: Mapping[str, Tensor]) -> Tensor:
    assert isinstance(term.op, Product)
    pairs = [(given[t.name], labels) for t, labels in zip(term.operands, term.op.labels, strict=True)
             if isinstance(t.op, Leaf)]
    scale = 0.5 if len(pairs) < len(term.operands) else 1.0
    text = ",".join("".join(labels) for _, labels in pairs)
    return scale * torch.einsum(f"{text}->{''.join(term.op.out)}", [x for x, _ in pairs])


@run
@given(case=products())
def test_products_are_einsums_in_any_order_of_multiplication(case: tuple[Term, list[Term]]) -> None:
    term, factors = case
    given = tensors(factors)
    expected = einsum(term, given)
    assert tuple(expected.shape) == term.shape
    same(value(term, given), expected, given)
    ordered = ordered_product(term)
    found = value(ordered, given)
    assert tuple(found.shape) == ordered.shape
    assert all(len(t.operands) == 2 for t in Terms({"": ordered}).order() if isinstance(t.op, Product))
    same(found.permute([ordered.axes.index(a) for a in term.axes]), expected, given)


@run
@given(case=products(), order=st.randoms(use_true_random=False))
def test_operands_may_come_with_axes_in_another_order(case: tuple[Term, list[Term]], order: Any) -> None:
    term, factors = case
    given = tensors(factors)
    turned = []
    for factor in term.operands:
        axes = tuple(order.sample(factor.axes, len(factor.axes)))
        turned.append(product([(factor, factor.axes)], axes) if isinstance(factor.op, Leaf) else factor)
    same(value(term.with_operands(turned), given), einsum(term, given), given)


def linear(x: Term, name: str, inner: str, outer: Axes, sizes: Mapping[str, int], *, bias: bool) -> Term:
    """A linear layer as its pieces: product, then the bias."""
    label = {a: a for a in x.axes} | {inner: "In"}
    weight = leaf(f"{name} weight", (*outer, inner), sizes, "weight")
    lead = tuple(a for a in x.axes if a != inner)
    y = product([(x, tuple(label[a] for a in x.axes)), (weight, (*outer, "In"))], (*lead, *outer))
    return mapped("+", y, leaf(f"{name} bias", outer, sizes, "weight")) if bias else y


@st.composite
def layers(draw: Any) -> tuple[Term, dict[str, Tensor], Tensor]:
    """A chain of linear layers, weighted means and sums, its inputs, and what torch makes of them."""
    sizes = {a: draw(st.integers(1, 4)) for a in "birstuvw"}
    x = leaf("x", ("b", "r", "i"), sizes)
    steps, reads = [], [x]
    widths = iter("stuvw")
    width, rows = "i", True
    for n in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["linear", "linear", "mean", "double", "relu"]))
        if kind == "linear":
            new, bias = next(widths), draw(st.booleans())
            x = linear(x, f"l{n}", width, (new,), sizes, bias=bias)
            steps.append((kind, n, bias))
            width = new
        elif kind == "mean" and rows:
            share = leaf(f"m{n}", ("b", "r"), sizes)
            x, rows = product([(x, x.axes), (share, ("b", "r")), (Term(Constant(0.25), (), (), (), "float"), ())],
                              tuple(a for a in x.axes if a != "r")), False
            steps.append((kind, n, False))
        elif kind == "double":
            x = mapped("+", x, x)
            steps.append((kind, n, False))
        elif kind == "relu":
            x = mapped("relu", x)
            steps.append((kind, n, False))
    given = tensors([*reads, x])
    y = given["x"]
    for kind, n, bias in steps:
        if kind == "linear":
            y = torch.nn.functional.linear(y, given[f"l{n} weight"], given[f"l{n} bias"] if bias else None)
        elif kind == "mean":
            y = 0.25 * torch.einsum("bri,br->bi", y, given[f"m{n}"])
        else:
            y = y + y if kind == "double" else y.relu()
    return x, given, y


@run
@given(case=layers())
def test_regrouped_chains_keep_their_values(case: tuple[Term, dict[str, Tensor], Tensor]) -> None:
    term, given, expected = case
    same(value(term, given), expected, given)
    (root,) = regroup(Terms({"": term})).roots.values()
    found = value(root, given)
    assert tuple(found.shape) == root.shape
    same(found.permute([root.axes.index(a) for a in term.axes]), expected, given)
    (again,) = regroup(regroup(Terms({"": term}))).roots.values()
    same(value(again, given).permute([again.axes.index(a) for a in term.axes]), expected, given)


def test_linear_layers_in_a_row_become_one_when_that_costs_less() -> None:
    """A narrow map after a wide one: the weights are multiplied first, and rows are read once."""
    sizes = {"b": 512, "i": 8, "s": 64, "t": 2}
    x = leaf("x", ("b", "i"), sizes)
    chain = linear(linear(x, "one", "i", ("s",), sizes, bias=True), "two", "s", ("t",), sizes, bias=True)
    (root,) = regroup(Terms({"": chain})).roots.values()
    wide = [t for t in Terms({"": root}).order() if "b" in t.axes and isinstance(t.op, Product)]
    assert [t.shape for t in wide] == [(512, 2)]
