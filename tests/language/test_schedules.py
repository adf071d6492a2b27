"""Schedules: ends, clamps, middles."""

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from compose.language.schedules import cosine, exponential, linear, piecewise, value


@dataclass(frozen=True)
class Every:
    count: int
    clock: str


@dataclass(frozen=True)
class Moving:
    kind: str
    from_: float = 0.0
    to: float | None = None
    over: Every | None = None
    at: tuple[tuple[float, float], ...] = field(default=())


@pytest.mark.parametrize("curve", [linear, exponential, cosine])
def test_ends_and_clamps(curve):
    assert [curve(1.0, 0.05, 50_000, x) for x in (-10, 0, 50_000, 10**9)] == [1.0, 1.0, 0.05, 0.05]


@pytest.mark.parametrize("curve", [linear, exponential, cosine])
def test_falls_all_the_way(curve):
    values = [curve(1.0, 0.05, 100, x) for x in range(101)]
    assert all(a > b for a, b in pairwise(values))


def test_middles():
    assert linear(1.0, 0.0, 2_000_000, 1_000_000) == 0.5
    assert linear(1.0, 0.05, 500, 250) == (1.0 + 0.05) / 2
    assert cosine(1.0, 0.0, 100, 50) == pytest.approx(0.5)
    assert exponential(1.0, 0.01, 100, 50) == pytest.approx(0.1)


def test_exponential_needs_one_sign():
    with pytest.raises(ValueError, match=r"one sign, not 1\.0 and 0\.0"):
        exponential(1.0, 0.0, 100, 5)


def test_piecewise_lines_and_steps():
    points = [(0.0, 0.0), (0.5, 2.0), (0.5, 5.0), (1.0, 5.0)]
    assert [piecewise(points, 100, x) for x in (-1, 0, 25, 50, 51, 100, 200)] == [0.0, 0.0, 1.0, 2.0, 5.0, 5.0, 5.0]
    with pytest.raises(ValueError, match="order"):
        piecewise([(0.5, 1.0), (0.1, 2.0)], 100, 5)


def test_value_reads_its_own_clock():
    clocks = {"env_steps": 500, "episodes": 10, "updates": 3}
    assert value(0.25, clocks) == 0.25
    assert value(Moving("constant", 0.3), clocks) == 0.3
    assert value(Moving("linear", 1.0, 0.0, Every(1000, "env_steps")), clocks) == 0.5
    assert value(Moving("linear", 1.0, 0.0, Every(10, "episodes")), clocks) == 0.0
    assert value(Moving("linear", 1.0, 0.0, Every(12, "updates")), clocks) == 0.75


def test_value_of_a_piecewise_schedule_starts_and_ends_where_it_says():
    def at(x, **kwargs):
        return value(Moving("piecewise", over=Every(10, "updates"), **kwargs), {"updates": x})

    assert [at(x, from_=1.0, to=4.0, at=((0.5, 2.0),)) for x in (0, 5, 10)] == [1.0, 2.0, 4.0]
    assert [at(x, at=((0.0, 3.0), (0.5, 2.0))) for x in (0, 5, 10)] == [3.0, 2.0, 2.0]


def test_value_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="unknown kind of schedule 'sine'"):
        value(Moving("sine", over=Every(1, "updates")), {"updates": 0})
    with pytest.raises(ValueError, match="needs 'over'"):
        value(Moving("linear"), {"updates": 0})
