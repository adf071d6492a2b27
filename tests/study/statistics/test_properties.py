"""What holds of statistics whatever the scores are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.study.statistics.aggregates import iqm, mean, median, optimality_gap
from compose.study.statistics.bootstrap import estimate, estimate_pair
from compose.study.statistics.improvement import probability_of_improvement
from compose.study.statistics.normalise import Range, by_reference, by_shown
from compose.study.statistics.profiles import profile, task_profile
from compose.study.statistics.scores import Scores, finite, matched

NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False)
RUNS = st.lists(NUMBERS, min_size=1, max_size=7)
TASKS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), RUNS, min_size=1)
PAIRS = st.lists(st.tuples(RUNS, RUNS), min_size=1, max_size=3)


def near(x: object) -> object:
    return pytest.approx(x, rel=1e-9, abs=1e-6)


def trimmed(values: list[float]) -> float:
    """The textbook: sort, cut a quarter at each end, average."""
    cut = len(values) // 4
    return float(np.mean(sorted(values)[cut : len(values) - cut]))


@given(TASKS)
def test_aggregates_lie_within_the_scores(runs: dict[str, list[float]]) -> None:
    scores = Scores.of(runs)
    low, high = scores.values.min(), scores.values.max()
    for statistic in (iqm, mean, median):
        assert low - 1e-6 <= statistic(scores) <= high + 1e-6
    assert optimality_gap(scores, best=high) >= -1e-6
    assert scores.weights.sum() == pytest.approx(1)


@given(TASKS, st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_the_order_of_runs_and_of_tasks_does_not_matter(runs: dict[str, list[float]], random: object) -> None:
    shuffled = {task: random.sample(runs[task], len(runs[task]))  # type: ignore[attr-defined]
                for task in random.sample(sorted(runs), len(runs))}  # type: ignore[attr-defined]
    one, other = Scores.of(runs), Scores.of(shuffled)
    for statistic in (iqm, mean, median, optimality_gap):
        assert float(statistic(one)) == near(float(statistic(other)))
    first, second = (estimate(iqm, scores, repetitions=40) for scores in (one, other))
    assert (first.low, first.high) == (second.low, second.high)


@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 99))
def test_iqm_is_the_trimmed_mean(runs: int, tasks: int, seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=(tasks, runs)).round(1)
    scores = Scores.of({str(i): row for i, row in enumerate(drawn)})
    assert float(iqm(scores)) == pytest.approx(trimmed(drawn.ravel().tolist()))
    twice = Scores.of({str(i): [*row] * (1 + (i == 0)) for i, row in enumerate(drawn)})
    if tasks > 1:  # runs that are there twice weigh half as much each
        assert abs(float(iqm(twice)) - float(iqm(scores))) <= np.ptp(drawn) + 1e-9


def test_weighted_iqm_by_hand() -> None:
    """Task a has 2 runs that weigh 1/4, task b 4 runs that weigh 1/8: sorted 0 (1/8) 1 (1/4) 2 (1/8) 3 (1/8) 4 (1/4)
    5 (1/8). Cut is what lies wholly in a quarter: the first (1/8) and the last; left are 1 2 3 4 by weight."""
    scores = Scores.of({"a": [1, 4], "b": [0, 2, 3, 5]})
    assert float(iqm(scores)) == pytest.approx((1 / 4 + 2 / 8 + 3 / 8 + 4 / 4) / (3 / 4))


@given(PAIRS)
def test_probabilities_of_improvement_add_up_to_one(pairs: list[tuple[list[float], list[float]]]) -> None:
    x, y = (Scores.of({str(i): pair[side] for i, pair in enumerate(pairs)}) for side in (0, 1))
    there, back = probability_of_improvement(x, y), probability_of_improvement(y, x)
    assert 0 <= there <= 1
    assert float(there + back) == pytest.approx(1)
    assert float(probability_of_improvement(x, x)) == pytest.approx(0.5)


@given(TASKS)
def test_profiles_fall_from_one_to_nothing(runs: dict[str, list[float]]) -> None:
    scores = Scores.of(runs)
    thresholds = np.linspace(scores.values.min() - 1, scores.values.max() + 1, 9)
    for found in (profile(scores, thresholds), task_profile(scores, thresholds)):
        assert (found[0], found[-1]) == (pytest.approx(1), 0)
        assert all(before >= after - 1e-12 for before, after in pairwise(found))


@given(TASKS, st.integers(0, 2**32))
@settings(max_examples=30)
def test_intervals_are_a_function_of_the_data_and_the_seed(runs: dict[str, list[float]], seed: int) -> None:
    found, again = (estimate(iqm, Scores.of(runs), repetitions=50, seed=seed) for _ in range(2))
    assert (found.low, found.high) == (again.low, again.high)
    assert min(map(min, runs.values())) - 1e-6 <= found.low <= found.high <= max(map(max, runs.values())) + 1e-6


def test_curves_and_profiles_have_intervals_at_every_point() -> None:
    rng = np.random.default_rng(0)
    curve = Scores.of({"a": rng.normal(size=(5, 4)), "b": rng.normal(size=(5, 3))})
    found = estimate(iqm, curve, repetitions=200)
    assert found.value.shape == found.low.shape == found.high.shape == (5,)
    assert (found.low <= found.high).all()
    share = estimate(profile, Scores.of({"a": rng.uniform(size=6)}), repetitions=200)
    assert share.low.shape == (101,)


def test_resamples_in_parts_are_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large data are taken in parts; what comes out has the same law."""
    scores = Scores.of({"a": np.arange(8.0), "b": np.arange(8.0) / 2})
    whole = estimate(mean, scores, repetitions=20_000)
    monkeypatch.setattr("compose.study.statistics.bootstrap._AT_ONCE", 16 * 7)
    parts = estimate(mean, scores, repetitions=20_000)
    assert (float(parts.low), float(parts.high)) == pytest.approx((float(whole.low), float(whole.high)), abs=0.05)


