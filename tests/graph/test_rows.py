"""Dependence follows rows, not names: what only looks like the same axis, or the same action, is not."""

from __future__ import annotations

import pytest

from compose.graph.build import build_graph
from compose.graph.proofs import Proof, prove
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from tests.envs.lying.honest import SCHEMA

HEAD = "compose: 1\nname: rows\nsummary: A deliberate mistake.\nextends: {parent}\n"

LEAKS = {
    "an axis used up and made anew": """
networks:
  utility:
    nodes:
      s:  {block: linear, of: h, to: scalar}
      s2: {block: linear, of: s, to: agent}
      q0: {block: linear, of: h, to: action}
      q:  null
      qq: q0 + s2
    returns: qq
""",
    "agents as features behind features": """
networks:
  utility:
    nodes:
      s:  {block: linear, of: h, to: scalar}
      s2: {block: concat, of: [h, s]}
      q:  {of: s2}
""",
    "agents as features before features": """
networks:
  utility:
    nodes:
      s:  {block: linear, of: h, to: scalar}
      s2: {block: concat, of: [s, h]}
      q:  {of: s2}
""",
    "entities used up and made anew": """
networks:
  utility:
    nodes:
      sc:  {block: linear, of: x, to: scalar}
      mix: {block: linear, of: sc, to: entity}
      q0: {block: linear, of: h, to: action}
      q: null
      qq: q0 + agents(mix)
    returns: qq
""",
    "a memory of all entities": """
networks:
  utility:
    nodes:
      sc:  {block: linear, of: x, to: scalar}
      mix: {block: gru, of: sc, to: entity}
      q0: {block: linear, of: h, to: action}
      q: null
      qq: q0 + agents(mix)
    returns: qq
""",
    "a mask that is shifted by a row": """
axes: {token: entity + 1}
networks:
  utility:
    nodes:
      cls:    {block: linear, of: agents(x), to: embed}
      tokens: {block: concat, of: [x, cls], along: entity, as: token}
      tok2:   {block: rename, of: tokens, axis: token, to: "token'"}
      keys:   {block: concat, of: [true, visible], along: entity, as: "token'"}
      a:      {block: pool, of: tok2, mask: keys, over: "token'", by: sum}
""",
    "the first agent's row for all": """
axes: {rest: agent - 1}
networks:
  utility:
    nodes:
      parts: {block: split, of: h, along: agent, into: {b: 1, a: rest}}
      q:     {of: h + parts.b}
""",
    "everybody's row but one's own": """
axes: {two: 2 * agent, turned: agent, one: 1, more: agent - 1}
networks:
  utility:
    nodes:
      twice: {block: concat, of: [h, h], along: agent, as: two}
      parts: {block: split, of: twice, along: two, into: {first: 1, next: turned, last: more}}
      heard: {block: linear, of: parts.next, to: scalar}
      mine:  {block: contract, of: heard, with: heard, over: turned}
      q:     {of: h + mine}
""",
}

SOUND = {
    "own weights for every agent": "networks: {utility: {nodes: {q: {each: agent}}}}",
    "cut and read again": """
axes: {token: entity + 1}
networks:
  utility:
    nodes:
      cls:    {block: linear, of: agents(x), to: embed}
      tokens: {block: concat, of: [x, cls], along: entity, as: token}
      keys:   {block: concat, of: [visible, true], along: entity, as: token}
      a:      {block: pool, of: tokens, mask: keys, over: token, by: sum}
""",
}

NOT_GREEDY = {
    "utilities averaged before the action is taken": """
axes: {one: 1}
graph:
  qa:    {block: flatten, of: q, axes: [agent]}
  side:  {block: linear, of: q.h, to: one}
  cat:   {block: concat, of: [qa, side]}
  avg:   {block: mean, of: cat, over: agent+one}
  avg2:  {block: flatten, of: avg, axes: [action]}
  picked: {block: take, of: avg2, index: env.action}
  q_tot: {block: sum, of: picked, over: agent}
""",
    "utilities that know the action": """
graph:
  hot: {block: one_hot, of: env.action, as: action}
  told: {block: concat, of: [env.entities, entities(env.last_action), entities(hot)]}
  q: {entities: told}
  q_bar: {entities: told}
""",
    "an advantage over the best of all actions": """
graph:
  top: {block: max, of: q, over: action}
  gap: taken - top
  hot: {block: one_hot, of: env.action, as: action}
  raw: {block: linear, of: hot, to: scalar}
  importance: {block: positive, of: raw, by: abs}
  q_tot: {block: duel, values: taken, advantages: gap, importance: importance, over: agent}
""",
    "an advantage weighed by what may be negative": """
graph:
  top: {block: max, of: q, over: action, where: env.available}
  hot: {block: one_hot, of: env.action, as: action}
  raw: {block: linear, of: hot, to: scalar}
  each: top + raw * (taken - top)
  q_tot: {block: sum, of: each, over: agent}
""",
}

