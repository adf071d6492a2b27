from __future__ import annotations

import math
import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.language.diagnostics import SpecError
from compose.language.dump import dump
from compose.language.scalars import UNPRINTABLE
from compose.language.source import load
from compose.language.tree import same

TRICKY = [
    "", " ", "~", "null", "true", "False", "yes", "1", "-1", "1e-5", "010", "0x1", "1_0", ".inf", ".nan", "-",
    "- a", "-a", "---", "...",
    "--- a", "... token", "?", "? a", ":", "a:", "a: b", "a:b", "#", "a #b", "a#b", "{", "}", "a{b", "[x]", ",",
    "a, b", "&a", "*a", "a & b",
    "!t", "|", ">", "a > b", "'", '"', "it's", '"q"', "%a", "@a", "`a", "<<", "=", "minimum(a, b)", "minimum(a",
    "a)", ")(", "a\nb",
    "a\tb", "a\r\nb", " lead", "trail ", "\x85", "\u2028", "\\", "\\n", "\xa0", "é", "漢字", "\U0001f600",
    "~visible", "-log_pi * stop(a)",
    "x[0]", "a ? b", "bool ... entity", "agent'", "x" * 300,
]
texts = st.one_of(
    st.sampled_from(TRICKY),
    st.text(st.sampled_from("ab01 -?:,[]{}#&*!|>'\"%@`~.()\\\n\t=<e_"), max_size=12),
    st.text(max_size=12).filter(lambda text: not UNPRINTABLE.search(text)))
keys = texts.filter(lambda text: len(text) <= 128)
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False), texts)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=20)
places = st.sampled_from(["graph", "losses", "networks", "learner", "params", "x"])
members = st.one_of(values, st.dictionaries(keys, values, max_size=4))
specs = st.dictionaries(st.one_of(places, keys), members, max_size=4)


@given(specs)
@settings(max_examples=130, deadline=None)
def test_what_is_written_loads_back_equal(data: dict[str, Any]) -> None:
    if data:
        assert same(load(dump(data), "s.yaml").data, data), dump(data)


@pytest.mark.parametrize("text", TRICKY)
def test_tricky_text_as_key_value_item_and_in_flow(text: str) -> None:
    data: dict[str, Any] = {"v": text, "l": [text, [text]], "m": {"k": text}, "graph": {"n": {"of": text}}}
    if len(text) <= 128:
        data |= {text: {text: {text: 1}}}
    assert same(load(dump(data), "s.yaml").data, data)


@pytest.mark.parametrize(("value", "text"), [
    (1e-05, "1.0e-05"), (5e-4, "0.0005"), (1e22, "1.0e+22"), (-0.0, "-0.0"), (1.0, "1.0"), (10**15,
    "1000000000000000"),
    (True, "true"), (None, "null"), ((1, 2), "[1, 2]"), ([], "[]"), ({}, "{}"),
])
def test_values(value: Any, text: str) -> None:
    assert dump({"a": value}) == f"a: {text}\n"


def test_house_style() -> None:
    text = textwrap.dedent("""\
        compose: 1
        name: refil
        summary: QMIX, and more (with parentheses).
        params: {lambda: 0.5, on: "1"}
        graph:
          q:      {network: utility, visible: env.visible & groups.within}
          taken:  {block: take, of: q, index: env.action}
          parts:  {block: split, of: out, into: {body: entity, last: 1}}
          worth:  minimum(q, 0)
          spread: {of: "minimum(q, 0)", over: [agent, entity]}
        networks:
          utility:
            inputs: {entities: batch time entity Width}
            nodes:
              x: {block: linear, of: entities, to: embed}
            returns: x
          w2: {like: w1}
        learner:
          kind: replay
          replay: {episodes: 5000, batch: 32}
          optimizers:
            main: {kind: rmsprop, lr: 0.0005}
        """)
    assert dump(load(text, "s.yaml").data) == text


def test_long_mappings_and_lists_are_written_in_blocks() -> None:
    long = "x" * 70
    assert dump({"a": {"b": long, "c": [long, {"d": long, "e": long}]}}) == textwrap.dedent(f"""\
        a:
          b: {long}
          c:
            - {long}
            - d: {long}
              e: {long}
        """)


def deep(levels: int) -> Any:
    return [deep(levels - 1)] if levels else 1


loop: dict[str, Any] = {}
loop["again"] = loop
wide: Any = 1
for _ in range(30):
    wide = [wide, wide]


@pytest.mark.parametrize(("data", "code"), [
    ({"a": math.nan}, "data.number"), ({"a": math.inf}, "data.number"), ({"a": 10**15 + 1}, "data.number"),
    ({"a": {1, 2}}, "data.type"),
    ({"a": object()}, "data.type"), ({"a": b"x"}, "data.type"), ({1: "a"}, "data.key"), ({"k" * 129: 1}, "data.key"),
    ({"a": "\x00"}, "data.character"), ({"a": "\ud800"}, "data.character"), ({"\x1b": 1}, "data.character"),
    ({"a": deep(50)}, "data.depth"), (loop, "data.depth"), ({"a": wide}, "data.size"), ([1], "data.type"),
])
def test_what_cannot_be_written(data: Any, code: str) -> None:
    with pytest.raises(SpecError) as caught:
        dump(data)
    assert code in [problem.code for problem in caught.value.diagnostics]


def test_all_problems_are_named() -> None:
    with pytest.raises(SpecError) as caught:
        dump({"graph": {"q": {"of": {1}, "to": math.nan}}})
    assert str(caught.value) == textwrap.dedent("""\
        error[data.type]  graph.q.of: a spec holds text, numbers, true, false, null, lists and mappings, not a set

        error[data.number]  graph.q.to: numbers must be finite""")
