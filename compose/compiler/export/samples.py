"""Inputs of acting steps made up for any model: what exports are traced with and compared on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.language.axes import Axes
from compose.language.moving import Moving
from compose.language.schedules import value

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class Sample:
    """Everything one acting step reads but weights and state. Fields have no time axis."""

    fields: Tensors
    draws: Tensors
    params: dict[str, float]
    dtype: torch.dtype

    def of(self, kind: str, name: str) -> Tensor:
        """An input by kind and name; params as tensors of no axis."""
        if kind == "param":
            return torch.tensor(self.params[name], dtype=self.dtype)
        return (self.fields if kind == "field" else self.draws)[name]


def samples(model: Model, *, batch: int, steps: int, seed: int) -> Iterator[Sample]:
    """Random episodes (:func:`~compose.compiler.fake_batch.fake_batch`), step by step.

    Args:
        batch: Episodes side by side.
        steps: How many steps; no more than the environment's limit are given.
        seed: Of all numbers.
    """
    schema = model.schema
    assert schema is not None, "a model has sizes"
    steps = min(steps, schema.limit)
    whole: Tensors = fake_batch(schema, seed, batch=batch, time=steps + 1, dtype=model.dtype).to_dict()
    axes = {name: field.axes for name, field in schema.fields.items()}
    clocks = {"env_steps": 0, "episodes": 0, "updates": 0}
    starts = {name: value(p, clocks) for name, p in model.spec.params.items() if isinstance(p, Moving)}
    for step in range(steps):
        fields = {n: _step(x, axes[n], step) for n, x in whole.items()}
        yield Sample(fields, model.draw("act", seed, step, torch.arange(batch)), starts, model.dtype)


def timed(model: Model, fields: Tensors) -> Tensors:
    """Fields of a step with the time axis of length 1 that ``Model.act`` expects."""
    axes = {} if model.schema is None else {name: field.axes for name, field in model.schema.fields.items()}
    return {n: x.unsqueeze(axes[n].index("time")) if "time" in axes[n] else x for n, x in fields.items()}


def _step(x: Tensor, axes: Axes, step: int) -> Tensor:
    """One step of a field, in memory of its own: programs may depend on strides."""
    return x.select(axes.index("time"), step).contiguous() if "time" in axes else x
