"""Small specs of rows that are copied, or picked in the end: values and gradients against the plain form."""

from __future__ import annotations

import pytest

from compose.compiler.passes import PASSES, copies, regroup, select, split
from tests.compiler.tiny import differ, spec

COPIES = {f"{block} {count} {axis}": spec(f"""
    c: {{block: expand, of: y, along: {axis}}}
    s: {{block: {block}, of: c, over: {axis}, count: {count}}}
    m: {{block: mean, of: s * c, over: {axis}}}""", "other: {of: square(m), mean: [entity, wide]}")
    for block in ("softmax", "sparsemax") for count, axis in (("all", "layer"), ("all", "agent"), ("present", "agent"))}
"""Points of the simplex along the axis of copies: every row has its share."""

PICKED = {f"{queries} {keys}": spec(f"""
    a: {{block: attention, queries: {queries}, keys: {keys}, mask: {mask}, heads: 1, width: wide, to: width}}
    r: {{block: mean, of: agents(a), over: agent}}""", "other: {of: square(r), mean: width}")
    for queries, keys, mask in (("x", "x", "env.sight"), ("2 * x", "x", "true"))} | {
    "a softmax of all": spec("""
    s: {block: softmax, of: y, over: entity}
    r: {block: mean, of: agents(s), over: agent}""", "other: {of: square(r), mean: wide}"),
    "a stack of layers": spec("""
    a: {block: attention, queries: y, keys: y, mask: env.sight, heads: 2, width: wide, to: wide}
    b: {block: attention, queries: a, keys: a, mask: env.sight, heads: 2, width: wide, to: wide}
    n: {block: layer_norm, of: b + y}
    o: {block: linear, of: agents(n), to: scalar}""", "other: {of: square(o), mean: agent}"),
    "a copy for every agent": spec("""
    c: {block: expand, of: y, along: agent}
    a: {block: attention, queries: c, keys: c, mask: env.visible, heads: 2, width: wide, to: wide}
    b: {block: attention, queries: c + a, keys: a, mask: env.visible, heads: 2, width: wide, to: wide}
    o: {block: own, of: b * a + c}
    n: {block: linear, of: o, to: scalar}""", "other: {of: square(n), mean: agent}"),
}  # fmt: skip
"""Rows that are read at agents alone, made from rows of the same axis under another name."""


@pytest.mark.parametrize("text", COPIES.values(), ids=list(COPIES))
def test_copies(text: str) -> None:
    differ(text, (split, copies))
    differ(text, PASSES)


@pytest.mark.parametrize("text", PICKED.values(), ids=list(PICKED))
def test_picked_rows(text: str) -> None:
    differ(text, (split, select))
    differ(text, (split, regroup, select))
    differ(text, PASSES)