GREEDY = {
    "an advantage weighed by all actions": """
graph:
  top: {block: max, of: q, over: action, where: env.available}
  hot: {block: one_hot, of: env.action, as: action}
  raw: {block: linear, of: hot, to: scalar}
  importance: {block: positive, of: raw, by: abs}
  each: top + importance * (taken - top)
  q_tot: {block: sum, of: each, over: agent}
""",
    "a duel": """
graph:
  top: {block: max, of: stop(q), over: action, where: env.available}
  hot: {block: one_hot, of: env.action, as: action}
  raw: {block: linear, of: hot, to: scalar}
  importance: {block: positive, of: raw, by: abs}
  q_tot: {block: duel, values: taken, advantages: stop(taken - top), importance: importance, over: agent}
""",
    "filled where actions are not available": """
graph: {filled: {block: where, test: env.available, then: q, otherwise: -1.0e9}}
act: {values: filled}
""",
}

IDLE = {
    "a loss of weight 0": "ex: {of: square(e), mean: agent, weight: 0}",
    "a factor of 0": "ex: {of: square(0 * e), mean: agent}",
    "a mask that is false everywhere": "ex: {of: square(e), mean: agent, where: env.steps & (1 < 0)}",
    "a condition that never holds": "ex: {of: square(e), mean: agent, where: env.steps & (square(e) < 0)}",
    "a bound that is never met": "ex: {of: \"minimum(square(e), -1)\", mean: agent}",
    "nothing above 0": "ex: {of: relu(-square(e)), mean: agent}",
    "a value less itself": "ex: {of: exp(e - e), mean: agent}",
    "a sum that cancels": "ex: {of: square((e + 1) * 2 - e - e), mean: agent}",
    "a value by itself": "ex: {of: e / e, mean: agent}",
    "an error against itself": "ex: {of: square(e - stop(e)), mean: agent}",
    "a mask and its contrary": "ex: {of: square(e), mean: agent, where: env.steps & ~env.steps}",
    "conditions that contradict each other": "ex: {of: square(e), mean: agent, where: (e < 0) & ~(e < 0)}",
}

SLOTS = {
    "a cut between agents": """
axes: {two: agent + 1, rest: agent}
graph:
  f: {block: concat, of: [taken, 0], along: agent, as: two}
  g: {block: rename, of: f, axis: two, to: "two'"}
  parts: {block: split, of: g, along: "two'", into: {b: 1, a: rest}}
  ps: {block: sum, of: parts.a, over: rest}
  q_tot: ps + 5 * parts.b
""",
    "agents next to one another": """
axes: {two: agent + 1}
graph:
  f: {block: concat, of: [taken, 0], along: agent, as: two}
  g: {block: concat, of: [0, taken], along: agent, as: "two'"}
  h: {block: rename, of: g, axis: "two'", to: two}
  q_tot: {block: contract, of: f, with: f, over: two}
losses: {more: {of: square(f - h), mean: two}}
""",
}


def check(text: str, parent: str = "vdn_attention", schema: EntitySchema | None = SCHEMA) -> dict[str, Proof]:
    loaded = load_text(HEAD.format(parent=parent) + text, name="rows.yaml")
    return {p.name: p for p in prove(build_graph(loaded, schema))}


@pytest.mark.parametrize("schema", [SCHEMA, None], ids=["sizes", "symbolic"])
@pytest.mark.parametrize("name", LEAKS)
def test_rows_of_others_are_no_rows_of_ones_own(name: str, schema: EntitySchema | None) -> None:
    try:
        assert check(LEAKS[name], schema=schema)["decentralised"].outcome == "not proved"
    except SpecError as error:  # a size that this environment does not have, or axes that do not go together
        assert {d.code for d in error.diagnostics} <= {"graph.axes", "graph.size", "name.size"}


@pytest.mark.parametrize("name", SOUND)
def test_rows_that_are_kept_apart_are_ones_own(name: str) -> None:
    assert check(SOUND[name])["decentralised"].outcome == "proved"


@pytest.mark.parametrize("name", NOT_GREEDY)
def test_what_need_not_be_greedy_is_not_proved(name: str) -> None:
    try:
        assert check(NOT_GREEDY[name])["igm"].outcome == "not proved"
    except SpecError as error:
        assert [d.code for d in error.diagnostics] == ["act.later"]


@pytest.mark.parametrize("name", GREEDY)
def test_what_is_greedy_is_proved(name: str) -> None:
    proof = check(GREEDY[name])["igm"]
    assert proof.outcome == "proved"
    assert ("by advantage form" in proof.how) is ("filled" not in name)


