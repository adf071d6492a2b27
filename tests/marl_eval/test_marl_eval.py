"""What marl-eval and rliable make of exported results, beside what is computed here: run by ``make test-marl-eval`` in
an environment of its own."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("marl_eval", reason="marl-eval is not installed: make test-marl-eval")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

from compose.study.export.marl_eval import marl_eval  # noqa: E402
from compose.study.gathering import lines  # noqa: E402
from compose.study.sides import Side, shown_ranges  # noqa: E402
from compose.study.statistics.aggregates import iqm, mean, median, optimality_gap  # noqa: E402
from compose.study.statistics.bootstrap import estimate, estimate_pair  # noqa: E402
from compose.study.statistics.improvement import probability_of_improvement  # noqa: E402
from compose.study.statistics.profiles import profile  # noqa: E402
from compose.study.statistics.scores import Scores  # noqa: E402
from tests.study.runs import write_run  # noqa: E402
from tests.study.statistics.example import scores  # noqa: E402


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    for spec in ("alpha", "beta"):
        for env in ("ring/3", "ring/8"):
            for seed in range(4):
                rate = rng.uniform(0.2, 0.9)
                write_run(tmp_path / spec / env / f"seed_{seed:03d}", spec, env, seed,
                          success=lambda step, episode, rate=rate: rng.uniform() < rate * step / 5000, episodes=16)
    return tmp_path


def test_marl_eval_finds_nothing_wrong_and_the_same_numbers(folder: Path) -> None:
    from marl_eval.utils.data_processing_utils import create_matrices_for_rliable, data_process_pipeline
    from marl_eval.utils.diagnose_data_errors import DiagnoseData

    found, _ = lines([folder])
    data, out = marl_eval(found)
    raw = json.loads(json.dumps(data))
    assert out == []
    assert all(all(checks.values()) for checks in DiagnoseData(copy.deepcopy(raw)).check_data().values())
    processed = data_process_pipeline(raw, ["return"])
    single, curves = create_matrices_for_rliable(processed, "ring", ["return"])
    assert set(single) == {"mean_success", "mean_norm_return", "mean_length", "mean_tags"}
    sides = [Side(name, {line.env: line.runs for line in found if line.name == name}) for name in ("alpha", "beta")]
    ranges = shown_ranges(sides, "return")
    for side in sides:
        ours = Scores.of(side.scores("return", ranges=ranges)[0])
        theirs = single["mean_norm_return"][side.name]
        assert pytest.approx(theirs) == ours.values.reshape(2, 4).T
        rates = Scores.of(side.scores("success")[0])
        assert pytest.approx(single["mean_success"][side.name]) == rates.values.reshape(2, 4).T
        assert curves["mean_success"][side.name].shape == (4, 2, 6)


def test_statistics_are_those_of_rliable() -> None:
    from rliable import library, metrics

    matrices = {name: scores(name).values.reshape(2, 5).T for name in ("alpha", "beta")}
    for name, matrix in matrices.items():
        ours = scores(name)
        for statistic, theirs in ((iqm, metrics.aggregate_iqm), (mean, metrics.aggregate_mean),
                                  (median, metrics.aggregate_median),
                                  (optimality_gap, metrics.aggregate_optimality_gap)):
            assert float(statistic(ours)) == pytest.approx(theirs(matrix))
        np.random.seed(0)
        _, intervals = library.get_interval_estimates(
            {name: matrix}, lambda x: np.array([metrics.aggregate_iqm(x), metrics.aggregate_mean(x)]), reps=20_000)
        for i, statistic in enumerate((iqm, mean)):
            found = estimate(statistic, ours)
            assert (float(found.low), float(found.high)) == pytest.approx(tuple(intervals[name][:, i]), abs=0.006)
        thresholds = np.linspace(0, 1, 21)
        theirs = library.create_performance_profile({name: matrix}, thresholds, reps=20)[0][name]
        assert profile(ours, thresholds) == pytest.approx(theirs)
    pair = matrices["alpha"], matrices["beta"]
    found = estimate_pair(probability_of_improvement, scores("alpha"), scores("beta"))
    assert float(found.value) == pytest.approx(metrics.probability_of_improvement(*pair))
    np.random.seed(0)
    _, intervals = library.get_interval_estimates({"pair": pair}, metrics.probability_of_improvement, reps=2000)
    assert (float(found.low), float(found.high)) == pytest.approx(tuple(intervals["pair"].ravel()), abs=0.03)
