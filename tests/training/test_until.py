"""``--until``: what counts as reached, where a training ends then, and that a resumption sees the same."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from compose.language.diagnostics import SpecError
from compose.training import run as running
from compose.training.curve import Point
from compose.training.evaluate import Score
from compose.training.folder import RunFolder
from compose.training.learner import Learner
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.summary import show
from compose.training.until import HELD, Until, recent
from tests.training.fakes import CountDown, build, spec
from tests.training.test_run import Killed, logs, same

ALWAYS = Until("length", 1)
"""Holds as soon as anything can."""


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_spec_text", lambda spec: "linear\n")


def go(folder: Any, until: Until | None = ALWAYS, **changes: Any) -> Any:
    given = {"updates": 40, "eval_every": 12, "eval_episodes": 5, "log_every": 20, "checkpoint_updates": 7}
    resume = changes.pop("resume", False)
    return train(spec(), CountDown(), run_dir=folder, settings=Settings(until=until, **given | changes), seed=3,
                 resume=resume, console=Console(file=io.StringIO()), build=build)  # type: ignore[arg-type]


def curve(*solved: float, untrained: int = 0) -> list[Point]:
    return [Point(10 * i, max(0, i - untrained + 1), Score(8, x, 10 * x, 3.0)) for i, x in enumerate(solved)]


@pytest.mark.parametrize(("text", "mark"), [
    ("solved=0.95", Until("solved", 0.95)), (" return = -3 ", Until("return", -3.0)),
    ("length=1e1", Until("length", 10.0)), ("solved=1", Until("solved", 1.0)),
])  # fmt: skip
def test_marks_are_read(text: str, mark: Until) -> None:
    assert Until.read(text) == mark
    assert Until.read(str(mark)) == mark


@pytest.mark.parametrize(("text", "said"), [
    ("sovled=0.9", "evaluations have no measure 'sovled'\n  Did you mean 'solved'?"),
    ("reward=1", "evaluations have no measure 'reward'\n  one of: solved, return, length"),
    ("solved", "'solved' is no mark\n  write MEASURE=VALUE, such as solved=0.95"),
    ("solved=most", "'most' is no number"), ("return=nan", "'nan' is no number"), ("return=1e999", "is no number"),
    ("solved=95", "solved is a share of episodes, above 0 and at most 1, not 95"), ("solved=0", "above 0"),
    ("solved>=0.9", "Did you mean 'solved'?"), ("", "'' is no mark"), ("=0.9", "no measure ''"),
])  # fmt: skip
def test_mistakes_in_marks(text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        Until.read(text)
    assert said in str(caught.value)
    assert "--until" in str(caught.value)


def test_a_mark_is_about_the_mean_of_the_last_evaluations() -> None:
    mark = Until("solved", 0.9)
    assert not mark.reached([])
    assert not mark.reached(curve(1, 1, 1, 1)), "fewer than it takes"
    assert not mark.reached(curve(1, 1, 1, 1, 1, untrained=1)), "the first says nothing of what was learned"
    assert mark.reached(curve(0, 0, 0.8, 1, 0.8, 1, 0.9))
    assert not mark.reached(curve(1, 1, 1, 1, 1, 0.4)), "one that is bad counts as much as the others"
    assert mark.reached(curve(0, 1, 1, 1, 1, 0.5))
    assert Until("return", 9).reached(curve(0, 1, 1, 1, 1, 0.5))
    assert Until("length", 3).reached(curve(0, 0, 0, 0, 0))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(0, 3))
def test_recent_is_between_the_evaluations_it_is_of(solved: list[float], untrained: int) -> None:
    points = curve(*solved, untrained=untrained)
    last = [p.score.success for p in points if p.updates][-HELD:] or solved[-1:]
    found = recent(points)
    assert min(last) - 1e-9 <= found.success <= max(last) + 1e-9
    assert found.episodes == 8 * len(last)
    assert Until("solved", 0.5).reached(points) == (
        len([p for p in points if p.updates]) >= HELD and found.success >= 0.5)


def test_a_training_ends_at_the_evaluation_with_which_a_mark_has_held(tmp_path: Any) -> None:
    whole, ended = go(tmp_path / "whole", None), go(tmp_path / "ended")
    assert (ended.early, whole.early) == ("length=1", "")
    assert ended.clocks["updates"] < whole.clocks["updates"] == 40
    one, two = logs(tmp_path / "whole")["evals"], logs(tmp_path / "ended")["evals"]
    assert two == one[: len(two)]
    trained = {row["updates"] for row in two if row["updates"]}
    assert len(trained) == HELD
    assert max(trained) == ended.clocks["updates"], "the last of them is at the end"
    about = RunFolder(tmp_path / "ended").json("run.json")
    assert about["settings"]["until"] == {"measure": "length", "value": 1}
    summary = json.loads((tmp_path / "ended" / "summary.json").read_text())
    assert (summary["early"], summary["recent"]["episodes"]) == ("length=1", 5 * HELD)
    text = io.StringIO()
    show(ended, Console(file=text, width=120))
    assert "ended early: length=1 has held over 5 evaluations" in text.getvalue()
    assert "mean of the last 5" in text.getvalue()


def test_what_ended_early_goes_on_as_if_it_had_not(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go(tmp_path / "whole", None)
    first = go(tmp_path / "ended")
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", lambda self: pytest.fail("it trained"))
        again = go(tmp_path / "ended", resume=True)
    assert (again.clocks, again.early, again.final) == (first.clocks, first.early, first.final)
    go(tmp_path / "ended", None, resume=True)
    same(tmp_path / "whole", tmp_path / "ended")
    assert logs(tmp_path / "whole") == logs(tmp_path / "ended")


@pytest.mark.parametrize("dies_at", [4, 12])
def test_a_killed_run_ends_where_it_would_have(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    wanted = go(tmp_path / "whole")
    assert dies_at < wanted.clocks["updates"]
    update = Learner.update

    def killed(self: Learner) -> None:
        if self.clocks.updates == dies_at:
            raise Killed
        update(self)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", killed)
        with pytest.raises(Killed):
            go(tmp_path / "killed")
    found = go(tmp_path / "killed", resume=True)
    assert (found.clocks, found.early) == (wanted.clocks, wanted.early)
    same(tmp_path / "whole", tmp_path / "killed")
    assert logs(tmp_path / "whole") == logs(tmp_path / "killed")


def test_a_mark_that_never_holds_changes_nothing(tmp_path: Any) -> None:
    whole, tried = go(tmp_path / "whole", None), go(tmp_path / "tried", Until("length", 100))
    assert (tried.clocks, tried.early) == (whole.clocks, "")
    same(tmp_path / "whole", tmp_path / "tried")
    assert logs(tmp_path / "whole") == logs(tmp_path / "tried")


def test_a_mark_met_at_the_very_end_is_no_early_end(tmp_path: Any) -> None:
    steps = go(tmp_path / "a").clocks["updates"]
    assert go(tmp_path / "b", updates=steps).early == ""
