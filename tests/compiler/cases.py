"""Small models of every packaged method, and random episodes to run them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import compose
from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Learned, Model
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.axes import Axes
from compose.language.load import load, load_text
from tests.specs.packaged import METHODS
from tests.specs.schemas import small_schema

Fields = dict[str, Tensor]
Files = {p.stem: p for p in sorted(Path(compose.__path__[0], "specs").glob("*.yaml"))}
PACKAGED = METHODS
DRAFTS = sorted((Path(__file__).parents[1] / "specs" / "drafts").glob("*.yaml"))
BATCH = 4


@cache
def model(spec: str | Path, agents: int = 3, others: int = 2) -> Model:
    """A model in double precision. Cached: gradients are asked for with ``torch.autograd.grad``."""
    several = ["params.eta=1.0"] if "eta" in load(spec).spec.params else []  # sub-teams, not one
    graph = build_graph(load(spec, several), small_schema(agents, others))
    return Model(graph, seed=3, dtype=torch.float64, taps=(str(graph.spec.act.scores),))


def acted(of: Model, learned: Learned) -> Tensor:
    """What agents act on: values, or logits."""
    return learned.taps[of.taps[0]]


def total(learned: Learned) -> Tensor:
    """What all optimizers together minimise."""
    return torch.stack(list(learned.totals.values())).sum()


def draw_axes(of: Model, name: str) -> Axes:
    """The axes of a random input."""
    node = next(n for n in of.graph.nodes() if n.name == name.rpartition(".")[0])
    return node.op.draws(node)[name.rpartition(".")[2]].axes


def inline(text: str, schema: EntitySchema | None = None, taps: tuple[str, ...] = ()) -> Model:
    """A model of a spec written in a test."""
    return Model(build_graph(load_text(text), schema or SCHEMA), seed=5, dtype=torch.float64, taps=taps)


def episodes(seed: int = 0, schema: EntitySchema | None = None, batch: int = BATCH) -> Fields:
    """Random episodes with every field."""
    return {name: x.clone() for name, x in fake_batch(schema or SCHEMA, seed, batch=batch, dtype=torch.float64).items()}


def stored(of: Model) -> EntitySchema:
    """What a model's episodes hold, what acting records included."""
    assert of.graph.stored is not None
    return of.graph.stored


def moved(fields: Fields, schema: EntitySchema, change: Callable[[Tensor, str, int], Tensor]) -> Fields:
    """Fields with ``change(x, axis, dimension)`` applied for each of their axes."""
    made = dict(fields)
    for name, field in schema.fields.items():
        for dim, axis in enumerate(field.axes):
            made[name] = change(made[name], axis.rstrip("'"), dim)
    return made


def at(fields: Fields, schema: EntitySchema, step: int) -> Fields:
    """One step of every field, with a time axis of length 1."""
    return moved(fields, schema, lambda x, axis, dim: x.narrow(dim, step, 1) if axis == "time" else x)


def draws(of: Model, seed: int = 0, batch: int = BATCH) -> Fields:
    """The random inputs of `learn`, for episodes of full length."""
    assert of.schema is not None
    return of.draw("learn", seed, 0, torch.arange(batch), steps=of.schema.sizes["time"])


def params(of: Model) -> dict[str, float]:
    """A value for every param that moves."""
    return dict.fromkeys(of.moving, 0.5)


def sources(of: Model, fields: Fields, target: Fields | None = None) -> dict[str, Mapping[str, Any]]:
    """Everything that `learn` reads, by kind."""
    numbers = {name: torch.tensor(x, dtype=of.dtype) for name, x in params(of).items()}
    state = of.initial_state(len(fields["steps"]), "learn") if of.programs["learn"].needs("state") else {}
    return {"weight": of.weights, "target": of.target if target is None else target, "field": fields,
            "draw": draws(of), "param": numbers, "state": state, "statistic": of.statistics}


def gradients(of: Model, total: Tensor, *, again: bool = True) -> Fields:
    """Of every weight, zeros where the total does not reach it. ``again``: other totals of the same values follow."""
    found = torch.autograd.grad(total, list(of.weights.values()), allow_unused=True, retain_graph=again)
    pairs = zip(of.weights.items(), found, strict=True)
    return {name: torch.zeros_like(w) if g is None else g for (name, w), g in pairs}


def largest(a: Tensor, b: Tensor) -> float:
    """The largest difference, relative to the largest number."""
    a, b = a.detach(), b.detach()
    return float((a - b).abs().max() / (1e-12 + b.abs().max())) if a.numel() else 0.0


SCHEMA = small_schema()
