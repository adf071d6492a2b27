"""What an environment really gives, and how many bytes one of its episodes takes in a replay: some are played."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch

from compose.envs.guard import Watched
from compose.envs.interface import Environment
from compose.graph.fields import PLAYED
from compose.graph.schema import EntitySchema
from compose.kernels.random import key
from compose.language.diagnostics import SpecError
from compose.training.actors import RandomActor
from compose.training.replay import Replay, bytes_estimate
from compose.training.rollout import rollout

PLAYED_FIRST = 8
"""The most episodes that are played to be measured."""


@dataclass(frozen=True)
class Measured:
    """Of the episodes of one environment."""

    fields: Collection[str]
    """Names of what is recorded."""
    each: int | None
    """Bytes of a packed one, as it is taken to be; None where episodes are not packed, or none could be played."""


def measured(env: Environment, schema: EntitySchema, keep: Collection[str] | None, recorded: Collection[str], *,
             packed: bool, environments: int) -> Measured:
    """What episodes are made of.

    A packed one is measured by some of random play, at most as many as are collected at once: the bytes of these if
    each had gone on as it did until the limit. Policies that make more columns change, or fewer, are not foreseen.

    Args:
        env: Plays them.
        schema: With the fields that acting records.
        keep: Fields of the environment to record; None: all.
        recorded: What acting records, by name.
        packed: Are episodes kept packed?
        environments: Episodes that are collected at once.
    """
    made = {f"{PLAYED}{name}" for name in recorded}
    given = set(Watched(env, torch.zeros(1, dtype=torch.int64, device=env.device), 0).reset())
    given |= {"rewards"} & set(env.schema.fields)
    given = (given if keep is None else given & set(keep)) | {"action", "reward", "terminated", "steps", "success"}
    each = _each(env, keep, min(PLAYED_FIRST, environments)) if packed else None
    if each is not None and made:
        each += bytes_estimate(schema, 1, made)
    return Measured(given | made, each)


def _each(env: Environment, keep: Collection[str] | None, count: int) -> int | None:
    seed = key(0, "memory")
    numbers = torch.arange(min(count, env.at_once or count), device=env.device)
    try:
        played = rollout(RandomActor(seed), env, numbers, seed, keep)
    except SpecError:  # the training will say so, and keep what it has
        return None
    replay = Replay(env.schema, len(numbers), env.device, packed=True)
    replay.add(played)
    return replay.each_at_full_length
