"""Signatures: what fits, what it binds, what is refused; the order in which axes join."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose.graph.match import Mismatch, match
from compose.language.axes import Axes, SignatureError, Type, join, signature


def kind(text: str) -> Type:
    parsed = signature(text)
    return Type(tuple(t.name for t in parsed.tokens), parsed.dtype)  # type: ignore[arg-type]


def bind(*pairs: tuple[str, str]) -> dict[str, Axes]:
    bound: dict[str, Axes] = {}
    for wanted, arrives in pairs:
        match(signature(wanted), kind(arrives), bound)
    return bound


@pytest.mark.parametrize(("wanted", "arrives", "bound"), [
    ("batch time agent", "batch time agent", {}),
    ("batch time agent", "batch agent", {}),                                     # time may be missing
    ("batch time entity Width", "batch time entity feature", {"Width": ("feature",)}),
    ("... In", "batch time agent embed", {"In": ("embed",), "...": ("batch", "time", "agent")}),
    ("... Query Width", "batch time agent embed", {"Query": ("agent",), "Width": ("embed",), "...": ("batch", "time")}),
    ("...", "batch time agent", {"...": ("batch", "time", "agent")}),
    ("bool ... Query? Key?", "bool batch time", {"Query": (), "Key": (), "...": ("batch", "time")}),
    ("... token embed", "batch time agent embed token", {"...": ("batch", "time", "agent")}),
    ("any ...", "bool batch", {"...": ("batch",)}),
    ("batch time agent", "int batch time agent", {}),                            # whole numbers are numbers
])  # fmt: skip
def test_what_fits_binds(wanted: str, arrives: str, bound: dict[str, Axes]) -> None:
    assert bind((wanted, arrives)) == bound


@pytest.mark.parametrize(("wanted", "arrives", "text"), [
    ("batch time agent", "batch time entity",
     "expected [batch time agent], got [batch time entity]: axis 'agent' is missing"),
    ("batch time agent", "batch time agent entity",
     "expected [batch time agent], got [batch time agent entity]: axis 'entity' does not belong here"),
    ("bool ...", "batch time", "expected bool[...], got [batch time]"),
    ("batch time agent", "bool batch time agent", "expected [batch time agent], got bool[batch time agent]"),
    ("... In", "batch time", "expected [... In], got [batch time]: nothing is left for In"),
    ("batch time entity Width", "batch time entity",
     "expected [batch time entity Width], got [batch time entity]: nothing is left for Width"),
    ("batch time agent entity", "batch time entity agent'",
     "expected [batch time agent entity], got [batch time entity agent']: axis 'agent' is missing"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(wanted: str, arrives: str, text: str) -> None:
    with pytest.raises(Mismatch) as error:
        bind((wanted, arrives))
    assert str(error.value) == text


def test_a_variable_is_the_same_axis_wherever_it_recurs() -> None:
    with pytest.raises(Mismatch) as error:
        bind(("... Factor", "batch time agent"), ("... Factor Mixing", "batch time team mixing"))
    expected = "expected [batch time agent Mixing], got [batch time team mixing]: axis 'agent' is missing"
    assert str(error.value) == expected


def test_a_mask_brings_no_axes_of_its_own() -> None:
    assert bind(("... In", "batch agent embed"), ("...", "batch time"))["..."] == ("batch", "time", "agent")
    with pytest.raises(Mismatch, match="axis 'entity' does not belong here"):
        bind(("bool ...", "bool batch agent"), ("bool ...", "bool batch entity"))


@pytest.mark.parametrize(("operands", "joined"), [
    (["batch time agent", "batch entity"], "batch time agent entity"),
    (["batch agent", "batch time agent action"], "batch time agent action"),
    (["batch time agent entity", "batch time entity"], "batch time agent entity"),
    (["agent id", "batch time agent observation"], "batch time agent id observation"),
    (["batch a b", "batch b a"], "batch a b"),
    (["a c", "a b c"], "a b c"),
    ([], ""),
])  # fmt: skip
def test_joined_axes_keep_their_orders(operands: list[str], joined: str) -> None:
    assert join(*(o.split() for o in operands)) == tuple(joined.split())


AXIS_LISTS = st.lists(st.permutations(["batch", "time", "agent", "entity", "embed"]).flatmap(
    lambda p: st.integers(0, 5).map(lambda n: tuple(p[:n]))), max_size=4)


@given(AXIS_LISTS)
def test_join_has_every_axis_once_with_batch_and_time_first(operands: list[Axes]) -> None:
    found = join(*operands)
    assert sorted(found) == sorted({a for o in operands for a in o})
    assert [a for a in found if a in ("batch", "time")] == [a for a in ("batch", "time") if a in found]
    assert not found or join(found, *operands) == found
    if len(operands) == 1:
        mine, given = ([a for a in axes if a not in ("batch", "time")] for axes in (found, operands[0]))
        assert mine == given


@pytest.mark.parametrize(("text", "message"), [
    ("batch 3", "'3' is no axis"),
    ("batch agent agent", "axis 'agent' stands twice; write the second copy with a prime: agent'"),
])  # fmt: skip
def test_what_is_no_signature(text: str, message: str) -> None:
    with pytest.raises(SignatureError, match=message):
        signature(text)
