"""Every kind of acting, learner, target and schedule has the fields that it reads, and no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from compose.language.acting import Acting
from compose.language.annotations import Kinds, kinds, spellings
from compose.language.diagnostics import SpecError
from compose.language.learning import Learning, Optimizer, Target
from compose.language.load import Loaded, load, load_text
from compose.language.models import Spec
from compose.language.moving import Schedule

WHOLE = """
compose: 1
name: whole
summary: All of it.
params: {p: PARAM}
graph: {}
act: ACT
losses: {}
learner: LEARNER
"""
OPTIMIZERS = "optimizers: {main: {kind: adam}}"
REPLAY = f"{{kind: replay, {OPTIMIZERS}}}"
ON_POLICY = f"{{kind: on_policy, {OPTIMIZERS}}}"
VALUES: dict[str, str] = {
    "values": "q", "logits": "q", "where": "env.available", "epsilon": "0.1", "evaluate": "sample",
    "mean": "q", "variance": "1",
    "every": "5 updates", "tau": "0.5", "replay": "{batch: 4}", "from": "1", "to": "0.5", "over": "9 updates",
    "at": "[[0.5, 1]]", "lr": "0.1", "alpha": "0.9", "betas": "[0.9, 0.9]", "eps": "0.1", "clip": "1",
    "clip_value": "1", "weight_decay": "0.1", "momentum": "0.9",
    "after": "main", "environments": "2", "updates": "1 per episode", "minibatches": "1", "target": "{kind: copy}",
    "horizon": "8", "optimizers": "{main: {kind: adam}}", "steps": "2", "each": "agent", "order": "given",
}
WITH = {"horizon": {"updates": "1 per horizon"}, "order": {"each": "agent"}}
"""What a field needs beside it."""
BEGINNING = ("piecewise", "exponential")
"""Kinds of schedule for which 0 is no beginning."""
FAMILIES = {"act": Acting, "learner": Learning, "learner.target": Target, "learner.optimizers.main": Optimizer,
            "params.p": Schedule, "act.epsilon": Schedule,
            "learner.optimizers.main.lr": Schedule}


def whole(place: str, text: str) -> Loaded:
    """A spec that has ``text`` at a place."""
    inner = {"learner.target": f"{{kind: replay, target: {text}, {OPTIMIZERS}}}",
             "learner.optimizers.main": f"{{kind: replay, optimizers: {{main: {text}}}}}",
             "learner.optimizers.main.lr": f"{{kind: replay, optimizers: {{main: {{kind: sgd, lr: {text}}}}}}}"}
    learner = inner.get(place, text if place == "learner" else REPLAY)
    act = f"{{choose: epsilon_greedy, values: q, epsilon: {text}}}" if place == "act.epsilon" else text
    found = WHOLE.replace("PARAM", text if place == "params.p" else "1").replace("LEARNER", learner)
    return load_text(found.replace("ACT", act if place.startswith("act") else "{choose: greedy, values: q}"))


def members(known: Kinds, tag: str) -> dict[str, str]:
    """A mapping of a kind with everything that it must have."""
    needed = [info.alias or name for name, info in known.tags[tag].model_fields.items() if info.is_required()]
    given = {name: VALUES[name] for name in needed if name != known.key}
    return {known.key: tag, **given, **({"from": "1"} if tag in BEGINNING else {})}


def flow(given: dict[str, str]) -> str:
    return "{" + ", ".join(f"{name}: {text}" for name, text in given.items()) + "}"


def every() -> Iterator[tuple[str, str, str]]:
    """Place, tag and every field that some kind at the place has."""
    for place, family in FAMILIES.items():
        known = kinds(family)
        assert known is not None
        fields = dict.fromkeys(field for model in known.tags.values() for field in spellings(model))
        yield from ((place, tag, field) for tag in known.tags for field in fields if field != known.key)


@pytest.mark.parametrize(("place", "tag", "field"), list(every()), ids=str)
def test_a_field_is_read_or_refused(place: str, tag: str, field: str) -> None:
    known = kinds(FAMILIES[place])
    assert known is not None
    given = members(known, tag) | {field: VALUES[field]} | WITH.get(field, {})
    if tag in known.having(field):
        whole(place, flow(given))
        return
    with pytest.raises(SpecError) as caught:
        whole(place, flow(given))
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.where) == ("spec.unknown", f"{place}.{field}")
    assert problem.message.startswith(f"only {known.key}: ")
    assert f"has '{field}'" in problem.message
    assert problem.message.endswith(f"is {known.key}: {tag}")


@pytest.mark.parametrize(("place", "family"), FAMILIES.items(), ids=FAMILIES)
def test_what_a_kind_needs_is_asked_for(place: str, family: Any) -> None:
    known = kinds(family)
    assert known is not None
    for tag in known.tags:
        given = members(known, tag)
        for name in given:
            if name == known.key or (tag in BEGINNING and name == "from"):
                continue
            with pytest.raises(SpecError, match=f"needs '{name}'"):
                whole(place, flow({field: text for field, text in given.items() if field != name}))
    with pytest.raises(SpecError, match=f"'{known.key}' is missing|needs {known.key}:"):
        whole(place, "{}")


def test_a_target_that_becomes_another_kind_keeps_nothing_of_the_old_one() -> None:
    found = load("qmix_attention", ["learner.target={kind: polyak, tau: 0.005}"]).spec.learner.target
    assert (found.kind, str(found.every)) == ("polyak", "1 updates")
    back = load("qmix_attention", ["learner.target={kind: polyak, tau: 0.005, every: 3 updates}",
                                   "learner.target={kind: copy}"]).spec.learner.target
    assert (back.kind, str(back.every)) == ("copy", "200 episodes")
    stays = load("qmix_attention", ["learner.target={kind: copy}", "learner.target.every=7 updates"]).spec.learner
    assert str(stays.target.every) == "7 updates"


@pytest.mark.parametrize(("replay", "start"), [
    ("{}", 32), ("{batch: 8}", 32), ("{batch: 128}", 128), ("{batch: 8, start: 8}", 8), ("{start: 100}", 100),
    ("{batch: 64, episodes: 64}", 64)])
def test_learning_starts_with_a_batch(replay: str, start: int) -> None:
    assert whole("learner", f"{{kind: replay, replay: {replay}, {OPTIMIZERS}}}").spec.learner.replay.start == start


@pytest.mark.parametrize("replay", ["{start: 31}", "{batch: 64, start: 63}", "{episodes: 31}",
                                    "{episodes: 40, start: 41}"])  # fmt: skip
def test_a_replay_that_cannot_give_a_batch_is_refused(replay: str) -> None:
    with pytest.raises(SpecError, match=r"is less than batch|are fewer than batch"):
        whole("learner", f"{{kind: replay, replay: {replay}, {OPTIMIZERS}}}")


def data(spec: Spec) -> Any:
    return json.loads(spec.canonical_json())


def test_the_hash_of_a_spec_does_not_depend_on_which_kinds_have_fields_of_their_own() -> None:
    replay = data(whole("act.epsilon", "{kind: linear, to: 1, over: 9 updates}").spec)
    assert replay["act"] == {"choose": "epsilon_greedy", "values": "q", "evaluate": "greedy", "epsilon": {
        "kind": "linear", "from": 0, "to": 1, "over": "9 updates", "at": []}}
    assert replay["learner"]["replay"] == {"episodes": 5000, "batch": 32, "start": 32}
    assert replay["learner"]["target"] == {"kind": "copy", "every": "200 episodes", "tau": 1}
    policy = data(whole("learner", ON_POLICY).spec)
    assert policy["learner"]["replay"] == replay["learner"]["replay"]
    assert policy["act"] == {"choose": "greedy", "values": "q", "evaluate": "greedy", "epsilon": 0}
    lines = data(whole("params.p", "{kind: piecewise, over: 9 updates, at: [[0, 1]]}").spec)
    assert lines["params"]["p"] == {"kind": "piecewise", "from": 0, "over": "9 updates", "at": [[0, 1]]}
