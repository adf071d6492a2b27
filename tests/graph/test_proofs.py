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
    "messages under another name": """
networks:
  utility:
    nodes:
      heard: {block: rename, of: a, axis: agent, to: agent'}
      m: {block: attention, queries: a, keys: heard, mask: agents(visible), heads: heads, width: embed, to: embed}
      z: {of: m}
""",
    "a mask over the queries alone": """
networks:
  utility:
    nodes:
      copies: {block: expand, of: x, along: agent}
      other: {block: rename, of: x, axis: entity, to: entity'}
      far: {block: attention, queries: copies, keys: other, mask: visible, heads: heads, width: embed, to: embed}
      a: {block: own, of: far}
""",
    "what the others see": """
graph:
  sight: {block: pool, of: env.entities, mask: env.visible, over: entity}
  told:  {block: linear, of: sight, to: embed}
  seen:  {block: concat, of: [env.entities, entities(env.last_action), entities(told)]}
""",
    "the past of what is visible now": """
networks: {utility: {nodes: {x0: {block: linear, of: entities, to: embed}, x: {block: gru, of: x0, to: embed}}}}
""",
    "the step before of what is visible now": """
graph: {q: {entities: previous(seen)}}
""",
    "the rest of the episode": """
graph: {later: {block: mean, of: q, over: time}}
act: {values: q - later}
""",
    "the next step": """
graph: {later: {block: td_target, value: q, reward: 0, terminated: false}}
act: {values: later}
""",
    "the other episodes": """
graph: {later: {block: mean, of: q, over: batch}}
act: {values: q - later}
""",
    "the action that is being chosen": """
graph: {now: {block: one_hot, of: env.action, as: action}}
act: {values: q + now}
""",
    "what pairs of agents see": """
axes: {pairs: 2 * agent}
graph:
  m2: {block: concat, of: [env.visible, env.visible], along: agent, as: pairs}
  read: {block: pool, of: env.entities, mask: m2, over: entity}
  r2: {block: linear, of: read, to: action}
  r3: {block: mean, of: r2, over: pairs}
act: {values: q + r3}
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
  wide:  {block: linear, of: w1, to: action}
  mixed: {block: take, of: wide, index: pick}
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
    "another application of the network": """
graph:
  q2: {network: utility, entities: seen, visible: env.visible}
  taken2: {block: take, of: q2, index: env.action}
  less: 2 * taken2
  q_tot: {factors: taken - less}
""",
    "a bonus for the actions": """
graph:
  hot: {block: one_hot, of: env.action, as: action}
  bonus: {block: linear, of: hot, to: scalar}
  q_tot: {factors: taken + bonus}
""",
    "shifted differently for every action": """
graph:
  shift: {block: linear, of: q.h, to: action}
  both: q + shift
  taken: {of: both}
""",
    "weights that know the actions": """
graph:
  hot: {block: one_hot, of: env.action, as: action}
  fed: {block: concat, of: [seen, entities(hot)]}
  w1: {network: w1_q, entities: fed, mask: true}
networks: {w1_q: {like: w1}}
""",
    "the reward beside": """
graph:
  mix: {network: mixer, factors: taken, w1: w1, entities: seen}
  q_tot: mix + env.reward
""",
    "an earlier step that has looked at this one": """
graph:
  level: {block: linear, of: taken, to: scalar}
  worth: {block: td_target, value: level, reward: env.reward, terminated: env.terminated}
  q_tot: {block: sum, of: taken + previous(worth), over: agent}
""",
    "negative before the start": """
graph:
  qm: {block: sum, of: prod, over: agent}
  pos: {block: positive, of: w1, by: abs}
  late: {block: previous, of: pos, start: -1}
  w: {block: mean, of: late, over: mixing}
  prod: taken * w
  q_tot: qm
""",
}

PADDED = {
    "the number of slots": """
axes: {n: agent}
losses: {td: {of: square((q_tot - y) / n)}}
""",
    "the number of slots in arithmetic": """
axes: {n: agent}
losses: {td: {of: square((q_tot - y) / (n + 1))}}
""",
    "a mean over time": """
graph: {base: {block: mean, of: q_tot, over: time}}
losses: {td: {of: square(q_tot - y - base)}}
""",
    "a mean over flattened slots": """
graph:
  flat: {block: flatten, of: q, axes: [agent, action]}
  level: {block: mean, of: flat, over: "agent*action"}
losses: {td: {of: square(q_tot - y - level)}}
""",
    "a weight as long as the slots": """
