"""What is run: specs, their environments, and batches with a mean length that is exact."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.envs import catalogue
from compose.graph.schema import EntitySchema
from compose.language.load import Loaded, load

SPECS = ("refil", "qmix_attention", "refil_vdn", "vdn_attention", "qmix_max_pooling", "refil_group_matching",
         "qmix_attention_group_matching", "refil_fixed_oracle")  # fmt: skip
STEPS = 60
"""Of the longest episode, unless the environment stops earlier."""


@dataclass(frozen=True)
class Case:
    """One spec on one batch."""

    spec: Loaded
    env: str
    schema: EntitySchema
    fields: dict[str, Tensor]
    steps: int
    """Of the longest episode; the batch has one time index more."""
    valid: float
    """The share of steps before their episode's end."""


def case(name: str, *, batch: int, mean_length: float, seed: int = 0) -> Case:
    """A spec in the environment of its example.

    Args:
        name: Of the spec.
        batch: Episodes.
        mean_length: Of :data:`STEPS`; in proportion where episodes are shorter.
        seed: Of the batch.

    Raises:
        SpecError: If there is no such spec.
        ValueError: If the mean length is impossible.
    """
    spec = load(name)
    env = spec.spec.example_env
    schema = catalogue.schema(env)
    steps = min(STEPS, schema.limit)
    taken = lengths(batch, steps, round(mean_length / STEPS * steps * batch))
    fields = fake_batch(schema, seed, batch=batch, time=steps + 1, lengths=taken)
    return Case(spec, env, schema, dict(fields.items()), steps, float(taken.sum()) / (batch * steps))


def lengths(batch: int, longest: int, total: int) -> Tensor:
    """int64 [batch]: ``total`` steps in all, evenly spread up to ``longest``, in a random but fixed order.

    Raises:
        ValueError: If the mean is not between half of ``longest`` (so that the shortest is 1) and ``longest``.
    """
    shortest = 2 * total / batch - longest
    if batch < 2 or not 1 <= shortest <= longest:
        least = (longest + 1) / 2
        raise ValueError(f"expected 2 episodes or more of {least:g} to {longest} steps in the mean, got {batch} of "
                         f"{total / batch:g}")
    spread = torch.linspace(shortest, longest, batch, dtype=torch.float64).add(1e-9).floor().long()
    spread[: total - int(spread.sum())] += 1
    return spread[torch.randperm(batch, generator=torch.Generator().manual_seed(0))]