@pytest.mark.parametrize("name", IDLE)
def test_a_gradient_of_zeros_is_none(name: str) -> None:
    text = ("networks:\n  extra: {inputs: {h: batch time agent hidden}, "
            "nodes: {o: {block: linear, of: h, to: scalar}}, "
            f"returns: o}}\ngraph: {{e: {{network: extra, h: q.h}}}}\nlosses: {{{IDLE[name]}}}\n")
    proof = check(text)["learning signal"]
    assert (proof.outcome, proof.how) == (
        "not proved", "no loss reaches 2 of 17 weight tensors, such as extra.o.bias")


@pytest.mark.parametrize("name", SLOTS)
def test_who_stands_next_to_whom_is_an_order(name: str) -> None:
    try:
        assert check(SLOTS[name])["permutation"].outcome == "not proved"
    except SpecError as error:
        assert {d.code for d in error.diagnostics} == {"graph.axes"}


def test_held_by_losses_is_soft() -> None:
    text = """
networks:
  joint:
    inputs: {state: batch time Width, actions: batch time agent action}
    nodes:
      flat: {block: flatten, of: actions, axes: [agent, action]}
      both: {block: concat, of: [state, flat]}
      x:    {block: linear, of: both, to: hidden, activation: relu}
      j:    {block: linear, of: x, to: scalar}
    returns: j
graph:
  seen_by_all: {block: mean, of: env.entities, over: entity}
  v:           {block: linear, of: seen_by_all, to: scalar}
  u:           {block: one_hot, of: env.action, as: action}
  u_best:      {block: one_hot, of: best, as: action}
  taken_best:  {block: take, of: q, index: best}
  total:       {block: sum, of: taken, over: agent}
  total_best:  {block: sum, of: taken_best, over: agent}
  j:           {network: joint, state: seen_by_all, actions: u}
  j_best:      {network: joint, state: seen_by_all, actions: u_best}
losses:
  joint: {of: square(j - y)}
  opt:   {of: square(total_best - stop(j_best) + v)}
  nopt:  {of: "square(minimum(0, total - stop(j) + v))"}
claims: {igm: {joint: j, status: soft}}
"""
    proof = check(text)["igm"]
    assert (proof.outcome, proof.as_claimed) == ("soft", True)
    assert "losses 'opt' and 'nopt' are 0" in proof.how
    unread = "  u_best:      {block: one_hot, of: best, as: action}\n"
    same = text.replace("actions: u_best", "actions: u").replace(unread, "")
    light = text.replace("  opt:   {of: square(total_best", "  opt:   {weight: 0, of: square(total_best")
    other = text.replace("stop(j_best) + v)", "stop(j_best) + v * v)")
    for weaker in (same, light, other, text.replace("total - stop(j)", "stop(j) - total")):
        proof = check(weaker)["igm"]
        assert (proof.outcome, proof.as_claimed) == ("not proved", False)


@pytest.mark.parametrize(("text", "what"), [
    ("graph: {best: {where: null}}", "'best' looks at actions"),
    ("act: {where: null}", "acting may choose"),
    ("graph: {filled: {block: where, test: env.available, then: q, otherwise: -1.0e9}}\n"
     "act: {values: filled, where: null}", "acting may choose"),
    ("graph: {best: {where: env.available | ~env.available}}", "'best' looks at actions"),
    ("graph: {flat: {block: rename, of: q_bar, axis: action, to: choice}, top: {block: max, of: flat, over: choice},\n"
     "        v_bar: {of: top}}\naxes: {choice: action}", "'top' looks at actions"),
])
def test_actions_that_cannot_be_taken(text: str, what: str) -> None:
    proof = check(text)["availability"]
    assert proof.outcome == "not proved"
    assert proof.how.startswith(what) or what in proof.how


@pytest.mark.parametrize(("axis", "index", "outcome"), [
    ("agent", 0, "proved"), ("entity", 1, "proved"), ("entity", SCHEMA.agents, "not proved"), ("other", 0, "proved"),
])  # fmt: skip
def test_a_row_behind_the_agents_is_another_s_once_there_are_more_of_them(axis: str, index: int, outcome: str) -> None:
    of = {"agent": "agents(env.entities)", "entity": "env.entities", "other": "others(env.entities)"}[axis]
    proofs = check(f"""
graph:
  one: {{block: row, of: {of}, over: {axis}, index: {index}}}
  told: {{block: linear, of: one, to: scalar}}
  all: {{block: sum, of: taken, over: agent}}
  q_tot: all + told
""")
    assert proofs["padding"].outcome == outcome
    assert proofs["permutation"].outcome == "not proved"
