"""Every number of an example that was computed with rliable 1.2.0, marl-eval 0.0.4 and SciPy, and exact laws."""

from __future__ import annotations

import numpy as np
import pytest

from compose.study.statistics.aggregates import iqm, mean, median, optimality_gap
from compose.study.statistics.bootstrap import (
    OF_PAIRS,
    REPETITIONS,
    Estimate,
    Indices,
    Statistic,
    estimate,
    estimate_pair,
    percentiles,
    taken,
)
from compose.study.statistics.improvement import probability_of_improvement
from compose.study.statistics.profiles import profile, task_profile
from compose.study.statistics.scores import Scores
from tests.study.statistics.example import FINAL, RANGES, curve, scores
from tests.study.statistics.law import Law, of_improvement, of_one

DIGITS = 5e-7


def test_ranges_are_those_of_single_episodes() -> None:
    assert [(r.low, r.high) for r in RANGES.values()] == [(-0.25, 10), (2, 20)]


@pytest.mark.parametrize(("method", "expected"), [
    ("alpha", [0.219512, 0.317073, 0.512195, 0.609756, 0.902439, 0.444444, 0.666667, 0.5, 0.888889, 0.555556]),
    ("beta", [0.121951, 0.317073, 0.414634, 0.219512, 0.707317, 0.777778, 0.5, 0.611111, 0.944444, 0.722222]),
])
def test_normalised(method: str, expected: list[float]) -> None:
    assert scores(method).values.tolist() == pytest.approx(expected, abs=DIGITS)


@pytest.mark.parametrize(("method", "of_mean", "of_iqm", "gap", "runs", "tasks", "points", "wins"), [
    ("alpha", 0.561653, 0.548103, 0.438347, [0.9, 0.6, 0.2], [1, 1, 0], [0.099142, 0.241757, 0.548103], 0.45),
    ("beta", 0.533604, 0.545393, 0.466396, [0.8, 0.5, 0.2], [1, 0.5, 0], [0.095077, 0.245596, 0.545393], 0.455),
])
def test_aggregates(method: str, of_mean: float, of_iqm: float, gap: float, runs: list[float], tasks: list[float],
                    points: list[float], wins: float) -> None:
    found = scores(method)
    assert float(mean(found)) == pytest.approx(of_mean, abs=DIGITS)
    assert float(median(found)) == pytest.approx(of_mean, abs=DIGITS), "of two tasks, the mean of both"
    assert float(iqm(found)) == pytest.approx(of_iqm, abs=DIGITS)
    assert float(optimality_gap(found)) == pytest.approx(gap, abs=DIGITS)
    assert profile(found, np.array([0.25, 0.5, 0.75])).tolist() == pytest.approx(runs)
    assert task_profile(found, np.array([0.25, 0.5, 0.75])).tolist() == pytest.approx(tasks)
    assert iqm(curve(method)).tolist() == pytest.approx(points, abs=DIGITS)
    rates = Scores.of({task: np.asarray(runs) / 20 for task, runs in FINAL[method].items()})
    assert float(mean(rates)) == pytest.approx(wins)


def test_means_of_tasks() -> None:
    found = {method: [float(scores(method)[task].mean()) for task in ("t1", "t2")] for method in FINAL}
    assert found["alpha"] == pytest.approx([0.512195, 0.611111], abs=DIGITS)
    assert found["beta"] == pytest.approx([0.356098, 0.711111], abs=DIGITS)


def test_probability_of_improvement() -> None:
    alpha, beta = scores("alpha"), scores("beta")
    assert float(probability_of_improvement(alpha, beta)) == pytest.approx(0.49)
    each = [float(probability_of_improvement(Scores.of({t: alpha[t]}), Scores.of({t: beta[t]}))) for t in ("t1", "t2")]
    assert each == pytest.approx([17 / 25, 7.5 / 25])


def test_one_resampling_step() -> None:
    """Pairs are the run for t1 and for t2 of each of the five places."""
    tables = [((0, 1), (1, 1), (2, 2), (3, 3), (4, 0)), ((4, 4), (4, 3), (3, 3), (2, 2), (1, 0)),
              ((0, 0), (0, 1), (0, 2), (1, 3), (2, 4)), ((2, 1), (2, 1), (2, 0), (3, 3), (4, 4))]
    indices: Indices = np.array([[*(a for a, _ in table), *(5 + b for _, b in table)] for table in tables])
    found = iqm(taken(scores("alpha"), indices))
    assert found.tolist() == pytest.approx([0.566621, 0.659214, 0.424797, 0.587173], abs=DIGITS)
    assert [float(x) for x in percentiles(found)] == pytest.approx([0.435434, 0.653811], abs=DIGITS)


@pytest.mark.parametrize(("method", "statistic", "expected"), [
    ("alpha", iqm, (0.556677, 0.073011, 0.429765, 0.721771)), ("beta", iqm, (0.542366, 0.071132, 0.410795, 0.686992)),
    ("alpha", mean, (0.561653, 0.063953, 0.442005, 0.691192)),
    ("beta", mean, (0.533604, 0.056157, 0.429133, 0.647832)),
])
def test_intervals_are_those_of_the_exact_law(method: str, statistic: Statistic,
                                              expected: tuple[float, ...]) -> None:
    """An end is right if the law leaves 2.5 % beyond it, but for what drawing 50,000 resamples leaves to chance."""
    law = of_one(statistic, scores(method))
    assert (law.mean, law.sd, law.quantile(0.025), law.quantile(0.975)) == pytest.approx(expected, abs=DIGITS)
    for seed in range(3):
        found = estimate(statistic, scores(method), seed=seed)
        _agree(law, found, REPETITIONS)
        assert (float(found.low), float(found.high)) == pytest.approx(expected[2:], abs=0.006)  # one step of the law


@pytest.mark.parametrize("repetitions", [OF_PAIRS, 20_000])
def test_the_interval_of_a_comparison_is_that_of_the_exact_law(repetitions: int) -> None:
    law = of_improvement(scores("alpha"), scores("beta"))
    assert (law.mean, law.quantile(0.025), law.quantile(0.975)) == pytest.approx((0.49, 0.25, 0.73))
    found = estimate_pair(probability_of_improvement, scores("alpha"), scores("beta"), repetitions=repetitions)
    assert float(found.value) == pytest.approx(0.49)
    _agree(law, found, repetitions)


def _agree(law: Law, found: Estimate, repetitions: int) -> None:
    chance = 4 * (0.025 * 0.975 / repetitions) ** 0.5
    for end, share in ((float(found.low), 0.025), (float(found.high), 0.975)):
        assert law.below(end) - chance <= share <= law.upto(end) + chance
