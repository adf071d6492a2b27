"""The benchmark of steps measures what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from step.cases import case, lengths
from step.measure import Measured, faster, measure, peak
from step.variants import variants

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "bench_step.py"


@pytest.mark.parametrize(("batch", "longest", "total"), [
    (32, 60, 1280), (32, 60, 1920), (32, 50, 1067), (2, 60, 61), (32, 60, 1919), (7, 60, 214), (32, 60, 976),
])
def test_lengths_are_spread_evenly_and_their_sum_is_exact(batch: int, longest: int, total: int) -> None:
    found = lengths(batch, longest, total)
    assert int(found.sum()) == total
    assert int(found.max()) == longest
    assert found.min() >= 1
    gaps = found.sort().values.diff()
    assert gaps.max() - gaps.min() <= 2
    assert torch.equal(found, lengths(batch, longest, total))


@pytest.mark.parametrize(("batch", "total"), [(32, 1921), (32, 900), (1, 60)])
def test_impossible_lengths_are_refused(batch: int, total: int) -> None:
    with pytest.raises(ValueError, match=r"expected 2 episodes or more of 30\.5 to 60 steps in the mean"):
        lengths(batch, 60, total)


def test_a_case_has_the_mean_length_asked_for() -> None:
    one = case("qmix_attention", batch=32, mean_length=40)
    assert one.fields["steps"].shape == (32, 61)
    assert one.fields["steps"].sum() == 32 * 40
    assert one.valid == pytest.approx(2 / 3)
    assert not one.fields["entities"][~one.fields["present"]].any()
    short = case("qmix_attention_group_matching", batch=32, mean_length=40)
    assert short.fields["steps"].shape == (32, 51)
    assert short.fields["steps"].sum() == round(32 * 50 * 2 / 3)


def test_peak_counts_what_is_held_at_once() -> None:
    a = torch.ones(1000, 250)

    def step() -> float:
        b = a + 1
        c = b + 1
        del b
        d = c + 1
        return float(d[0, 0])

    assert 2_000_000 <= peak(step, "cpu") < 2_001_000
    assert peak(lambda: float((a + 1)[0, 0]), "cpu") < 1_001_000


def test_ways_run_in_turn_and_warm_ups_do_not_count() -> None:
    calls: list[str] = []

    def way(name: str) -> float:
        calls.append(name)
        return 1.0

    found = measure({"a": lambda: way("a"), "b": lambda: way("b")}, repeats=3, warm_up=2, device="cpu")
    assert "".join(calls[-10:]) == "ab" * 5
    assert [len(one.seconds) for one in found.values()] == [3, 3]


def test_ways_that_compute_something_else_are_refused() -> None:
    with pytest.raises(RuntimeError, match=r"norms of the first gradients differ: \{'a': 1\.0, 'b': 1\.01\}"):
        measure({"a": lambda: 1.0, "b": lambda: 1.01}, repeats=1, warm_up=0, device="cpu")


def test_ratios_are_of_the_same_round() -> None:
    slow, fast = Measured([2.0, 20.0, 2.2]), Measured([1.0, 10.0, 1.0])
    assert faster(slow, fast) == pytest.approx(2.0)
    assert faster(None, fast) is None


@pytest.mark.parametrize("name", ["refil", "refil_vdn", "refil_group_matching", "qmix_attention"])
def test_every_way_makes_the_same_step(name: str) -> None:
    one = case(name, batch=2, mean_length=40)
    ways = variants(one, "cpu")
    assert list(ways)[:2] == ["by hand", "plain"]
    first, second = ({way: step() for way, step in ways.items()} for _ in range(2))
    for norms in (first, second):
        assert list(norms.values()) == pytest.approx([norms["plain"]] * len(norms), rel=1e-3)
    assert second["plain"] != pytest.approx(first["plain"], rel=1e-6)


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(filter(None, [str(SCRIPT.parents[1]), os.environ.get("PYTHONPATH", "")]))
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": paths}, check=False)


@pytest.mark.more
@pytest.mark.parametrize(("arguments", "told"), [
    (["--mean-length", "20"], "expected 2 episodes or more of 30.5 to 60 steps in the mean, got 32 of 20"),
    (["--specs", "refill"], "refill"),
])
def test_the_command_refuses_what_it_cannot_measure(arguments: list[str], told: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.more
def test_the_command_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    done = bench("--specs", "qmix_attention_group_matching", "qmix_max_pooling", "--batch", "2", "--repeats", "2",
                 "--warm-up", "0", "--threads", "1", "--json", str(file))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("1 threads, cpu, batch 2, median of 2 rounds\n")
    assert "qmix_attention_group_matching, group_matching: 56,963 weights, 50 steps, 67% valid" in done.stdout
    document = json.loads(file.read_text())
    assert document["machine"]["threads"] == 1
    first, second = document["rows"]
    assert list(first["ways"]) == ["by hand", "plain", "passes"]
    assert list(second["ways"]) == ["plain", "passes"]
    assert second["ways"]["plain"]["times_faster_than_by_hand"] is None
    for way in first["ways"].values():
        assert len(way["seconds"]) == 2
        assert min(way["seconds"]) > 0
        assert way["peak_bytes"] > 100_000
