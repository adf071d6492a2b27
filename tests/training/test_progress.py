"""The bar: as many words as fit, nothing left behind by a terminal that changes its width."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from compose.training.bar import Bar
from compose.training.clocks import Clocks
from compose.training.evaluate import Score
from compose.training.interrupt import Interrupt
from compose.training.progress import Reporter


def on_terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width, _environ={"TERM": "xterm"})


def line(reporter: Reporter, width: int) -> str:
    assert reporter._bar is not None
    return reporter._bar.line(width)


@pytest.fixture
def reporter(monkeypatch: pytest.MonkeyPatch) -> Reporter:
    now = [100.0]
    monkeypatch.setattr("compose.training.progress.time.monotonic", lambda: now[0])
    reporter = Reporter(on_terminal(), "updates", 2000)
    reporter.moved(Clocks())
    now[0] = 110.0
    reporter.moved(Clocks(env_steps=4000, episodes=100, updates=500))
    reporter.evaluated(Clocks(), "solved 0.50, return -1.00, length 20.0")
    return reporter


@pytest.mark.parametrize("width", range(1, 200))
def test_it_fits(reporter: Reporter, width: int) -> None:
    assert cell_len(line(reporter, width)) <= width


def test_what_is_left_out_first(reporter: Reporter) -> None:
    said = [re.sub("[█░]+", "|", line(reporter, width)) for width in (150, 90, 70, 60, 45, 30, 20, 7)]
    assert said == [
        "|  500/2,000 updates  50.0 updates/s, 400 env steps/s  0:00:30 left  solved 0.50, return -1.00, length 20.0",
        "|  500/2,000 updates  50.0 updates/s  0:00:30 left  solved 0.50",
        "|  500/2,000 updates  50.0 updates/s  0:00:30 left  solved 0.50",
        "|  500/2,000 updates  0:00:30 left  solved 0.50",
        "|  500/2,000 updates  0:00:30 left",
        "|  500/2,000 updates",
        "500/2,000 updates",
        "500/2,0",
    ]
    assert line(reporter, 150).count("█") * 3 == line(reporter, 150).count("░")


def test_an_interrupt_is_answered_at_once(reporter: Reporter) -> None:
    reporter.interrupt = Interrupt()
    assert "saving" not in line(reporter, 80)
    reporter.interrupt.asked = True
    assert line(reporter, 80) == "500/2,000 updates, saving and stopping (Ctrl-C once more: at once)"
    assert line(reporter, 10) == "stopping"


def test_a_narrower_terminal_keeps_no_broken_line() -> None:
    console = on_terminal(60)
    bar = Bar(console, lambda: ["x" * 50, "short"], lambda: 0.5)
    bar.start()
    console.width = 20
    file = console.file
    assert isinstance(file, io.StringIO)
    file.truncate(0)
    bar.stop()
    assert file.getvalue().count("\x1b[1A\x1b[2K") == 2  # 50 letters took three rows of 20, two of them above
    assert "short" in file.getvalue()


def test_programs_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now, told = [0.0], []
    monkeypatch.setattr("compose.training.progress.time.monotonic", lambda: now[0])
    reporter = Reporter(Console(file=io.StringIO()), "episodes", 10, [3, 4], told.append)
    for seconds in (0.0, 0.5, 2.0):
        now[0] = seconds
        reporter.moved(Clocks(env_steps=int(100 * seconds), episodes=1, updates=0))
    reporter.scored(4, Clocks(1, 2, 3), Score(5, 0.5, 1.0, 2.0))
    assert told == [
        {"event": "progress", "seeds": [3, 4], "clocks": {"env_steps": steps, "episodes": 1, "updates": 0},
         "clock": "episodes", "total": 10, "updates_per_second": 0.0, "env_steps_per_second": rate}
        for steps, rate in ((0, 0.0), (200, 100.0))
    ] + [{"event": "evaluation", "seed": 4, "clocks": {"env_steps": 1, "episodes": 2, "updates": 3},
          "score": {"episodes": 5, "success": 0.5, "returned": 1.0, "length": 2.0}}]  # fmt: skip
