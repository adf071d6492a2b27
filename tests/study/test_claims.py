"""What a claim may say, how its mistakes are told, and what becomes of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from compose.language.diagnostics import Span
from compose.study.claims import Claim, ClaimError
from compose.study.verdicts import decide, judged
from compose.study.versus import versus


@pytest.mark.parametrize(("text", "expected", "canonical"), [
    ("refil > qmix", Claim("refil", "qmix", "better"), "refil > qmix"),
    ("refil>qmix at 1M", Claim("refil", "qmix", "better", at=10**6), "refil > qmix at 1M"),
    ("refil < qmix at 250k in group_matching", Claim("qmix", "refil", "better", at=250_000, env="group_matching"),
     "qmix > refil at 250k in group_matching"),
    ("a ~ b within 0.05", Claim("a", "b", "same", 0.05), "a ~ b within 0.05"),
    ("  a  ~ b in skirmish/3m:like=5m_vs_6m within 5e-2 at 1.5M ",
     Claim("a", "b", "same", 0.05, 1_500_000, "skirmish/3m:like=5m_vs_6m"),
     "a ~ b within 0.05 at 1.5M in skirmish/3m:like=5m_vs_6m"),
    ("qmix[params.lambda=0.5] > qmix[params.lambda=1] at 12345",
     Claim("qmix[params.lambda=0.5]", "qmix[params.lambda=1]", "better", at=12345),
     "qmix[params.lambda=0.5] > qmix[params.lambda=1] at 12345"),
    ("at > in at 5", Claim("at", "in", "better", at=5), '"at" > "in" at 5'),
    ("'my method' > \"it's [a={b: 1}]\" at 5", Claim("my method", "it's [a={b: 1}]", "better", at=5),
     '"my method" > "it\'s [a={b: 1}]" at 5'),
    ('"a > b" ~ ">" within 1 in "my envs/x.yaml"', Claim("a > b", ">", "same", 1.0, env="my envs/x.yaml"),
     '"a > b" ~ ">" within 1 in "my envs/x.yaml"'),
    ('"say ""so"""<\'plain\'', Claim("plain", 'say "so"', "better"), 'plain > "say ""so"""'),
    ('"at" > b', Claim("at", "b", "better"), '"at" > b'),
])
def test_claims_are_read(text: str, expected: Claim, canonical: str) -> None:
    found = Claim.read(text)
    assert found == Claim(**{**vars(expected), "source": text})
    assert str(found) == canonical
    assert str(Claim.read(canonical)) == canonical


@pytest.mark.parametrize(("text", "code", "marked", "said"), [
    ("", "claim.form", "", "there is no claim"),
    ("refil", "claim.form", "", "expected '>', '<' or '~' here"),
    ("refil beats qmix", "claim.form", "beats", "write '>'"),
    ("refil >= qmix", "claim.form", ">=", "write '>'"),
    ("refil == qmix", "claim.form", "==", "write '~'"),
    ("refil ≈ qmix", "claim.form", "≈", "write '~'"),
    ("refil >", "claim.form", "", "the name of a method is missing"),
    ("> qmix", "claim.form", "qmix", "expected '>', '<' or '~' here, got 'qmix'"),
    ("a > b > c", "claim.form", ">", "expected 'at', 'in' or 'within', got '>'"),
    ("a > b att 1M", "claim.form", "att", "Did you mean 'at'?"),
    ("a > b at 1M steps", "claim.form", "steps", "'at 1M' means environment steps"),
    ("a > b at", "claim.at", "", "'at' needs a number of environment steps"),
    ("a > b at in x", "claim.at", "in", "'at' needs"),
    ("a > b at soon", "claim.at", "soon", "'soon' is no number of environment steps"),
    ("a > b at 0", "claim.at", "0", "no number of environment steps"),
    ("a > b at 1.5", "claim.at", "1.5", "no number"),
    ("a > b in x in y", "claim.twice", "in", "said twice"),
    ("a > b within 0.1", "claim.within", "0.1", "'within' goes with '~'"),
    ("a ~ b", "claim.within", "~", "add 'within 0.05'"),
    ("a ~ b within 5%", "claim.within", "5%", "write 0.05"),
    ("a ~ b within -1", "claim.within", "-1", "no difference above 0"),
    ("a ~ b within nan", "claim.within", "nan", "no difference above 0"),
    ("a ~ b within inf", "claim.within", "inf", "no difference above 0"),
    ("a > a", "claim.itself", "a", "a is compared with itself"),
    ("a > b\nat 5 \N{ZERO WIDTH SPACE}x 3", "claim.form", "\N{ZERO WIDTH SPACE}x", "expected 'at'"),
    ("a{} > b", "claim.form", "a{}", "the name of a method"),
    ("a{} > b", "claim.form", "a{}", 'stands in quotes: "a{}"'),
    ("my method > b", "claim.form", "method", "a name with blanks stands in quotes"),
    ("a > 'my method", "claim.form", "'my", "this quote does not end"),
    ("a > '' at 5", "claim.form", "''", "the name of a method is missing"),
    ("a > ' ' at 5", "claim.form", "' '", "the name of a method is missing"),
    ("a '>' b", "claim.form", "'>'", "expected '>', '<' or '~' here, got '>'"),
    ("a > b 'at' 5", "claim.form", "'at'", "expected 'at', 'in' or 'within'"),
    ("'a b' > \"a b\"", "claim.itself", '"a b"', "a b is compared with itself"),
])
def test_mistakes_say_where(text: str, code: str, marked: str, said: str) -> None:
    with pytest.raises(ClaimError) as caught:
        Claim.read(text)
    wrong = caught.value.wrong
    assert wrong.code == code
    assert text[wrong.offset : wrong.offset + wrong.length] == marked or (marked == "" and wrong.offset == len(text))
    assert said in f"{wrong.message} {wrong.hint}"
    assert said.split("'")[0] in wrong.diagnostic(text).render()


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_any_text_is_a_claim_or_a_mistake_within_it(text: str) -> None:
    try:
        claim = Claim.read(text)
    except ClaimError as error:
        assert 0 <= error.wrong.offset <= len(text)
        assert error.wrong.diagnostic(text).render()
    else:
        assert str(Claim.read(str(claim))) == str(claim)


