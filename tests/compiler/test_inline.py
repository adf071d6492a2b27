"""Constructs of the language on tiny specs, against the same thing written by hand in torch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from compose.compiler.model import Model
from tests.compiler.cases import SCHEMA, at, episodes, gradients, inline, largest

STACK = """
compose: 1
name: stack
summary: Two layers in a row, then a head for each of them.
params: {width: 4}
axes: {layer: 2}
networks:
  block:
    inputs: {x: batch time agent width}
    nodes:
      y:   {block: linear, of: x, to: width, activation: tanh}
      out: x + y
    returns: out
graph:
  start: {block: linear, of: agents(env.entities), to: width}
  stack: {network: block, repeat: layer, carry: x, x: start, MORE}
  heads: {block: linear, of: stack.y, to: action, each: layer}
  q:     {block: mean, of: heads, over: layer}
  taken: {block: take, of: q, index: env.action}
act: {choose: greedy, values: q, where: env.available}
losses:
  fit:   {of: square(taken - env.reward), mean: agent}
  small: {of: square(stack.y), mean: [agent, width], sum: layer, weight: 0.1}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""


def by_hand(model: Model, fields: dict[str, Tensor], tied: bool) -> tuple[Tensor, Tensor]:
    w = model.weights
    x = F.linear(fields["entities"][:, :, : SCHEMA.agents], w["graph.start.weight"], w["graph.start.bias"])
    taps, values = [], []
    for turn in range(2):
        weight, bias = w["block.y.weight"], w["block.y.bias"]
        y = torch.tanh(F.linear(x, weight if tied else weight[turn], bias if tied else bias[turn]))
        x = x + y
        taps.append(y)
        values.append(F.linear(y, w["graph.heads.weight"][turn], w["graph.heads.bias"][turn]))
    return torch.stack(taps, 2), torch.stack(values, 2).mean(2)


@pytest.mark.parametrize("tied", [False, True])
def test_repeat_feeds_back_taps_gain_the_axis_and_each_has_own_weights(tied: bool) -> None:
    model = inline(STACK.replace(", MORE", ", tied: true" if tied else ""), taps=("stack.y", "q"))
    shapes = {name: tuple(w.shape) for name, w in model.weights.items()}
    assert shapes["block.y.weight"] == ((4, 4) if tied else (2, 4, 4))
    assert shapes["graph.heads.weight"] == (2, 8, 4)
    assert str(model.graph.values["stack.y"].type) == "[batch time layer agent width]"
    fields = episodes()
    found, (taps, q) = model.learn(fields), by_hand(model, fields, tied)
    assert largest(found.taps["stack.y"], taps) <= 1e-12
    assert largest(found.taps["q"], q) <= 1e-12
    valid = fields["steps"][..., None] & fields["present"][:, :, : SCHEMA.agents]
    error = q.gather(-1, fields["action"][..., None])[..., 0] - fields["reward"][..., None]
    fit = (error.square() * valid).sum() / valid.sum()
    small = ((taps.square() * valid[:, :, None, :, None]).sum((0, 1, 3, 4)) / (valid.sum() * 4)).sum()
    total = fit + 0.1 * small
    assert largest(found.losses["fit"], fit) <= 1e-12
    assert largest(found.losses["small"], small) <= 1e-12
    mine, expected = gradients(model, found.totals["main"]), gradients(model, total)
    for name, g in expected.items():
        assert largest(mine[name], g) <= 1e-10, name


def test_layers_with_own_weights_start_differently() -> None:
    weight = inline(STACK.replace(", MORE", "")).weights["block.y.weight"]
    assert not torch.equal(weight[0], weight[1])


