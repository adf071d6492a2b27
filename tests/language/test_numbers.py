"""Numbers as text: short, exact, and one text for one number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose.language.expressions import LARGEST, parse, unparse
from compose.language.load import load
from compose.language.numbers import spelled
from compose.language.scalars import read
from compose.language.values import Expr

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-10**18, 10**18)


@pytest.mark.parametrize(("number", "text"), [
    (-1000000000.0, "-1e9"), (1e-08, "1e-8"), (5000, "5,000"), (5000.0, "5,000"), (0.1, "0.1"), (-0.0, "0"),
    (1.5e9, "1.5e9"), (1000000001, "1,000,000,001"), (1e300, "1e300"), (0.00025, "0.00025"), (1e6, "1,000,000")])
def test_as_people_write_them(number: float, text: str) -> None:
    assert spelled(number, ",") == text


@given(NUMBERS, NUMBERS)
def test_equal_texts_mean_equal_numbers(a: float, b: float) -> None:
    assert (spelled(a) == spelled(b)) == (a == b)
    if isinstance(a, float):
        assert float(spelled(a)) == a


@given(st.floats(-LARGEST, LARGEST) | st.integers(-LARGEST, LARGEST))
def test_an_expression_keeps_its_numbers(number: float) -> None:
    text = unparse(parse(f"x - {number!r}"))
    assert unparse(parse(text)) == text
    assert Expr.of(number).plain() == number
    assert parse(text) == parse(f"x - {number!r}")


def test_there_is_one_zero() -> None:
    assert str(read("-0.0")) == "0.0"
    assert Expr("-0.0") == Expr("0")


@pytest.mark.parametrize(("a", "b", "same"), [
    (-1, -2, False), (-1.0, -2.0, False), (0.1, "0.10", True), (1, 1.0, True), (0.0, -0.0, True),
    (0.3, 0.1 + 0.2, False)])
def test_identity_is_that_of_numbers(a: object, b: object, same: bool) -> None:
    one, other = (load("refil", [f"params.lambda={number}"]).spec.identity() for number in (a, b))
    assert (one == other) is same
