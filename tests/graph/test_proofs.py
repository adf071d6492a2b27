"""Specs that leak unseen entities into acting, or whose joint value is not monotone, are caught; sound ones pass."""

from __future__ import annotations

import pytest

from compose.graph.build import build_graph
from compose.graph.proofs import Proof, prove
from compose.language.diagnostics import SpecError
from compose.language.load import load, load_text

HEAD = "compose: 1\nname: mutated\nsummary: A deliberate mistake.\nextends: {parent}\n"

LEAKS = {
    "sees everything": "graph: {q: {visible: true}}",
    "sees its group, visible or not": "extends: refil\ngraph: {q: {visible: groups.within}}",
    "or instead of and": "extends: refil\ngraph: {q: {visible: env.visible | groups.within}}",
    "sees what is hidden": "graph: {q: {visible: ~env.visible}}",
    "reads the whole team": """
networks:
  utility:
    nodes:
      all: {block: mean, of: x, over: entity}
      q:   {of: h + team}
      team: {block: linear, of: all, to: hidden}
""",
    "features of everybody beside each": """
graph:
  all: {block: mean, of: env.entities, over: entity}
  seen: {block: concat, of: [env.entities, entities(env.last_action), all]}
""",
    "two hops": """
networks:
  utility:
    nodes:
      far: {block: attention, queries: x, keys: x, mask: env.sight, heads: heads, width: embed, to: embed}
      a:   {queries: agents(far), keys: far}
""",
    "messages between agents": """
networks:
  utility:
    nodes:
      m: {block: attention, queries: a, keys: a, mask: agents(visible), heads: heads, width: embed, to: embed}
      z: {of: m}
""",
    "knows the reward": "act: {values: q + env.reward}",
    "judged by the team": """
graph: {team: {block: mean, of: q, over: agent}}
act: {values: q - team}
""",
    "allowed by the others": """
graph:
  other: {block: max, of: q, over: agent}
act: {where: env.available & (q < other)}
""",
    "weighted by the mixer": """
graph: {mine: {block: mean, of: w1, over: mixing}, scaled: {block: contract, of: w1, with: w1, over: mixing}}
act: {values: q * mine + scaled}
""",
}

NOT_MONOTONE = {
    "negative factors": "graph: {q_tot: {factors: -taken}}",
    "squares": "graph: {q_tot: {factors: square(taken)}}",
    "absolute values": "graph: {q_tot: {factors: abs(taken)}}",
    "differences": """
graph:
  centre: {block: mean, of: taken, over: agent}
  q_tot: {factors: taken - centre}
""",
    "raw mixing weights": "networks: {mixer: {nodes: {total: {w1: w1}}}}",
    "raw second layer": "networks: {mixer: {nodes: {total: {w2: w2_mean}}}}",
    "generated from utilities": """
graph:
  fed: {block: concat, of: [seen, entities(q)]}
  w1: {network: w1_q, entities: fed, mask: true}
networks: {w1_q: {like: w1}}
""",
    "state value from utilities": """
networks:
  mixer:
    nodes:
      more:  {block: contract, of: factors, with: v_raw, over: Factor}
      v_raw: {block: mean, of: w1, over: mixing}
      total: {v: v + more}
""",
    "taken where it is best": """
graph:
  pick:  {block: argmax, of: q, over: action}
  mixed: {block: take, of: w1, index: pick}
  q_tot: {factors: mixed}
""",
    "the other way round": """
graph:
  q_mix: {network: mixer, factors: taken, w1: w1, entities: seen}
  q_tot: 0 - q_mix
""",
    "an unconstrained critic": """
graph:
  values: {block: concat, of: [taken_wide, w1]}
  taken_wide: {block: linear, of: q, to: mixing}
  head: {block: linear, of: values, to: scalar}
  q_tot: {block: mean, of: head, over: agent}
""",
    "normalised utilities": """
graph:
  normal:  {block: layer_norm, of: q}
  taken_n: {block: take, of: normal, index: env.action}
  q_tot:   {factors: taken_n}
""",
}


def check(text: str) -> dict[str, Proof]:
    text = text.strip()
    parent = "qmix_attention"
    if text.startswith("extends:"):
        first, _, text = text.partition("\n")
        parent = first.split(":")[1].strip()
    return {p.name: p for p in prove(build_graph(load_text(HEAD.format(parent=parent) + text, name="mutated.yaml")))}


def test_there_are_enough_mutations() -> None:
    assert len(LEAKS) >= 10
    assert len(NOT_MONOTONE) >= 10


@pytest.mark.parametrize("name", LEAKS)
def test_leaks_are_caught(name: str) -> None:
    proof = check(LEAKS[name])["decentralised"]
    assert proof.outcome == "not proved"
    assert not proof.as_claimed
    assert proof.path[0].startswith("env.") or proof.path[0] in ("q", "w1")


@pytest.mark.parametrize("name", NOT_MONOTONE)
def test_paths_that_are_not_monotone_are_caught(name: str) -> None:
    try:
        proof = check(NOT_MONOTONE[name])["igm"]
    except SpecError as error:
        assert {d.code for d in error.diagnostics} == {"graph.sign"}, str(error)
        return
    assert proof.outcome == "not proved"
    assert not proof.as_claimed


@pytest.mark.parametrize("name", ["qmix_attention", "refil", "vdn_attention", "refil_vdn", "qmix_max_pooling",
                                  "refil_group_matching", "refil_randomized_oracle", "refil_multi_group"])
def test_sound_specs_are_proved(name: str) -> None:
    proofs = prove(build_graph(load(name)))
    assert [p.name for p in proofs] == ["shapes", "decentralised", "igm", "permutation", "padding", "learning signal"]
    assert {p.outcome for p in proofs} == {"proved"}


def test_a_path_names_the_nodes_from_cause_to_effect() -> None:
    proof = check(LEAKS["two hops"])["decentralised"]
    assert proof.path[:2] == ("env.sight", "q.far") or proof.path[0] == "env.entities"
    assert "q.far" in proof.path
    assert proof.how == f"q.q depends on {proof.path[0]} beyond what an agent may see"


def test_released_means_depend_on_padding() -> None:
    proofs = {p.name: p for p in prove(build_graph(load("refil_official")))}
    assert proofs["padding"].outcome == "not proved"
    assert proofs["padding"].how == "'q_tot.b1' counts 'slots' of axis 'agent'"
