"""Weights that are said to be trained get a gradient in some batch; others get none in any."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.graph.graph import Graph
from tests.generator.attacks.trial import Trial

TRIES = 16


def reached(graph: Graph, seed: int, tries: int = TRIES, wanted: set[str] | None = None) -> dict[str, set[str]]:
    """Optimizer -> the weights that get a gradient from its losses in one of several batches (until all that are
    ``wanted`` do)."""
    found: dict[str, set[str]] = {name: set() for name in graph.totals}
    for turn in range(tries):
        if wanted is not None and wanted <= set().union(*found.values()):
            break
        trial = Trial(graph, seed + 1000 * turn)
        for name, total in graph.totals.items():
            weights = {n: w.requires_grad_() for n, w in trial.weights.items()}
            (value,) = trial.values([total], weights=weights)
            if value.requires_grad:
                grads = torch.autograd.grad(value, list(weights.values()), allow_unused=True)
                found[name] |= {n for n, g in zip(weights, grads, strict=True) if _moves(g)}
    return found


def _moves(gradient: Tensor | None) -> bool:
    return gradient is not None and bool(((gradient != 0) & torch.isfinite(gradient)).any())


def signal(graph: Graph, seed: int) -> str | None:
    """All weights that anything reads, online, must be reached by some loss."""
    used = {use.name for node in graph.nodes([*graph.learned(), *graph.acted()]) for use in node.weights.values()}
    missed = sorted(used - set().union(*reached(graph, seed, wanted=used).values()))
    return f"no loss gives {missed[0]} a gradient in {TRIES} batches ({len(missed)} weights)" if missed else None


def trained(model: Model, seed: int) -> str | None:
    """What an optimizer does not train gets no gradient from its losses."""
    for name, weights in reached(model.graph, seed, 1).items():
        extra = sorted(weights - set(model.trained_by(name)))
        if extra:
            return f"optimizer '{name}' does not train {extra[0]}, but its losses give it a gradient"
    return None
