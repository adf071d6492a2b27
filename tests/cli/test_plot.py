"""``compose plot`` and ``compose compare``: what is drawn and said of runs, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.cli.conftest import Run
from tests.study.runs import write_run, write_seeds


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two methods in one environment, one of them in a second."""
    monkeypatch.chdir(tmp_path)
    write_seeds(tmp_path / "alpha" / "ring", 4, better=2)
    write_seeds(tmp_path / "alpha" / "line", 3, better=1, env="line")
    write_seeds(tmp_path / "beta", 4, spec="beta")
    return tmp_path


def test_a_figure_for_each_format(run: Run, runs: Path) -> None:
    ran = run("plot", "alpha", "beta", "-o", "all.svg")
    assert ran.code == 0, ran.err
    assert "all.svg  success, IQM over runs" in ran.out
    assert re.search(r"alpha +line +3 +5,002 +0\.\d+ +0\.\d+ to ", ran.out)
    words = {node.text for node in ElementTree.parse(runs / "all.svg").iter("{http://www.w3.org/2000/svg}text")}
    assert {"alpha (3–4 runs)", "beta (4 runs)", "success rate", "environment steps", "ring/3", "line"} <= words
    again = (runs / "all.svg").read_bytes()
    assert run("plot", "alpha", "beta", "-o", "all.svg").code == 0
    assert (runs / "all.svg").read_bytes() == again, "the same command writes the same bytes"
    assert run("plot", "beta", "-o", "one.png", "--against", "seconds", "--measure", "tags").code == 0
    with Image.open(runs / "one.png") as picture:
        assert picture.width == 1020, "3.4 inches of 300 dots"
    assert run("plot", "beta", "-o", "one.pdf", "--against", "updates", "--measure", "return").code == 0
    assert (runs / "one.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_as_data(run: Run, runs: Path) -> None:
    data = run("plot", "alpha", "beta", "--env", "ring/3", "--json").json
    assert [(line["spec"], line["env"], line["runs"]) for line in data["lines"]] == [("alpha", "ring/3", 4),
                                                                                   ("beta", "ring/3", 4)]
    assert all(low <= value <= high for line in data["lines"]
               for low, value, high in zip(line["low"], line["iqm"], line["high"], strict=True))
    assert not list(runs.glob("*.png"))


def test_few_runs_have_no_band_and_names_do_no_harm(run: Run, runs: Path) -> None:
    write_run(runs / "odd", "$x_{<b>}$", "line<b>&")
    ran = run("plot", "odd", "-o", "odd.svg")
    assert (ran.code, "a band needs three runs" in ran.out) == (0, True)
    assert "<b>" not in (runs / "odd.svg").read_text()
    ElementTree.parse(runs / "odd.svg")


def test_what_does_not_count_is_said(run: Run, runs: Path) -> None:
    write_run(runs / "beta" / "seed_009", "beta", seed=9, steps=(0, 1000, 2000))
    (write_run(runs / "beta" / "seed_010", "beta", seed=10) / "evals.jsonl").unlink()
    ran = run("plot", "beta")
    assert ran.code == 0
    assert "beta/seed_010: has not been evaluated yet" in ran.out
    assert "beta/seed_009: ends at 2,000 env steps, and with it the mean of 5 runs" in ran.out


@pytest.mark.parametrize(("arguments", "said"), [
    (("plot", "alfa"), "Did you mean 'alpha'?"),
    (("plot", "beta", "-o", "x.jpg"), "the name must end in .pdf or .svg or .png"),
    (("plot", "beta", "-o", "none/x.png"), "there is no folder none"),
    (("plot", "beta", "--measure", "solved"), "Did you mean 'success'?"),
    (("plot", "beta", "--env", "ring"), "Did you mean 'ring/3'?"),
    (("plot", "beta", "--against", "days"), "'days'"),
    (("plot", "beta", "--task", "mach"), "Did you mean 'match'?"),
    (("plot",), "Missing argument"),
    (("compare", "alpha", "gamma"), "there is no run gamma"),
    (("compare", "alpha", "."), "holds runs of 2 specs in ring/3"),
    (("compare", "beta", "beta/seed_001"), "is on both sides"),
    (("compare", "alpha/line", "beta"), "alpha has runs in line, beta in ring/3"),
    (("compare", "alpha", "beta", "--at", "1M"), "the furthest to which all have come is 5002"),
    (("compare", "alpha", "beta", "--at", "soon"), "is no count"),
    (("compare", "alpha", "bata", "--runs", "."), "Did you mean 'beta'?"),
    (("compare", "alpha", "alpha", "--runs", "."), "is on both sides"),
    (("compare", "alpha", "beta", "--same-within", "-1"), "must be above 0"),
    (("compare", "alpha", "beta", "--same-within", "nan"), "is no number"),
    (("compare", "alpha", "beta", "--measure", "killed"), "it has: success, return, length, tags"),
])
def test_mistakes_exit_with_2_and_write_nothing(run: Run, runs: Path, arguments: tuple[str, ...], said: str) -> None:
    before = set(runs.iterdir())
    ran = run(*arguments)
    assert (ran.code, "Traceback" in ran.err) == (2, False)
    assert said in " ".join(ran.err.split())
    assert set(runs.iterdir()) == before


def test_compare_says_who_is_better(run: Run, runs: Path) -> None:
    ran = run("compare", "alpha", "beta")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0] == "alpha and beta  success at 5,002 env steps, mean of 5 evaluations"
    assert "alpha is better: the interval of the difference, " in ran.out
    assert "line: only alpha has runs in it, so it counts for nobody" in ran.out
    assert "what differs between their specs: compose diff alpha/ring/seed_000 beta/seed_000" in ran.out
    data = run("compare", "beta", "alpha", "--at", "3000", "--window", "1", "--json").json
    assert (data["outcome"], data["verdict"], data["at"]) == ("contradicted", "alpha is better", 3000)
    assert data["b_iqm"]["value"] - data["a_iqm"]["value"] == pytest.approx(-data["difference"]["value"])
    assert data["improvement"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    same = run("compare", "alpha", "beta", "--same-within", "0.9")
    assert "they are the same up to 0.9" in same.out
    assert run("compare", "alpha", "beta", "--runs", ".").out == ran.out
    few = run("compare", "alpha/ring/seed_000", "beta")
    assert "neither is shown to be better: 1 and 4 runs in ring/3 are too few" in few.out


def test_returns_of_several_environments_are_normalised(run: Run, runs: Path) -> None:
    write_seeds(runs / "beta_line", 3, spec="beta", env="line")
    (runs / "beta").rename(runs / "seeds")
    (runs / "both").mkdir()
    (runs / "seeds").rename(runs / "both" / "seeds")
    (runs / "beta_line").rename(runs / "both" / "line")
    ran = run("compare", "alpha", "both", "--measure", "return")
    assert "return, normalised at 5,002 env steps" in ran.out
    assert "over line, ring/3" in ran.out
    assert run("compare", "alpha", "both", "--measure", "return", "--json").json["a_iqm"]["value"] < 1