WORDS = st.sampled_from(["a", "b", ">", "~", "<", "at", "in", "within", "1M", "0.05", "x=[1]", "\t",
                         "\"", "'", "'a b'", "\"at\""])


@given(st.lists(WORDS, max_size=9))
def test_any_words_are_a_claim_or_a_mistake(words: list[str]) -> None:
    test_any_text_is_a_claim_or_a_mistake_within_it.hypothesis.inner_test(" ".join(words))  # type: ignore[attr-defined]


def test_a_mistake_points_into_a_file() -> None:
    text = "refil > qmix at soon"
    with pytest.raises(ClaimError) as caught:
        Claim.read(text)
    line = f"  - {text}"
    found = caught.value.wrong.diagnostic(text, Span("study.yaml", 7, 5, 5 + len(text), line), "claims[0]").render()
    assert found.splitlines()[0].startswith("study.yaml:7:21  error[claim.at]  claims[0]: 'soon' is no number")
    assert found.splitlines()[2].index("^") - found.splitlines()[1].index("refil") == text.index("soon")


def test_names_that_are_not_there() -> None:
    claim = Claim.read("refill > qmix in groop_matching")
    wrong = claim.unknown(["refil", "qmix"], ["group_matching", "ring/3"])
    assert [(one.code, one.offset, one.length, one.hint) for one in wrong] == [
        ("claim.method", 0, 6, "Did you mean 'refil'?"), ("claim.env", 17, 14, "Did you mean 'group_matching'?")]
    assert claim.unknown(["refill", "qmix"]) == []
    assert Claim.read("a < zzz").unknown(["a", "b"])[0].hint == "one of: a, b"


def test_a_claim_is_a_field() -> None:
    class Study(BaseModel):
        claims: list[Claim]

    assert Study(claims=["a > b"]).claims[0].left == "a"  # type: ignore[list-item]
    with pytest.raises(ValidationError) as caught:
        Study(claims=["a > b at x", 3])  # type: ignore[list-item]
    first, second = caught.value.errors()
    assert (first["type"], first["ctx"]["offset"], first["ctx"]["length"]) == ("claim.at", 9, 1)
    assert second["type"] == "claim.form"
    assert Study.model_json_schema()["properties"]["claims"]["items"]["type"] == "string"


BETTER, SAME = Claim.read("a > b"), Claim.read("a ~ b within 0.1")


@pytest.mark.parametrize(("low", "high", "of_better", "of_same"), [
    (0.01, 0.05, "held", "held"), (-0.05, -0.01, "contradicted", "held"), (-0.05, 0.05, "not shown", "held"),
    (0.0, 0.05, "not shown", "held"), (0.11, 0.3, "held", "contradicted"),
    (-0.3, -0.11, "contradicted", "contradicted"),
    (0.05, 0.3, "held", "not shown"), (-0.3, 0.3, "not shown", "not shown"), (0.0, 0.0, "not shown", "held"),
    (-0.1, 0.1, "not shown", "held"), (-0.3, -0.1, "contradicted", "not shown"),
])
def test_the_interval_decides(low: float, high: float, of_better: str, of_same: str) -> None:
    assert (judged(BETTER, low, high)[0], judged(SAME, low, high)[0]) == (of_better, of_same)


def test_verdicts() -> None:
    good, bad = {"x": [0.9, 0.8, 0.85, 0.9], "y": [0.7, 0.75, 0.7]}, {"x": [0.2, 0.3, 0.25], "y": [0.1, 0.2, 0.15]}
    held = decide(BETTER, good, bad)
    assert (held.outcome, decide(BETTER, bad, good).outcome) == ("held", "contradicted")
    assert held.found is not None
    assert float(held.found.improvement.value) == 1
    assert held.found.runs == {"x": (4, 3), "y": (3, 3)}
    assert "wholly above 0" in held.why
    assert decide(SAME, good, good).outcome == "held"
    assert decide(SAME, good, bad).outcome == "contradicted"


def test_too_few_runs_show_nothing() -> None:
    few = decide(BETTER, {"x": [0.9, 0.8, None], "y": [0.9] * 5}, {"x": [0.1, 0.2, 0.1], "y": [0.1] * 5})
    assert (few.outcome, few.why) == ("not shown", "2 and 3 runs in x are too few: 3 on each side are the least that "
                                                   "can show anything")
    assert few.found is not None
    assert str(few.found.left_out[0]) == "a, x: 1 of 3 runs has no score"
    none = decide(BETTER, {"x": [None]}, {"x": [0.1, 0.2, 0.1]})
    assert (none.outcome, none.found) == ("not shown", None)


def test_swapping_sides_swaps_the_difference() -> None:
    rng = np.random.default_rng(0)
    x, y = {"t": rng.normal(size=5).tolist()}, {"t": rng.normal(0.5, size=5).tolist()}
    one, other = versus(x, y), versus(y, x, ("same", "same"))
    assert float(one.difference.value) == pytest.approx(-float(other.difference.value))
    assert float(one.difference.low) == pytest.approx(-float(other.difference.high), abs=0.05)
