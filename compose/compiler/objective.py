"""Losses as one number for each optimizer.

``L = sum_over_sum_axes( sum_over_mean_axes(w x) / max(1, sum_over_mean_axes(w)) )`` with w = ``where`` and presence
(``count: slots`` keeps absent rows in the denominator, ``all`` also their content); batch and time belong to the mean
unless the spec puts them under ``sum``.
"""

from __future__ import annotations

from typing import Any

import torch

from compose.compiler.interpret import Interpreter
from compose.graph.align import align
from compose.graph.graph import LossTerm


def loss_value(term: LossTerm, interpreter: Interpreter) -> Any:
    """The reduced value of one loss (before its weight), a scalar tensor."""
    axes = term.value.type.axes
    x = interpreter.value(term.value)
    where = align(interpreter.value(term.where), term.where.type.axes, axes)
    allowed = counted = torch.full_like(x, where, dtype=torch.bool) if isinstance(where, bool) else where
    if term.count != "all":
        for presence in term.presence.values():
            present = align(interpreter.value(presence), presence.type.axes, axes)
            allowed = allowed & present
            if term.count == "present":
                counted = counted & present
    mean = [i for i, a in enumerate(axes) if a in ("batch", "time", *term.mean) and a not in term.sum]
    total = x.masked_fill(~allowed, 0.0).sum(mean)
    return (total / counted.expand_as(x).sum(mean).clamp(min=1)).sum()


def objective(interpreter: Interpreter) -> tuple[dict[str, Any], dict[str, Any]]:
    """(total for each optimizer, value of each loss before its weight)."""
    graph = interpreter.graph
    losses = {name: loss_value(term, interpreter) for name, term in graph.losses.items()}
    totals: dict[str, Any] = {}
    for name, term in graph.losses.items():
        part = losses[name] * interpreter.value(term.weight)
        totals[term.optimizer] = totals[term.optimizer] + part if term.optimizer in totals else part
    return totals, losses
