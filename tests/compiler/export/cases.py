"""Models to export: every packaged spec in its example environment, drafts, and one spec with everything unusual."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch

from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import inline
from tests.specs.schemas import small_schema

ODD = """
compose: 1
name: tensor
summary: Names that Python has already, draws, params that move, state of every kind.
extends: eql
params: {warmth: {kind: linear, from: 0.8, to: 0.1, over: 100 updates}}
networks:
  train:
    inputs: {entities: batch time entity Width, visible: bool batch time agent entity}
    nodes:
      lambda: {block: linear, of: entities, to: 8, activation: relu}
      self: {block: attention, queries: agents(lambda), keys: lambda, mask: visible, width: 8, to: 8}
      state: {block: previous, of: self, start: 0.5}
      values: {block: linear, of: self + state, to: action}
    returns: {values: batch time agent action}
graph:
  groups: {block: random_partition, of: first(env.present), parts: 2, drawn: update}
  raw: {network: train, entities: env.entities, visible: env.visible & groups.within}
  q: raw * warmth + 1
  q_bar: {network: train, entities: env.entities, visible: env.visible, target: true}
  q_tot: {block: sum, of: taken, over: agent}
  v_bar: {block: sum, of: taken_bar, over: agent}
losses: {td: {of: square(q_tot - y)}}
learner: {environments: 8}
"""

EACH = ODD.replace("to: action}", "to: action, each: agent}")
"""The same with weights for each agent."""


ACTING = (
    "qmix", "collaq", "collaq_official", "local_ac", "local_ac_official", "opt", "opt_official", "opt_tokens",
    "opt_without_sparsemax", "qmix_attention", "refil_group_matching", "qmix_max_pooling", "qmix_max_pooling_official",
    "qmix_mean_pooling", "qmix_mean_pooling_official", "qmix_emp", "qmix_updet", "updet", "roma", "roma_attention",
    "roma_official", "iql_epymarl", "qmix_benchmarl", "qmix_epymarl", "qmix_marllib", "coma", "coma_epymarl", "ippo",
    "ippo_attention", "hpn_qmix", "pqn_vdn", "pqn_qmix", "happo", "facmac", "transfqmix", "maven", "cds",
)  # fmt: skip
"""Packaged specs that act in different ways, one of each."""


def acts(spec: str) -> str:
    """What a spec computes to act, and how: equal texts, equal programs."""
    loaded = load(spec)
    example = loaded.spec.example_env
    graph = build_graph(loaded, small_schema() if example is None else schema(example))
    nodes = [(n.name, repr(n.op), [v.name for v in n.operands()]) for n in graph.nodes(graph.acted())]
    return f"{loaded.spec.act.choose} {nodes}"


@cache
def packaged(spec: str) -> Model:
    """A packaged spec in its example environment, as the command line builds it."""
    loaded = load(spec)
    example = loaded.spec.example_env
    return Model(build_graph(loaded, small_schema() if example is None else schema(example)), seed=4)


@cache
def odd(dtype: torch.dtype = torch.float64) -> Model:
    """A spec with names and inputs that need care."""
    return Model(inline(ODD).graph, seed=5, dtype=dtype)


DIFFERENT = ("refil", "refil_group_matching", "qmix_max_pooling", "qmix_mean_pooling_official")
"""Packaged specs whose acting differs."""


def entries(folder: Path) -> set[str]:
    """Names of everything in a folder."""
    return {path.name for path in folder.iterdir()}
