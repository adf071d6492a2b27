"""Attacks find counter-examples where a check is false, and none where it is proved."""

from __future__ import annotations

import pytest

from compose.compiler.numeric import attack, smaller
from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.graph.proofs import Proof, prove
from compose.language.diagnostics import SpecError
from compose.language.load import load, load_text
from tests.graph.test_proofs import HEAD, LEAKS, NOT_MONOTONE, ORDERED, PADDED

SMALL = ["params.embed=8", "params.hyper=8", "params.mixing=4", "params.hidden=4"]
RARE = ("allowed by the others", "the rest of the episode", "the next step", "the other episodes",
        "the action that is being chosen")
"""Mistakes that need luck to show in numbers, or that the attack, which changes what is unseen now, does not try."""


def attacked(text: str, check: str) -> Proof:
    parent, text = "qmix_attention", text.strip()
    if text.startswith("extends:"):
        first, _, text = text.partition("\n")
        parent = first.split(":")[1].strip()
    head = HEAD.format(parent=parent) + "params: {embed: 8, hyper: 8, mixing: 4, hidden: 4}\n"
    graph = build_graph(load_text(head + text, name="mutated.yaml"), catalogue.schema("smac/small_mt"))
    wanted = [p for p in prove(graph) if p.name == check]
    return attack(graph, wanted)[0]


@pytest.mark.parametrize("name", [n for n in LEAKS if n not in RARE])
def test_leaks_are_refuted(name: str) -> None:
    try:
        proof = attacked(LEAKS[name], "decentralised")
    except SpecError as error:  # nobody who acts has it
        assert [d.code for d in error.diagnostics] == ["act.later"]
        return
    assert proof.outcome == "refuted"
    assert "when only rows it cannot see change" in proof.how


@pytest.mark.parametrize("name", ["negative factors", "squares", "the other way round", "absolute values",
                                  "another application of the network",
                                  "a bonus for the actions", "shifted differently for every action",
                                  "negative before the start"])
def test_joint_values_that_fall_are_refuted(name: str) -> None:
    proof = attacked(NOT_MONOTONE[name], "igm")
    assert proof.outcome == "refuted"


def test_an_attack_on_what_no_utility_reaches_finds_nothing() -> None:
    assert attacked(NOT_MONOTONE["taken where it is best"], "igm").outcome == "not proved"


@pytest.mark.parametrize("name", ["the number of slots", "the number of slots in arithmetic", "once for every slot",
                                  "a mean over flattened slots"])
def test_dependence_on_padding_is_refuted(name: str) -> None:
    assert attacked(PADDED[name], "padding").outcome == "refuted"


@pytest.mark.parametrize("name", ORDERED)
def test_dependence_on_order_is_refuted(name: str) -> None:
    assert attacked(ORDERED[name], "permutation").outcome == "refuted"


@pytest.mark.parametrize(("spec", "env"), [("refil", "smac/small_mt"), ("qmix_mean_pooling", "smac/3-8sz"),
                                           ("refil_group_matching", "group_matching/small")])
def test_what_is_proved_withstands(spec: str, env: str) -> None:
    gone = {"qmix_mean_pooling": [], "refil": [], "refil_group_matching": ["params.hidden=4"]}
    graph = build_graph(load(spec, [s for s in SMALL if s not in gone[spec]]), catalogue.schema(env))
    proofs = attack(graph, prove(graph))
    assert {p.outcome for p in proofs} == {"proved"}
    assert all("no counter-example" in p.how for p in proofs[1:5])


def test_released_means_are_refuted_by_empty_slots() -> None:
    graph = build_graph(load("refil_official", SMALL), catalogue.schema("smac/small_mt"))
    proofs = {p.name: p for p in attack(graph, prove(graph))}
    assert proofs["padding"].outcome == "refuted"
    assert "more empty slots" in proofs["padding"].how


def test_large_environments_are_attacked_with_fewer_slots() -> None:
    spec = load("vdn_attention", SMALL[:1])
    large = build_graph(spec, catalogue.schema("gaussian_squeeze"))
    less = smaller(large).schema
    assert less is not None
    assert (less.agents, less.entities, less.present_range("agent")) == (16, 16, (16, 16))
    small = build_graph(spec, catalogue.schema("group_matching"))
    assert smaller(small) is small
