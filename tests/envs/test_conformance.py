"""The conformance kit: the honest pass, and every liar is caught by the name of its lie."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from compose.envs import conformance, guard
from compose.envs.conformance import assert_conforms, check
from tests.envs.lying import LIARS, Honest
from tests.marked import first

RUN = ("group_matching", "group_matching/small", "group_matching/tasks", "group_matching:groups=3,limit=9",
       "group_matching:fixed=true,limit=7", "gaussian_squeeze/8", "gaussian_squeeze/8:mu=16,sigma=8",
       "prey/various_num", "prey/various_cap:split=test", "prey/various_all:split=test,flat=true,limit=9",
       "prey/various_num:size=6,sight=3,limit=20", "battle/20:limit=40",
       "battle:layout=.A..O.+A....O+.A..O.+......,official=true", "battle/5:opponents=3,limit=20", "warehouse/4",
       "warehouse/8:official=true,limit=20", "warehouse/16:limit=10", "spread/3",
       "spread/1:limit=5", "spread/5:speed=1")
FIRST = ("group_matching/small", "group_matching/tasks", "gaussian_squeeze/8", "battle/5:opponents=3,limit=20",
         "prey/various_all:split=test,flat=true,limit=9", "warehouse/4", "spread/3")
"""One of each kind."""
BATTLES = ("skirmish/3m:limit=20", "skirmish/small_mt:limit=20")


def test_the_honest_pass_every_property() -> None:
    report = check(Honest)
    assert not report.findings, report.codes
    assert [(r.property.name, r.reason) for r in report.results if r.outcome != "holds"] == []
    assert report.episodes == 64


@pytest.mark.parametrize("name", first(FIRST, RUN))
def test_environments_of_the_package_conform(name: str) -> None:
    assert_conforms(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", first(BATTLES[:1], BATTLES))
def test_battles_conform(name: str) -> None:
    assert_conforms(name, episodes=8)


@pytest.mark.parametrize("liar", LIARS, ids=lambda liar: liar.__name__)
def test_a_liar_is_caught_by_name(liar: type[Honest]) -> None:
    report = check(liar)
    assert liar.code in report.codes
    assert {*report.codes} <= {liar.code, *liar.companions}
    for finding in report.findings:
        text = finding.diagnostic().render()
        assert text.startswith(f"error[{finding.code}]")
        assert finding.expected in text
        assert finding.found
        assert json.loads(json.dumps(finding.as_json()))["code"] == finding.code


def test_all_codes_have_a_liar() -> None:
    files = [file for package in (conformance, guard) for file in Path(package.__path__[0]).glob("*.py")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    codes = {code for text in texts for code in re.findall(r'"(env\.\w+)"', text)}
    assert codes | {"env.one_hot", "env.bits"} == {liar.code for liar in LIARS}


def test_the_documentation_explains_every_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "environments.md").read_text(encoding="utf-8")
    assert {*re.findall(r"`(env\.[a-z_]+)`", page)} == {liar.code for liar in LIARS}


def test_what_is_no_environment() -> None:
    report = check(dict)  # type: ignore[arg-type]
    assert [r.outcome for r in report.results[:2]] == ["violated", "not checked"]
    assert report.codes == ("env.interface",)


def test_an_assertion_tells_every_finding() -> None:
    liar = next(liar for liar in LIARS if liar.__name__ == "TwoEnds")
    with pytest.raises(AssertionError, match=r"(?s)TwoEnds.*error\[env.both_ends\].*error\[env.truncation\]"):
        assert_conforms(liar)


@pytest.mark.parametrize("given", [{"episodes": 1}, {"seeds": (4,)}, {"seeds": (4, 4)}, {"episodes": [3]}])
def test_one_of_a_kind_shows_nothing(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="two episodes and two seeds"):
        check(Honest, **given)


def test_episodes_may_have_any_numbers() -> None:
    assert not check(Honest, episodes=[2**40, 3, 3, 2**40 - 1, 17, 0], seeds=(2**60, 5)).findings
