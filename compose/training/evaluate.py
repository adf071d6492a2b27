"""Playing without exploring: one row for each episode, and the chance levels to compare with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.compiler.model import Model
from compose.envs.guard import measures
from compose.envs.interface import Environment
from compose.kernels.random import key
from compose.training.actors import Actor, FixedActor, RandomActor, evaluating
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.rollout import rollout

Row = dict[str, Any]

AT_ONCE = 1024
"""Episodes that are played side by side at most, unless the environment can do even fewer."""


@dataclass(frozen=True)
class Score:
    """Means over evaluation episodes."""

    episodes: int
    """How many."""
    success: float
    """The share of them that reached the goal, from 0 to 1."""
    returned: float
    """The undiscounted return."""
    length: float
    """In steps."""

    def __str__(self) -> str:
        return f"solved {self.success:.2f}, return {self.returned:.2f}, length {self.length:.1f}"


def evaluate(model: Model, env: Environment, episodes: int, *, seed: int, first_episode: int = 0,
             params: Mapping[str, float] | None = None, ranks: Ranks = ALONE) -> list[Row]:
    """Episodes of a model as it is evaluated; see :func:`evaluate_actor`."""
    actor = evaluating(model, stream(seed), params)
    return evaluate_actor(actor, env, episodes, seed=seed, first_episode=first_episode, ranks=ranks)


def evaluate_actor(actor: Actor, env: Environment, episodes: int, *, seed: int, first_episode: int = 0,
                   ranks: Ranks = ALONE) -> list[Row]:
    """Play episodes ``first_episode``, ``first_episode + 1``, ... of the evaluation stream of ``seed``.

    Training episodes come from another stream, so none of these is ever trained on. Of several processes each plays its
    share; all are given all rows.

    Returns:
        One row each: ``episode``, ``return`` (undiscounted), ``length`` (steps), ``success``, ``task`` (its name), and
        what the environment measures.
    """
    mine = ranks.share(torch.arange(first_episode, first_episode + episodes, device=env.device))
    parts = [_columns(rollout(actor, env, numbers, stream(seed), keep=()), env)
             for numbers in torch.split(mine, min(AT_ONCE, env.at_once or AT_ONCE))]
    with ranks.counting(mine):
        columns = ranks.whole({name: torch.cat([part[name] for part in parts]) for name in parts[0]})
    order = columns["episode"].argsort()
    return _rows({name: x[order] for name, x in columns.items()}, env)


def outcomes(played: TensorDict, env: Environment) -> list[Row]:
    """A row for each episode that :func:`~compose.training.rollout.rollout` has just played in ``env``."""
    return _rows(_columns(played, env), env)


def _columns(played: TensorDict, env: Environment) -> dict[str, Tensor]:
    columns = {"episode": played["episode"], "return": played["reward"].sum(1), "length": played["steps"].sum(1),
               "success": played["success"], "task": played["task"]}
    return columns | measures(env, len(played["episode"]), f"compose env check {env.schema.name}")


def _rows(columns: Mapping[str, Tensor], env: Environment) -> list[Row]:
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*(x.tolist() for x in columns.values()), strict=True)]
    return [{**row, "task": env.schema.tasks[row["task"]]} for row in rows]


def stream(seed: int) -> int:
    """The seed of everything random in evaluations."""
    return key(seed, "evaluate")


def measured(rows: Sequence[Row]) -> dict[str, float]:
    """Means of what the environment measures."""
    own = {"episode", "return", "length", "success", "task"}
    return {name: fmean(row[name] for row in rows) for name in rows[0] if name not in own}


def score(rows: Sequence[Row]) -> Score:
    """Means over rows."""
    return Score(len(rows), fmean(row["success"] for row in rows), fmean(row["return"] for row in rows),
                 fmean(row["length"] for row in rows))


def chance_levels(env: Environment, episodes: int, *, seed: int) -> dict[str, Score]:
    """How well play goes that has learned nothing: at random, and each plain action taken always."""
    actors: dict[str, Actor] = {"random": RandomActor(stream(seed))}
    actors |= {f"always {name}": FixedActor(action) for action, name in _plain_actions(env)}
    return {name: score(evaluate_actor(actor, env, episodes, seed=seed)) for name, actor in actors.items()}


def _plain_actions(env: Environment) -> list[tuple[int, str]]:
    found, at = [], 0
    for group in env.schema.actions if not env.schema.continuous else ():
        if group.plain:
            found += [(at + i, group.name if group.count == 1 else f"{group.name} {i}") for i in range(group.count)]
        at += group.count
    return found