axes: {slots: agent}
graph:
  m: {block: mean, of: env.entities, over: entity}
  w: {block: linear, of: m, to: slots}
  s: {block: mean, of: w, over: slots}
losses: {td: {of: square(q_tot - y - s)}}
""",
    "two steps ahead": """
graph:
  y2: {block: td_target, value: y, reward: env.reward, terminated: env.terminated}
losses: {td: {of: square(q_tot - y2)}}
""",
    "steps of episodes that have ended": """
graph: {base: {block: sum, of: env.reward, over: batch}}
losses: {td: {of: square(q_tot - y - base)}}
""",
    "a row of shares over rows": """
graph:
  level: {block: linear, of: env.entities, to: scalar}
  share: {block: softmax, of: level, over: entity}
  ninth: {block: row, of: share, over: entity, index: 9}
losses: {td: {of: square(q_tot - y - ninth)}}
""",
    "a row of labels that are drawn": """
axes: {kind: 3}
graph:
  label: {block: random_label, where: env.present, over: entity, into: kind}
  ninth: {block: row, of: label, over: entity, index: 9}
losses: {td: {of: square(q_tot - y - ninth)}}
""",
    "a draw among slots": """
graph: {one: {block: random_index, into: agent}}
losses: {td: {of: square(q_tot - y - one)}}
""",
    "a row of what is laid flat": """
graph:
  flat:  {block: flatten, of: env.entities, axes: [entity, feature]}
  ninth: {block: row, of: flat, over: "entity*feature", index: 9}
losses: {td: {of: square(q_tot - y - ninth)}}
""",
    "what is written down": """
graph: {level: {block: mean, of: taken, over: agent, count: slots}}
log: {level: level}
""",
    "once for every slot": """
networks:
  step: {inputs: {x: batch time Width}, nodes: {y: x + 1}, returns: y}
graph:
  m: {block: mean, of: env.entities, over: [entity]}
  r: {network: step, repeat: agent, carry: x, tied: true, x: m}
  s: {block: mean, of: r, over: feature}
losses: {td: {of: square(q_tot - y - s)}}
""",
}

ORDERED = {
    "the slot of the best": """
graph:
  p: {block: argmax, of: taken, over: agent}
losses: {td: {of: square(q_tot - y - p)}}
""",
    "a slot by its number": """
axes: {slot: agent}
graph:
  slots: {block: rename, of: taken, axis: agent, to: slot}
  p: {block: take, of: slots, index: env.task}
losses: {td: {of: square(q_tot - y - p)}}
""",
    "identities made from numbers": """
graph:
  p: {block: one_hot, of: env.task, as: agent}
  pp: {block: contract, of: p, with: taken, over: agent}
losses: {td: {of: square(q_tot - y - pp)}}
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
    try:
        proof = check(LEAKS[name])["decentralised"]
    except SpecError as error:  # nobody who acts has it
        assert [d.code for d in error.diagnostics] == ["act.later"]
        return
    assert proof.outcome == "not proved"
    assert not proof.as_claimed
    assert proof.path[0].startswith("env.") or proof.path[0] in ("q", "w1", "later steps", "other episodes")


@pytest.mark.parametrize("name", NOT_MONOTONE)
def test_paths_that_are_not_monotone_are_caught(name: str) -> None:
    try:
        proof = check(NOT_MONOTONE[name])["igm"]
    except SpecError as error:
        assert {d.code for d in error.diagnostics} == {"graph.sign"}, str(error)
        return
    assert proof.outcome == "not proved"
    assert not proof.as_claimed


@pytest.mark.parametrize("name", PADDED)
def test_what_depends_on_padding_is_caught(name: str) -> None:
    assert check(PADDED[name])["padding"].outcome == "not proved"


@pytest.mark.parametrize("name", ORDERED)
def test_what_tells_slots_apart_is_caught(name: str) -> None:
    assert check(ORDERED[name])["permutation"].outcome == "not proved"


@pytest.mark.parametrize("name", ["qmix_attention", "refil", "vdn_attention", "refil_vdn", "qmix_max_pooling",
                                  "refil_group_matching", "refil_randomized_oracle", "refil_multi_group"])
def test_sound_specs_are_proved(name: str) -> None:
    proofs = prove(build_graph(load(name)))
    assert [p.name for p in proofs] == ["shapes", "decentralised", "igm", "permutation", "padding", "availability",
                                         "learning signal"]
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
