"""Counts are read as people write them, in files and on the command line, and torn numbers are explained."""

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from compose.cli.options import count, count_or_none
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from compose.language.numerals import number_hint, quantity
from compose.language.values import Period, Ratio

HEAD = "compose: 1\nname: counted\nsummary: Counts.\nextends: qmix_attention\n"


@pytest.mark.parametrize(("text", "value"), [
    ("50000", 50_000), ("50k", 50_000), ("50 K", 50_000), ("1M", 10**6), ("1.5M", 1_500_000), ("1e6", 10**6),
    ("2.5e3", 2500), ("1_000_000", 10**6), ("1,000", 1000), ("0.5k", 500), ("0", 0),
    ("1.5", None), ("0.0001k", None), ("k", None), ("", None), ("-5", None), ("1Mio", None), ("1__0", None),
    ("1e99", None),
    ("1 000", None), ("10,00", None), ("\N{ARABIC-INDIC DIGIT ONE}", None), ("nan", None),
])
def test_a_quantity_is_a_whole_number(text: str, value: int | None) -> None:
    assert quantity(text) == value


@given(st.integers(1, 10**15))
def test_numbers_are_themselves(number: int) -> None:
    assert quantity(str(number)) == quantity(f"{number:_}") == quantity(f"{number:,}") == number


def test_a_spec_reads_them_where_it_counts() -> None:
    spec = load_text(HEAD + "act: {epsilon: {over: 1M env_steps}}\n"
                     "learner: {environments: 8, updates: 2 per 1k episodes, replay: {episodes: 5k, batch: 1.0e+2}, "
                     "target: {every: 0.2k episodes}}\n").spec
    assert str(spec.act.epsilon.over) == "1000000 env_steps"  # type: ignore[union-attr]
    assert (str(spec.learner.updates), str(spec.learner.target.every)) == ("2 per 1000 episodes", "200 episodes")
    assert (spec.learner.replay.episodes, spec.learner.replay.batch) == (5000, 100)
    plain = load_text(HEAD + "act: {epsilon: {over: 1000000 env_steps}}\n"
                      "learner: {updates: 2 per 1000 episodes, replay: {batch: 100}}\n")
    assert spec.identity() == plain.spec.identity()


def test_text_of_digits_is_still_no_number() -> None:
    with pytest.raises(SpecError, match=r"expected a whole number, got '5000'"):
        load_text(HEAD + 'learner: {replay: {episodes: "5000"}}\n')


def test_phrases_say_what_they_read() -> None:
    assert Period.of("1M env_steps") == Period(10**6, "env_steps")
    assert Ratio.of("8 per 8 episodes") == Ratio(8, 8)


@pytest.mark.parametrize(("raw", "hint"), [
    ("0,3", "numbers have a decimal point: 0.3"), ([0, 3], "numbers have a decimal point: 0.3"),
    ("-1,5e-4", "numbers have a decimal point: -1.5e-4"), ("0.5", "write it without quotes: 0.5"), ("5%", "write 0.05"),
    ("10k", "write 10000"), ("1/3", "a number is written out; expressions stand where it is used"), ("many", ""),
    ([1, 2, 3], ""), (None, ""),
])
def test_what_a_torn_number_means(raw: object, hint: str) -> None:
    assert number_hint(raw) == hint


def test_the_command_line_reads_them() -> None:
    assert (count("1M"), count(5), count_or_none("0")) == (10**6, 5, 0)
    for text in ("0", "1Mio", "-3", "1.5"):
        with pytest.raises(typer.BadParameter):
            count(text)
