"""Colour on a terminal, none where NO_COLOR is set, whatever is printed."""

from __future__ import annotations

import re

import pytest

from tests.cli.terminal import in_terminal

STYLE = re.compile(r"\x1b\[[\d;]*m")
COMPOSE = ("-m", "compose")
PROGRESS = """
from pathlib import Path
from compose.language.console import console
from compose.training.clocks import Clocks
from compose.training.evaluate import Score
from compose.training.progress import Reporter
from compose.training.say import say
from compose.training.summary import RunResult, show
out, clocks, score = console(stderr=True), Clocks(), Score(32, 0.5, 1.0, 20.0)
with Reporter(out, "updates", 10) as reporter:
    reporter.moved(clocks)
    reporter.evaluated(clocks, str(score))
    clocks.updates = 5
    reporter.moved(clocks)
    say(out, "said [red]meanwhile[/]")
show(RunResult(Path("runs/x"), {"updates": 5, "env_steps": 9}, score, score, score, {"random": score}, 1.0,
               curve=((0, 0.5),), returns=((0, 1.0),)), console())
"""


@pytest.mark.parametrize(("arguments", "exit_code"), [
    ((*COMPOSE, "check", "vdn_attention"), 0), ((*COMPOSE, "check", "refill"), 2), ((*COMPOSE, "--help"), 0),
    ((*COMPOSE, "chekc"), 2), pytest.param(("-c", PROGRESS), 0, marks=pytest.mark.more),
], ids=["a table", "a mistake", "help", "a mistake in the command", "progress"])  # fmt: skip
def test_no_color_is_honoured(arguments: tuple[str, ...], exit_code: int) -> None:
    code, text = in_terminal(*arguments, env={"NO_COLOR": "1"})
    assert (code, STYLE.findall(text)) == (exit_code, [])
    assert len(text.splitlines()) > 1


@pytest.mark.more
@pytest.mark.parametrize("arguments", [(*COMPOSE, "check", "vdn_attention"), (*COMPOSE, "check", "refill"),
                                       ("-c", PROGRESS)])
def test_there_is_colour_on_a_terminal(arguments: tuple[str, ...]) -> None:
    assert STYLE.search(in_terminal(*arguments)[1])


def test_a_dumb_terminal_gets_lines() -> None:
    text = in_terminal("-c", PROGRESS, env={"TERM": "dumb"})[1]
    assert "\x1b" not in text
    assert "0/10 updates, 0.0 updates/s, 0 env steps/s; solved 0.50" in text
