"""Tiny specs from a few lines, and episodes that hold garbage wherever nothing should read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch

from compose.compiler.model import Model
from compose.compiler.passes import Pass
from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.language.load import load_text
from tests.compiler.cases import Fields, draws, episodes, gradients, largest, params
from tests.specs.schemas import small_schema

SCHEMA = small_schema(4, 3)
HEAD = """
compose: 1
name: tiny
summary: A tiny spec.
params: {width: 6, wide: 8}
axes: {layer: 2, step: 3, head: 3, part: 3, factor: 2 * agent}
NETWORKS
graph:
"""
TAIL = """
act: {choose: greedy, values: q, where: env.available}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""
BASE = """
  x: {block: linear, of: env.entities, to: width, activation: relu}
  y: {block: linear, of: x, to: wide}
  ay: agents(y)
  h: {block: gru, of: ay, to: width}
  q: {block: linear, of: h, to: action}
  taken: {block: take, of: q, index: env.action}
"""
FIT = "  fit: {of: square(taken - env.reward), mean: agent}\n"


def spec(nodes: str, losses: str, base: str = BASE, networks: str = "") -> str:
    """``nodes`` and ``losses``: lines of YAML; BASE has the rest."""
    body = "".join(f"  {line.strip()}\n" for line in nodes.strip().splitlines() if line.strip())
    wanted = "".join(f"  {line.strip()}\n" for line in losses.strip().splitlines())
    start = HEAD.replace("NETWORKS", networks) + base.strip("\n") + "\n"
    return start + body + "losses:\n" + FIT + wanted + TAIL


def messy(seed: int = 1) -> Fields:
    """Episodes that hold random numbers and masks where a slot is empty for the whole episode, and after its end. Who
    is present after the end is random too, among those who were there."""
    fields, generator = episodes(seed, SCHEMA, batch=5), torch.Generator().manual_seed(seed)
    recorded, ever = fields["present"].any(-1), fields["present"].any(1)
    masks = {"agent": ever[:, : SCHEMA.agents], "entity": ever}
    for name, field in SCHEMA.fields.items():
        x = fields[name]
        if name == "steps" or field.dtype == "int" or field.axes[:1] != ("batch",):
            continue
        real = torch.ones(x.shape, dtype=torch.bool)
        for dim, axis in enumerate(field.axes):
            mask = recorded if axis == "time" else masks.get(axis.rstrip("'")) if name != "present" else None
            if mask is not None:
                real = real & mask.view(-1, *(mask.shape[1] if i == dim else 1 for i in range(1, x.dim())))
        if name == "present":
            real = real | ~ever[:, None]  # absent slots stay so, or their rows would be kept
        noise = torch.randn(x.shape, generator=generator, dtype=torch.float64) * 10
        fields[name] = torch.where(real, x, noise > 0 if field.dtype == "bool" else noise)
    return fields


def differ(text: str, passes: Sequence[Pass]) -> None:
    """Fail unless losses and gradients agree with the plain form."""
    graph, losses, grads = plain(text)
    mine, my_grads = found(Model(graph, seed=3, dtype=torch.float64, passes=passes))
    for name, loss in losses.items():
        assert torch.isfinite(loss), name
        assert largest(mine[name], loss) <= 1e-10, name
    scale = max(float(g.abs().max()) for g in grads.values())
    for name, g in grads.items():
        assert float((g - my_grads[name]).abs().max()) <= 1e-10 * scale, name


@cache
def plain(text: str) -> tuple[Graph, Fields, Fields]:
    """The graph of a spec, and the losses and gradients of its plain form."""
    graph = build_graph(load_text(text), SCHEMA)
    return graph, *found(Model(graph, seed=3, dtype=torch.float64, passes=()))


def found(model: Model) -> tuple[Fields, Fields]:
    """Losses and gradients on messy episodes."""
    learned = model.learn(messy(), draws(model, batch=5), params(model))
    return learned.losses, gradients(model, torch.stack(list(learned.totals.values())).sum(), again=False)
