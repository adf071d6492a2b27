"""What all learners share: collect episodes, update at the spec's ratio, let the targets follow, keep the books."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.compiler.model import Model
from compose.compiler.trace import Program
from compose.envs.interface import Environment
from compose.kernels.everywhere import alone
from compose.kernels.random import key
from compose.language import learning
from compose.language.schedules import value
from compose.training.actors import ModelActor
from compose.training.clocks import Clocks, moving_params
from compose.training.logged import by_task
from compose.training.optim import Optimizers, Updated
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.records import State, numbers
from compose.training.rollout import carried, rollout, tensors
from compose.training.targets import Targets


@dataclass
class Interval:
    """Sums since the last row of metrics."""

    sums: dict[str, float]
    counts: dict[str, int]

    @classmethod
    def empty(cls) -> Interval:
        return cls({}, {})

    def add(self, values: dict[str, float], count: int = 1) -> None:
        """Add values, each being a sum over ``count`` things."""
        for name, x in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + x
            self.counts[name] = self.counts.get(name, 0) + count

    def means(self) -> dict[str, float]:
        """The mean of everything that was added."""
        return {name: x / self.counts[name] for name, x in sorted(self.sums.items())}


@dataclass(frozen=True)
class Batch:
    """What one update learns from: fields [batch time ...], random inputs, and the moving params of the moment."""

    fields: dict[str, Tensor]
    draws: dict[str, Tensor]
    params: dict[str, float]
    state: dict[str, Tensor] | None = None
    """What acting carried to the first step of every row, where rows may begin in the middle of an episode."""


class Learner(ABC):
    """One training in one environment; every random draw is keyed by ``seed``, a stream's name and a clock."""

    reads: ClassVar[type[learning.Learner]]
    """What a spec says of one."""
    pieced: ClassVar[bool] = False
    """Is it for what begins in the middle of episodes?"""
    settings: learning.Learner

    def __init__(self, model: Model, env: Environment, seed: int, ranks: Ranks = ALONE) -> None:
        self.model, self.env, self.seed, self.ranks = model, env, seed, ranks
        self.settings = model.spec.learner
        self.clocks = Clocks()
        self.replay = ranks.replay(model.graph.stored or env.schema, self.settings.kept, env.device,
                                   packed=self.settings.packed)
        self.optimizers = Optimizers(model, self.settings.optimizers, ranks)
        self.targets = Targets(self.settings.target)
        self.interval = Interval.empty()

    @property
    def keep(self) -> Collection[str] | None:
        """Fields of the environment to record; None: all. The agents' own rewards only if a loss reads them."""
        if "rewards" not in self.env.schema.fields or "rewards" in self.read:
            return None
        return set(self.env.schema.fields) - {"rewards"}

    @property
    def read(self) -> set[str]:
        """Fields that updates read."""
        return {name for program in self._learning for name in program.needs("field")}

    @property
    def _learning(self) -> list[Program]:
        return [program for name, program in self.model.programs.items() if name not in ("act", "play", "note")]

    @abstractmethod
    def due(self) -> int:
        """Updates to make before more is collected."""

    @abstractmethod
    def chosen(self) -> TensorDict:
        """The episodes that the next update learns from."""

    def epsilon(self) -> float:
        """The exploration rate at the present clocks."""
        rate = self.model.spec.act.exploration
        return 0.0 if rate is None else value(rate, self.clocks.read())

    def collect(self, limit: int | None = None) -> None:
        """Play ``environments`` episodes (at most ``limit``) and store them.

        Exploration and moving params are read once, before.
        """
        act = self.model.spec.act
        actor = ModelActor(self.model, self.seed, self.epsilon(), moving_params(self.model, self.clocks),
                           sampled=act.sampled, records=True)
        self.store(rollout(actor, self.env, self.ranks.share(self.upcoming(limit)), self.stream, self.keep))

    @property
    def stream(self) -> int:
        """The seed of the environment while episodes are collected."""
        return key(self.seed, "collect")

    def upcoming(self, limit: int | None = None) -> Tensor:
        """The numbers of the episodes to collect next, int64."""
        count = min(self.settings.environments, limit or self.settings.environments)
        return torch.arange(self.clocks.episodes, self.clocks.episodes + count, device=self.env.device)

    def store(self, played: TensorDict) -> None:
        """Take over episodes that were played: into the replay, the clocks and the metrics."""
        with self.ranks.counting(played["episode"]):
            self.replay.add(played)
            self.observe(played)
            sums = self.ranks.totals({
                "return": float(played["reward"].sum(dtype=torch.float64)), "length": float(played["steps"].sum()),
                "success": float(played["success"].sum()), "episodes": len(played["episode"])})
        count = int(sums.pop("episodes"))
        self.clocks.env_steps += int(sums["length"])
        self.clocks.episodes += count
        self.interval.add({f"collected/{name}": x for name, x in sums.items()}, count)

    @property
    def moment(self) -> int:
        """What tells a collection from the next: the clock that draws of ``observe`` follow."""
        return self.clocks.episodes

    def observe(self, played: TensorDict) -> None:
        """Let the model's statistics take in episodes that were played."""
        if self.model.statistics:
            draws = self.model.draw("observe", self.seed, self.moment, played["episode"],
                                    steps=played["filled"].shape[1])
            seen = self._whole("observe", Batch(tensors(played), draws, moving_params(self.model, self.clocks)))
            with alone():
                self.model.observe(seen.fields, seen.draws, seen.params, carried(played))

    def update(self) -> None:
        """Make one update from a fresh batch, then let the targets follow if their time has come."""
        batch = self.batch()
        self.refresh(batch)
        with self.ranks.counting(batch.fields["episode"]):
            self.optimizers.pace(self.clocks.read())
            made = self.optimizers.update(
                lambda: self.model.learn(batch.fields, batch.draws, batch.params, batch.state),
                key(self.seed, "optimizers", self.clocks.updates))
            self.updated(made, batch)

    def refresh(self, batch: Batch) -> None:
        """Let those statistics look that do so before the update from a batch."""
        seen = self._whole("refresh", batch)
        with alone():
            self.model.refresh(seen.fields, seen.draws, seen.params, seen.state)

    def _whole(self, program: str, batch: Batch) -> Batch:
        """As much of the whole batch as a program looks at, of which this process may hold a part."""
        if program not in self.model.programs:
            return batch
        looks = self.model.programs[program]
        fields = {name: batch.fields[name] for name in looks.fields if self.replay.batched(name)}
        draws = {name: batch.draws[name] for name in looks.needs("draw")}
        with self.ranks.counting(batch.fields["episode"]):
            return replace(batch, fields={**batch.fields, **self.ranks.whole(fields)}, draws=self.ranks.whole(draws))

    def batch(self) -> Batch:
        """What the next update learns from: a function of the seed, the number of the update and what is stored."""
        return self.batch_of(self.chosen())

    def batch_of(self, episodes: TensorDict) -> Batch:
        """These episodes as what the next update learns from."""
        draws = self.model.draw("learn", self.seed, self.clocks.updates, episodes["episode"],
                                steps=episodes["filled"].shape[1])
        return Batch(tensors(episodes), draws, moving_params(self.model, self.clocks), carried(episodes))

    def updated(self, made: Updated, batch: Batch) -> None:
        """The weights were updated from a batch: advance the clock, let the targets follow, keep the metrics."""
        self.clocks.updates += 1
        self.targets.follow(self.model, self.clocks)
        self.interval.add({f"loss/{name}": x for name, x in made.losses.items()})
        self.interval.add({f"grad_norm/{name}": x for name, x in made.norms.items()})
        logged = by_task(made.logged, batch.fields, self.env.schema.tasks)
        totals, counts = (self.ranks.totals({name: pair[i] for name, pair in logged.items()}) for i in (0, 1))
        for name in logged:
            if counts[name] > 0:
                self.interval.add({f"log/{name}": totals[name]}, int(counts[name]))

    def metrics(self) -> dict[str, Any]:
        """One row: clocks, exploration and moving params now, means since the last row; starts a new interval."""
        params = {f"param/{name}": x for name, x in moving_params(self.model, self.clocks).items()}
        explores = {} if self.model.spec.act.exploration is None else {"epsilon": self.epsilon()}
        rates = {f"lr/{name}": x for name, x in self.optimizers.rates(self.clocks.read()).items()}
        now = {**self.clocks.read(), **explores, **params, **rates, **self._statistics()}
        row = {**now, **self.interval.means()}
        self.interval = Interval.empty()
        return row

    def _statistics(self) -> dict[str, float]:
        """What the model remembers, in one number or of each task."""
        tasks = self.env.schema.tasks
        whole = {f"statistic/{name}": float(x) for name, x in self.model.statistics.items() if not x.shape}
        each = {name: kept for name, kept in self.model.statistics.items() if kept.shape == (len(tasks),)}
        return whole | {f"statistic/{name}/{task}": float(x) for name, kept in each.items()
                        for task, x in zip(tasks, kept, strict=True)}

    groups: ClassVar[tuple[str, ...]] = ("weights", "target", "optimizers", "statistics")
    """The files of a checkpoint."""

    def tensors(self) -> dict[str, dict[str, Tensor]]:
        """What a checkpoint holds beside the replay, by file."""
        weights = {name: w.detach() for name, w in self.model.weights.items()}
        return {"weights": weights, "target": dict(self.model.target), "optimizers": self.optimizers.state(),
                "statistics": dict(self.model.statistics)}

    def state(self) -> dict[str, Any]:
        """The numbers that belong to :meth:`tensors`."""
        last = self.targets.clock.last
        return {"clocks": asdict(self.clocks), "target_last": last, "interval": numbers(asdict(self.interval))}

    def restore(self, tensors: dict[str, dict[str, Tensor]], state: State) -> None:
        """Go on from what :meth:`tensors` and :meth:`state` gave; the replay is restored by itself.

        Raises:
            ValueError, KeyError: If they are not of this learner.
        """
        same_kinds(self.model.weights, tensors["weights"])
        same_kinds(self.model.target, tensors["target"])
        same_kinds(self.model.statistics, tensors["statistics"])
        self.model.load(tensors["weights"], tensors["target"], tensors["statistics"])
        self.optimizers.restore(tensors["optimizers"])
        self.clocks = Clocks(**state.clocks.model_dump())
        self.targets.clock.last = state.target_last
        sums = {name: math.nan if x is None else x for name, x in state.interval.sums.items()}
        if set(sums) != set(state.interval.counts):
            raise ValueError("interval: sums and counts are of other things")
        self.interval = Interval(sums, dict(state.interval.counts))


def same_kinds(mine: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Raises ValueError where a tensor that was read is of another kind of number than the model's of that name."""
    for name in set(mine) & set(given):
        if mine[name].dtype != given[name].dtype:
            raise ValueError(f"{name}: expected {mine[name].dtype}, got {given[name].dtype}")

