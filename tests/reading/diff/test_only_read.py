"""What nothing reads is no difference; what is read always is."""

from __future__ import annotations

from typing import Any

import pytest

from compose.language.diagnostics import SpecError
from compose.reading.diff.brief import brief
from tests.reading.diff.sides import between, changed


@pytest.mark.parametrize(("spec", "sections"), [
    ("local_ac", {"act": {"epsilon": 0.5}}), ("local_ac", {"act": {"values": "env.actions"}}),
    ("refil", {"act": {"evaluate": "sample"}}), ("refil", {"act": {"logits": "q"}}),
    ("local_ac", {"learner": {"replay": {"episodes": 7000}}}),
    ("local_ac", {"learner": {"target": {"every": "7 updates"}}}),
    ("refil", {"learner": {"target": {"tau": 0.005}}}), ("refil", {"params": {"nobody": 3}}),
    ("refil", {"axes": {"nobody": "2 * agent"}}), ("refil", {"log": {"joint": "q_tot"}}),
    ("refil", {"claims": {"igm": {"joint": "q_tot", "utilities": "q", "status": "proved"}}}),
    ("refil", {"graph": {"imagined": {"target": True}}}),
], ids=str)
def test_unread_settings_are_not_told(spec: str, sections: dict[str, Any]) -> None:
    try:
        other = changed(spec, **sections)
    except SpecError:
        return  # the language itself refuses it
    for found in (between(spec, other), between(other, spec)):
        assert found.equal
        assert found.consequences.choice_same


@pytest.mark.parametrize(("spec", "sections", "text"), [
    ("local_ac", {"act": {"evaluate": "greedy"}}, "evaluate sample -> greedy"),
    ("refil", {"act": {"epsilon": 0.5}}, "epsilon 1 to 0.05 over 500,000 env_steps (linear) -> 0.5"),
    ("refil", {"learner": {"replay": {"episodes": 7000}}}, "replay.episodes 5,000 -> 7,000"),
    ("refil", {"learner": {"target": {"kind": "polyak", "tau": 0.005, "every": "1 updates"}}},
     "target.kind copy -> polyak; target.every 200 episodes -> 1 updates; target.tau none -> 0.005"),
])
def test_read_settings_are(spec: str, sections: dict[str, Any], text: str) -> None:
    found = between(spec, changed(spec, **sections))
    assert [line.text for line in found.settings] == [text]


def test_what_acting_records_is_told_by_what_it_is_made_of() -> None:
    names = {"record": {"log_mu": None, "old": "log_pi"}, "graph": {"ratio": "exp(log_pi - played.old)"}}
    assert between("mappo", changed("mappo", **names)).equal
    other = between("mappo", changed("mappo", record={"value": "0.5 * value"}))
    assert not other.equal
    assert any("recorded(0.5 * value)" in line.text for place in other.wiring for line in place.lines)
    assert {loss.measures for loss in other.consequences.losses} != {"the same"}


def test_minibatches_are_told() -> None:
    found = between("mappo", changed("mappo", learner={"updates": "30 per 64 episodes", "minibatches": 2}))
    assert [line.text for line in found.settings] == [
        "updates 15 per 64 episodes -> 30 per 64 episodes; minibatches 1 -> 2"]


def test_the_utilities_of_a_claim_are_told() -> None:
    claim = {"igm": {"joint": "q_tot", "utilities": "q_in", "status": "proved"}}
    assert not between("refil", changed("refil", claims=claim)).equal


@pytest.mark.parametrize("name", ["greedy", "present", "copy", "relu", "linear"])
def test_words_of_the_language_are_no_names(name: str) -> None:
    """A param may be called as a word is; renaming it changes nothing that the word says."""
    one, other = (changed("refil", params={n: 0.5}, losses={"aux": {"weight": n}}) for n in (name, "another"))
    found = between(one, other)
    assert found.equal
    assert [(a.name, b.name) for a, b in found.renames] == [(name, "another")]
    assert {loss.measures for loss in found.consequences.losses} == {"the same"}
    assert found.consequences.values_same


def test_frozen_weights_are_told() -> None:
    one = {"td": {"optimizer": "main"}, "policy": {"optimizer": "main"}}
    learner = {"optimizers": {"critic": None, "policy": None, "main": {"kind": "adam"}}}
    open_ = {"worth": {"frozen": False}, "q_anew": {"frozen": False}}
    free = changed("facmac", losses=one, learner=learner, graph=open_)
    frozen = changed("facmac", losses=one, learner=learner)
    assert any("frozen: false -> true" in line for line in brief(between(free, frozen)))
    assert any("frozen: true -> false" in line for line in brief(between(frozen, free)))