def test_one_run_has_no_width() -> None:
    found = estimate(iqm, Scores.of({"a": [0.25]}), repetitions=10)
    assert (found.low, found.value, found.high) == (0.25, 0.25, 0.25)


def test_both_sides_are_resampled() -> None:
    x, y = Scores.of({"a": [0.5]}), Scores.of({"a": [0.0, 1.0]})
    found = estimate_pair(lambda a, b: mean(a) - mean(b), x, y, repetitions=200)
    back = estimate_pair(lambda a, b: mean(a) - mean(b), y, x, repetitions=200)
    assert (found.low, found.high, back.low, back.high) == (-0.5, 0.5, -0.5, 0.5)


def test_what_is_missing_is_left_out_and_said() -> None:
    kept, out = finite({"a": [1, None, float("nan")], "b": [None], "c": [2]}, "alpha")
    assert kept == {"a": [1], "c": [2]}
    assert [str(one) for one in out] == ["alpha, a: 2 of 3 runs have no score", "alpha, b: 1 of 1 runs has no score",
                                         "alpha, b: no run has a score, so the task does not count"]


def test_tasks_that_only_one_method_has_count_for_nobody() -> None:
    found, out = matched({"alpha": {"a": [1, 2], "b": [3]}, "beta": {"a": [1], "c": [2]}})
    assert {name: one.tasks for name, one in found.items()} == {"alpha": ("a",), "beta": ("a",)}
    assert [str(one) for one in out] == ["b: beta has no score in it, so it counts for nobody",
                                         "c: alpha has no score in it, so it counts for nobody"]
    _, out = matched({"alpha": {"a": [1, 2], "b": [3]}})
    assert [(one.what, one.why.partition(";")[0]) for one in out] == [
        ("alpha", "tasks have different numbers of runs (2 in a, 1 in b)")]
    with pytest.raises(ValueError, match="no task has scores of all"):
        matched({"alpha": {"a": [1]}, "beta": {"b": [1]}})


@pytest.mark.parametrize(("scores", "said"), [
    ({}, "no task"), ({"a": []}, "task a has no run"), ({"a": [float("inf")]}, "no finite number"),
])
def test_scores_are_numbers(scores: dict[str, list[float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Scores.of(scores)


def test_other_tasks_are_not_compared() -> None:
    with pytest.raises(ValueError, match="the tasks differ: a and b"):
        probability_of_improvement(Scores.of({"a": [1]}), Scores.of({"b": [1]}))


def test_normalising() -> None:
    shown = by_shown({"a": [[0.0, 5.0], np.array([[10.0]])], "b": [[3.0, 3.0]]})
    assert (shown["a"]([0, 10])).tolist() == pytest.approx([0, 1], abs=1e-6)
    assert shown["b"]([3]).tolist() == [0]
    stated = by_reference({"a": 2.0}, {"a": 4.0})
    assert stated["a"]([2, 4, 5, 1]).tolist() == [0, 1, 1.5, -0.5]
    for chance, best, said in (({"a": 1.0}, {}, "no best"), ({}, {"a": 1.0}, "no chance level"),
                               ({"a": 1.0}, {"a": 1.0}, "is not above chance")):
        with pytest.raises(ValueError, match=said):
            by_reference(chance, best)
    with pytest.raises(ValueError, match="nothing is shown of task a"):
        by_shown({"a": [[float("nan")]]})
    with pytest.raises(ValueError, match="is no range"):
        Range(1, 0)
