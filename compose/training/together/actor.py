"""Several models that choose the actions of their own episodes in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from compose.compiler.model import Model, Tensors
from compose.training.actors import explored, greedy
from compose.training.together.stack import StackedProgram, stacked


class StackedActor:
    """As many :class:`~compose.training.actors.ModelActor` as there are models, in one program call a step.

    The batch holds equally many episodes of each model, those of the first model first. Weights are taken when the
    actor is made.

    Args:
        models: Of one spec in one environment.
        seeds: Of the random draws, one for each model.
        epsilon: Exploration rates, one for each model; none explores.
        params: Values of moving params, one mapping for each model.
        program: The models' ``act``, stacked.
    """

    def __init__(self, models: Sequence[Model], seeds: Sequence[int], epsilon: Sequence[float],
                 params: Sequence[Mapping[str, float]], program: StackedProgram) -> None:
        self.models, self.seeds, self.epsilon, self._program = models, seeds, epsilon, program
        self.reads = program.program.fields
        first, needs = models[0], program.program.needs
        like = next(iter(first.weights.values()))
        with torch.no_grad():
            self._fixed = {"weight": stacked([m.weights for m in models], needs("weight"), like),
                           "target": stacked([m.target for m in models], needs("target"), like),
                           "statistic": stacked([m.statistics for m in models], needs("statistic"), like),
                           "param": stacked(params, needs("param"), like)}
        self._state: dict[str, Tensor] = {}

    @torch.no_grad()
    def choose(self, fields: Tensors, episodes: Tensor, step: int) -> Tensor:
        """See :class:`~compose.training.actors.Actor`."""
        count, first = len(self.models), self.models[0]
        each = len(episodes) // count
        if step == 0:
            start = first.initial_state(each)
            self._state = {name: x.expand(count, *x.shape) for name, x in start.items()}
        shown = {name: _by_seed(fields[name], count) for name in self._program.fields}
        found = self._program({**self._fixed, "field": {**fields, **shown}, "state": self._state,
                               "draw": self._draws(_by_seed(episodes, count), step)})
        values = found.pop("values").flatten(0, 1)
        where = found.pop("where", None)
        self._state = found
        allowed = torch.ones_like(values, dtype=torch.bool) if where is None else where.flatten(0, 1)
        if max(self.epsilon) <= 0.0:
            return greedy(values, allowed)
        rates = torch.tensor(self.epsilon, device=values.device).repeat_interleave(each)[:, None]
        return explored(values, allowed, rates, by_row(self.seeds, each), episodes, step)

    def _draws(self, episodes: Tensor, step: int) -> dict[str, Tensor]:
        wanted = self._program.program.needs("draw")
        if not wanted:
            return {}
        each = zip(self.models, self.seeds, episodes, strict=True)
        made = [model.draw("act", seed, step, numbers) for model, seed, numbers in each]
        return {name: torch.stack([one[name] for one in made]) for name in wanted}


def _by_seed(x: Tensor, count: int) -> Tensor:
    return x.reshape(count, -1, *x.shape[1:])


def by_row(seeds: Sequence[int], each: int) -> list[int]:
    """The seed of every row of a batch that holds ``each`` episodes of every seed."""
    return [seed for seed in seeds for _ in range(each)]
