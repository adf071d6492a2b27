"""One optimizer step for the stacked weights of several seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.linalg import vector_norm

from compose.language.moving import Curve, Piecewise
from compose.language.schedules import value
from compose.training.optim import Optimizers, build_optimizer, refuse, set_rate, turns_of

Gradients = Mapping[str, Tensor | None]
"""By weight, [seed ...]; None where no loss of the optimizer reaches it."""


class StackedOptimizers:
    """The optimizers of several learners as one each. All kinds work element by element, so each seed's rows
    move as they would alone; clipping is by each seed's own norm.

    From then on the learners' own statistics are rows of the stacked ones. A step size that moves with the steps
    played is another one for every seed: those optimizers stay the learners' own, on rows of the stack.

    Args:
        own: The learners' optimizers, all after the same number of steps.
        seeds: For messages.
        weights: The stack.
    """

    def __init__(self, own: Sequence[Optimizers], seeds: Sequence[int],
                 weights: Mapping[str, torch.nn.Parameter]) -> None:
        self.own, self.seeds = own, seeds
        self.settings = own[0].settings
        self.weights = {name: {w: weights[w] for w in own[0].weights[name]} for name in self.settings}
        self.optimizers = {name: build_optimizer(self.weights[name], one) for name, one in self.settings.items()}
        self.turns = turns_of({name: one.after for name, one in self.settings.items()})
        self._tied: set[tuple[str, str]] = set()
        self._apart = {name for name, one in self.settings.items() if isinstance(one.lr, Curve | Piecewise)
                       and one.lr.over.clock == "env_steps"}
        for name in set(self.settings) - self._apart:
            self._take_over(name)

    def pace(self, clocks: Sequence[Mapping[str, int]]) -> None:
        """Take the step sizes that the schedules have at the learners' clocks."""
        for one, read in zip(self.own, clocks, strict=True):
            one.pace(read)
        for name, one in self.settings.items():
            set_rate(self.optimizers[name], value(one.lr, clocks[0]))

    def step(self, name: str, grads: Gradients) -> list[float]:
        """Clip and step; gives each seed's norm before clipping.

        Raises:
            SpecError: ``train.not_finite``, before any weight of the optimizer is changed.
        """
        held = [g for g in grads.values() if g is not None]
        norms = vector_norm(torch.stack([vector_norm(g.reshape(len(g), -1), dim=1) for g in held]), dim=0)
        sizes: list[float] = norms.tolist()
        for seed, size in zip(self.seeds, sizes, strict=True):
            refuse({name: size}, "learner.optimizers", "norm of the gradient", f"seed {seed}")
        if (clip := self.settings[name].clip) is not None:
            kept = (clip / (norms + 1e-6)).clamp(max=1.0)
            for g in held:
                g.mul_(kept.reshape(-1, *[1] * (g.dim() - 1)))
        if (most := self.settings[name].clip_value) is not None:
            for g in held:
                g.clamp_(-most, most)
        if name in self._apart:
            for row, one in enumerate(self.own):
                for weight, grad in grads.items():
                    one.weights[name][weight].grad = None if grad is None else grad[row]
                _step(one.optimizers[name])
            return sizes
        for weight, grad in grads.items():
            self.weights[name][weight].grad = grad
        _step(self.optimizers[name])
        self._tie(name)
        return sizes

    def _take_over(self, name: str) -> None:
        """Stack the learners' statistics; step counts are the same for all."""
        for weight, parameter in self.weights[name].items():
            own = [one.optimizers[name].state.get(one.weights[name][weight], {}) for one in self.own]
            self.optimizers[name].state[parameter] = {
                key: x.clone() if key == "step" else torch.stack([state[key] for state in own])
                for key, x in own[0].items()
            }
        self._tie(name)

    def _tie(self, name: str) -> None:
        for weight, parameter in self.weights[name].items():
            state = self.optimizers[name].state[parameter]
            if not state or (name, weight) in self._tied:
                continue
            self._tied.add((name, weight))
            for row, one in enumerate(self.own):
                mine = one.optimizers[name].state[one.weights[name][weight]]
                mine.update({key: x if key == "step" else x[row] for key, x in state.items()})


def _step(optimizer: torch.optim.Optimizer) -> None:
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
