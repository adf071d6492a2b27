"""Does an exported policy give what the model gives? Both play the same random episodes, each with its own state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from compose.compiler.export.counts import GROWTHS, larger
from compose.compiler.export.samples import Sample, Tensors, samples, timed
from compose.compiler.model import Model

TRACED = 3
"""The batch that programs are traced with; they are compared on others."""
BATCHES = (1, 2, 7)
STEPS = 6
TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}
"""Largest difference allowed, relative to the largest number of an output."""


Play = Callable[[Sample, Tensors], tuple[torch.Tensor, torch.Tensor, Tensors]]
"""One step of an exported policy that was loaded again: sample and state -> values, where, next state."""


@dataclass(frozen=True)
class Output:
    """One output over all steps and batches."""

    difference: float
    """The largest absolute one; for masks the share of entries that differ."""
    largest: float
    """The largest number that the model gives."""


@dataclass(frozen=True)
class Parity:
    """What was compared, and how close it is."""

    steps: int
    batches: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]
    """Agents and entities of the environments that were played, the model's own first."""
    tolerance: float
    outputs: dict[str, Output]

    @property
    def ok(self) -> bool:
        """Whether every output is within tolerance (a number that is not finite never is)."""
        return all(self.passed(name) for name in self.outputs)

    def passed(self, name: str) -> bool:
        """Whether one output is."""
        return self.outputs[name].difference <= self.tolerance * self.outputs[name].largest

    def as_json(self) -> dict[str, Any]:
        """Plain data for tools."""
        outputs = {n: {"difference": o.difference, "largest": o.largest} for n, o in self.outputs.items()}
        return {"ok": self.ok, "steps": self.steps, "batches": list(self.batches),
                "counts": [{"agents": a, "entities": e} for a, e in self.counts], "tolerance": self.tolerance,
                "outputs": outputs}


def compare(model: Model, play: Play, free: Sequence[str] = (), *, start: Callable[[int], Tensors] | None = None,
            steps: int = STEPS) -> Parity:
    """Play with both and compare values, masks and state at every step.

    Args:
        model: The reference.
        play: A step of what was exported from it.
        free: Axes of any size; for each, environments of another size are played too.
        start: Batch -> what the export's first step is given; default: what the model's is.
        steps: Steps of every episode, at most the environment's limit.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    others = [larger(model, {a: 3 * n for a, n in GROWTHS[axis].items()}) for axis in free]
    models = [model, *(other for other in others if other is not None)]
    for seed, (reference, batch) in enumerate([(model, b) for b in BATCHES] + [(other, 2) for other in models[1:]]):
        begin = reference.initial_state if start is None or reference is not model else start
        for name, pair in _episode(reference, play, begin(batch), batch, steps, seed):
            found.setdefault(name, []).append(_difference(*pair))
    outputs = {n: Output(max(d for d, _ in pairs), max(a for _, a in pairs)) for n, pairs in found.items()}
    assert model.schema is not None, "a model has sizes"
    counts = tuple((m.schema.agents, m.schema.entities) for m in models if m.schema is not None)
    return Parity(min(steps, model.schema.limit), BATCHES, counts, TOLERANCE[model.dtype], outputs)


def _episode(model: Model, play: Play, theirs: Tensors, batch: int, steps: int,
             seed: int) -> Iterator[tuple[str, tuple[torch.Tensor, torch.Tensor]]]:
    """What both give at every step, by name."""
    mine = model.initial_state(batch)
    for sample in samples(model, batch=batch, steps=steps, seed=seed):
        acted = model.act(timed(model, sample.fields), mine, sample.draws, sample.params)
        values, where, theirs = play(sample, theirs)
        mine = acted.state
        yield "values", (acted.values, values)
        yield "where", (acted.where, where)
        for name, x in mine.items():
            yield f"state {name}", (x, theirs[name])


def _difference(reference: torch.Tensor, other: torch.Tensor) -> tuple[float, float]:
    """The largest difference and the largest number; infinite if shapes, kinds or infinities differ."""
    if reference.shape != other.shape or reference.dtype != other.dtype:
        return float("inf"), 1.0
    if reference.dtype == torch.bool:
        return float((reference != other).float().mean()), 1.0
    difference = float((reference - other).abs().max())
    return (difference if difference == difference else float("inf")), float(reference.abs().max())
