"""Sides of a comparison, and bands over several environments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from compose.study.bands import band, joint_band
from compose.study.gathering import lines
from compose.study.sides import apart, matched_sides, named_side, shown_ranges, side
from compose.study.statistics.normalise import by_reference
from tests.study.runs import write_run, write_seeds
from tests.study.small import begin


def test_a_side_is_one_spec_in_each_environment(tmp_path: Path) -> None:
    write_seeds(tmp_path / "a" / "ring", 3)
    write_seeds(tmp_path / "a" / "line", 2, env="line")
    write_run(tmp_path / "b" / "seed_000", "beta")
    found, out = side([tmp_path / "a"])
    assert ({env: len(runs) for env, runs in found.runs.items()}, out) == ({"line": 2, "ring/3": 3}, [])
    with pytest.raises(SpecError) as caught:
        side([tmp_path])
    (problem,) = caught.value.diagnostics
    assert (problem.code, len(problem.notes)) == ("compare.specs", 2)
    assert problem.hint == f"name the folders of one, such as {tmp_path / 'a' / 'ring'}"


def test_runs_that_have_not_come_so_far_are_named(tmp_path: Path) -> None:
    write_seeds(tmp_path / "a", 2)
    write_run(tmp_path / "a" / "seed_007", seed=7, steps=(0, 1000, 2000))
    found, _ = side([tmp_path / "a"])
    scores, out = found.scores("success", at=4000, window=1)
    assert scores == {"ring/3": [pytest.approx(4 / 6), pytest.approx(3 / 6)]}
    assert [(Path(one.what).name, one.why) for one in out] == [("seed_007", "is at 2,000 of 4,000 env steps")]


def test_scores_in_the_range_of_what_is_shown(tmp_path: Path) -> None:
    write_run(tmp_path / "a" / "ring")
    write_run(tmp_path / "b" / "ring", "beta")
    write_run(tmp_path / "b" / "line", "beta", env="line")
    (a, _), (b, _) = side([tmp_path / "a"]), side([tmp_path / "b"])
    ranges = shown_ranges((a, b), "return")
    assert {env: (one.low, one.high) for env, one in ranges.items()} == {"ring/3": (-1, 2), "line": (-1, 2)}
    assert a.scores("return", 5002, 1, ranges)[0] == {"ring/3": [pytest.approx(5 / 6, abs=1e-5)]}
    x, y, out = matched_sides(a, b)
    assert (list(x.runs), list(y.runs), [one.what for one in out]) == (["ring/3"], ["ring/3"], ["line"])


def test_a_band_over_several_environments(tmp_path: Path) -> None:
    write_seeds(tmp_path / "ring", 3)
    write_seeds(tmp_path / "line", 3, env="line", steps=(0, 2000, 4000, 6000))
    runs = {line.env: line.runs for line in lines([tmp_path])[0]}
    found = joint_band("alpha", runs, "success")
    assert found.x.tolist() == [0, 2000, 4000]
    assert found.low is not None
    assert found.high is not None
    assert (found.low <= found.value).all()
    assert (found.value <= found.high).all()
    chance, best = dict.fromkeys(runs, 0.5), dict.fromkeys(runs, 1.0)
    scaled = joint_band("alpha", runs, "success", by_reference(chance, best))
    assert scaled.value == pytest.approx(2 * found.value - 1)
    few = joint_band("alpha", {env: some[:2] for env, some in runs.items()}, "success")
    assert (few.low, few.high, few.runs) == (None, None, 2)


def test_a_band_is_the_same_each_time(tmp_path: Path) -> None:
    write_seeds(tmp_path, 4)
    (line,), _ = lines([tmp_path])
    one, other = band(line, "success"), band(line, "success")
    assert one.low is not None
    assert other.low is not None
    assert np.array_equal(one.low, other.low)


TEXT = "compose: 1\nname: alpha\nsummary: As it is.\nextends: qmix_attention\nparams: {embed: 8}\n"


def test_specs_of_one_name_are_called_by_the_lines_that_differ(tmp_path: Path) -> None:
    for folder, sizes in (("x", "embed: 8"), ("y", "embed: 16, gamma: 0.9")):
        text = load_text(TEXT.replace("embed: 8", sizes)).document.text
        for env in ("ring/3", "line"):
            run = write_run(tmp_path / f"{folder}-{env[:4]}", env=env, spec_hash=folder)
            (run / "spec.yaml").write_text(text)
    found = {line.name for line in lines([tmp_path])[0]}
    assert found == {"alpha[embed=8,gamma=0.99]", "alpha[embed=16,gamma=0.9]"}
    a, b = (named_side(name, [tmp_path])[0] for name in sorted(found))
    assert set(a.runs) == set(b.runs) == {"ring/3", "line"}
    single = [side([tmp_path / f"{folder}-ring"])[0] for folder in "xy"]
    assert {one.name for one in single} == {"alpha"}
    assert set(apart(*single) or ()) == found
    assert apart(single[0], single[0]) is None
    (tmp_path / "x-ring" / "spec.yaml").write_text("{")
    assert {line.name for line in lines([tmp_path])[0]} >= {"alpha (x-ring)", "alpha (y-ring)"}


def test_methods_of_studies_are_sides(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    for run in plan.runs[:-1]:
        write_run(workspace.runs / run.folder, "the_same", seed=run.seed, spec_hash=run.method)
    found, _ = named_side("vdn", [workspace.runs])
    assert (found.name, len(found.every())) == ("vdn", 2)
    assert len(named_side("qmix", [workspace.runs])[0].every()) == 1
    with pytest.raises(SpecError, match=r"compare\.name.*\n.*Did you mean 'qmix'"):
        named_side("qmixx", [workspace.runs])