MEMORY = """
compose: 1
name: memory
summary: Values read what was seen before, and who was there at first.
params: {width: 4}
graph:
  seen:   {block: linear, of: agents(env.entities), to: width}
  before: {block: previous, of: seen, start: 0.5}
  twice:  previous(previous(seen))
  start:  {block: where, test: agents(first(env.present)), then: first(seen), otherwise: -1}
  read:   {block: concat, of: [seen, before, twice, start]}
  q:      {block: linear, of: read, to: action}
  taken:  {block: take, of: q, index: env.action}
act: {choose: greedy, values: q, where: env.available}
losses:
  fit: {of: square(taken - env.reward), mean: agent}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""


def test_previous_and_first_mean_the_same_in_acting_and_learning() -> None:
    model, fields = inline(MEMORY, taps=("q", "seen", "before", "twice", "start")), episodes(2)
    taps = model.learn(fields).taps
    seen, before, twice = taps["seen"], taps["before"], taps["twice"]
    assert torch.equal(before[:, 1:], seen[:, :-1])
    assert (before[:, 0] == 0.5).all()
    assert torch.equal(twice[:, 2:], seen[:, :-2])
    assert not twice[:, :2].any()
    there = fields["present"][:, 0, : SCHEMA.agents, None]
    assert torch.equal(taps["start"], seen[:, 0].where(there, -1.0))
    state = None
    for step in range(SCHEMA.limit + 1):
        acted = model.act(at(fields, SCHEMA, step), state)
        assert largest(acted.values, taps["q"][:, step]) <= 1e-12
        state = acted.state


def test_a_new_episode_starts_from_the_initial_state() -> None:
    model, fields = inline(MEMORY, taps=("q",)), episodes(2)
    first = model.act(at(fields, SCHEMA, 0))
    again = model.act(at(fields, SCHEMA, 0), model.initial_state(fields["entities"].shape[0]))
    assert torch.equal(first.values, again.values)
    assert all(x.shape[0] == fields["entities"].shape[0] for x in first.state.values())


LOSSES = """
compose: 1
name: reductions
summary: One value under several reductions.
graph:
  q:     {block: linear, of: agents(env.entities), to: action}
  taken: {block: take, of: q, index: env.action}
act: {choose: greedy, values: q, where: env.available}
losses:
  mean:  {of: taken, mean: agent}
  sum:   {of: taken, sum: agent}
  batch: {of: taken, sum: [batch, agent]}
  slots: {of: taken, mean: agent, count: slots}
  all:   {of: taken, mean: agent, count: all}
  alive: {of: taken, mean: agent, where: env.steps & env.active}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""


def test_losses_reduce_as_declared() -> None:
    model, fields = inline(LOSSES, taps=("taken",)), episodes(4)
    found = model.learn(fields)
    x, steps = found.taps["taken"], fields["steps"][..., None].expand(-1, -1, SCHEMA.agents)
    here = fields["present"][:, :, : SCHEMA.agents] & steps
    alive = fields["active"] & here
    expected = {
        "mean": (x * here).sum() / here.sum(),
        "sum": ((x * here).sum((0, 1)) / here.sum((0, 1)).clamp(min=1)).sum(),
        "batch": ((x * here).sum(1) / here.sum(1).clamp(min=1)).sum(),
        "slots": (x * here).sum() / steps.sum(),
        "all": (x * steps).sum() / steps.sum(),
        "alive": (x * alive).sum() / alive.sum(),
    }
    for name, value in expected.items():
        assert largest(found.losses[name], value) <= 1e-12, name


def test_unknown_weights_and_wrong_shapes_are_refused() -> None:
    model = inline(LOSSES)
    good = {name: w.detach().clone() for name, w in model.weights.items()}
    with pytest.raises(KeyError, match=r"missing .*graph.q.bias.* left over .*graph.other"):
        model.load({"graph.q.weight": good["graph.q.weight"], "graph.other": good["graph.q.bias"]})
    with pytest.raises(ValueError, match=r"graph.q.bias: expected \[8\], got \[7\]"):
        model.load({**good, "graph.q.bias": torch.zeros(7)})
