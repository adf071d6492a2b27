"""Operands that blocks meet rarely: numbers in place of tensors, no axes left, statistics and draws that one program
alone reads."""

from __future__ import annotations

import pytest
import torch

from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from tests.compiler.cases import SCHEMA, episodes, inline

SPEC = """
compose: 1
name: odd
summary: A test.
axes: {kind: 3}
networks:
  critic:
    inputs: {entities: batch time entity Width}
    nodes: {v: {block: linear, of: agents(entities), to: scalar}}
    returns: v
graph:
  v: {network: critic, entities: env.entities}
  total: {block: sum, of: v, over: agent}
  GRAPH
act: {choose: greedy, values: env.last_action}
losses: {all: {of: square(total - LOSS)}}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""


def spec(graph: str, loss: str) -> str:
    return SPEC.replace("GRAPH", graph.replace("\n", "\n  ")).replace("LOSS", loss)


def tap(graph: str, name: str) -> torch.Tensor:
    """One value of a batch; an update from it is possible."""
    model = inline(spec(graph, name), None, (name,))
    fields = episodes()
    model.refresh(fields)
    learned = model.learn(fields)
    (learned.totals["main"]).backward()
    return learned.taps[name].detach()


def test_stored_steps_with_numbers_for_masks_and_rewards() -> None:
    text = ("y: {{block: n_step_return, value: total, reward: {}, terminated: {}, where: {}, discount: 0.9, n: 2, "
            "steps: stored}}")
    numbers = tap(text.format("1", "env.terminated", "true"), "y")
    tensors = tap(text.format("env.reward * 0 + 1", "env.terminated", "env.reward * 0 < 1"), "y")
    torch.testing.assert_close(numbers, tensors)


def test_an_axis_of_size_one_becomes_none() -> None:
    text = """one: {block: linear, of: env.entities, to: '1'}
none: {block: unflatten, of: one, axis: '1', into: scalar}
y: {block: max, of: none, over: entity}"""
    found = tap(text, "y")
    assert found.shape == episodes()["reward"].shape


def test_the_first_step_of_what_all_episodes_share() -> None:
    found = tap("all: {block: sum, of: env.reward, over: batch}\ny: first(all) + env.reward * 0", "y")
    torch.testing.assert_close(found, episodes()["reward"][:, 0].sum().expand(found.shape))


def test_a_mask_that_shows_all_keeps_every_row() -> None:
    network = """networks:
  counter:
    inputs: {mask: bool batch time agent, level: batch time}
    nodes:
      here: {block: where, test: mask, then: level, otherwise: 0}
      n: {block: sum, of: here, over: agent, count: all}
    returns: n
"""
    text = spec("y: {network: counter, mask: MASK, level: env.reward}", "y").replace("networks:\n", network)
    everyone = "env.active | ~env.active"
    models = [inline(text.replace("MASK", mask), None, ("y",)) for mask in ("true", everyone)]
    shown, masked = (model.learn(episodes()).taps["y"] for model in models)
    torch.testing.assert_close(shown, masked)


def test_draws_that_statistics_alone_read() -> None:
    text = """label: {block: random_label, where: env.steps, over: time, into: kind}
moments: {block: moments, by: env.task, of: label, rate: 0.5}
y: moments.mean + env.reward"""
    model = inline(spec(text, "y"), None, ("y",))
    fields = episodes()
    draws = model.draw("learn", 0, 0, torch.arange(len(fields["reward"])), steps=fields["reward"].shape[1])
    model.refresh(fields, draws)
    assert "label.part" in draws
    assert model.statistics["moments.mean"].abs().sum() > 0


def test_statistics_that_acting_alone_reads() -> None:
    text = spec("moments: {block: moments, by: env.task, of: env.reward}\nkept: moments.mean + total", "played.kept")
    text = text.replace("learner: {kind: replay,", "record: {kept: kept}\nlearner: {kind: replay,")
    model = inline(text)
    assert "moments.mean" in model.statistics
    model.refresh(episodes(0, model.graph.stored))
    assert model.statistics["moments.mean"].abs().sum() > 0


def test_two_axes_that_would_have_one_name() -> None:
    text = """other: {block: rename, of: v, axis: agent, to: "agent'"}
pair: v * other
seen: {block: attention, queries: pair, keys: pair, mask: true, width: "4", to: scalar, heads: "1"}
y: {block: max, of: seen, over: agent}"""
    with pytest.raises(SpecError, match="would be called 'agent''"):
        build_graph(load_text(spec(text, "y")), SCHEMA)


COPIES = """
n: {network: pairs, x: pairs}
pairs: {block: where, test: env.sight, then: 1, otherwise: 0}
u: {block: concat, of: [pairs, pairs, pairs]}
w: {block: linear, of: u, to: scalar}
some: {block: sum, of: agents(w + n), over: agent}
"""
PAIRS = """
  pairs:
    inputs: {x: batch time entity Width}
    nodes: {z: {block: linear, of: x, to: 2 * Width}, v: {block: linear, of: z, to: scalar}}
    returns: v
"""


@pytest.mark.parametrize("schema", [None, SCHEMA], ids=["symbolic", "sized"])
def test_copies_of_axes_within_the_names_of_others(schema: EntitySchema | None) -> None:
    """``entity'+entity'+entity'``, and ``2*entity`` where a network's capital stands for ``entity'``."""
    text = spec(COPIES, "some").replace("networks:\n", f"networks:{PAIRS}", 1)
    graph = build_graph(load_text(text), schema)
    assert graph.values["u"].type.axes[-1] == "entity'+entity'+entity'"
    outcomes = {proof.name: proof.outcome for proof in prove(graph)}
    assert outcomes["shapes"] == "proved"
    assert outcomes["permutation"] == "not proved"


def test_how_alike_the_rows_of_what_all_episodes_share_are() -> None:
    graph = """laid: {block: flatten, of: env.agent_id, each: kind, axes: id}
rows: {block: sum, of: laid, over: id, target: true}
alike: {block: contrastive, of: rows, over: kind}"""
    model = inline(spec(graph, "alike"), None, ("rows", "alike"))
    taps = model.learn(episodes(0, model.graph.stored)).taps
    assert taps["rows"].dim() == 2
    products = taps["rows"] @ taps["rows"].T
    torch.testing.assert_close(taps["alike"], (products.logsumexp(1) - products.diagonal()).mean())
