"""Optimizers of a spec: their order, gradients by optimizer, clipping, and their state by weight name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from compose.compiler.model import Learned, Model
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.moving import Curve, Piecewise
from compose.language.schedules import value
from compose.training.ranks.alone import ALONE, Ranks

_MEANS = {"step", "exp_avg", "exp_avg_sq"}
_STATISTICS = {"rmsprop": {"step", "square_avg"}, "adam": _MEANS, "adamw": _MEANS, "radam": _MEANS,
               "sgd": {"momentum_buffer"}}
"""What torch keeps for each weight."""
_KINDS: Mapping[str, tuple[type[torch.optim.Optimizer], tuple[str, ...]]] = {
    "rmsprop": (torch.optim.RMSprop, ("alpha", "eps", "weight_decay")),
    "adam": (torch.optim.Adam, ("betas", "eps", "weight_decay")),
    "adamw": (torch.optim.AdamW, ("betas", "eps", "weight_decay")),
    "radam": (torch.optim.RAdam, ("betas", "eps", "weight_decay")),
    "sgd": (torch.optim.SGD, ("momentum", "weight_decay")),
}
"""Kind -> torch's class, and the settings that it takes beside ``lr``."""
BEGINNING = {"env_steps": 0, "episodes": 0, "updates": 0}


@dataclass(frozen=True)
class Updated:
    """One update: every loss, the norm of every optimizer's gradient before clipping, and what the spec logs."""

    losses: dict[str, float]
    norms: dict[str, float]
    logged: dict[str, Tensor] = field(default_factory=dict)


class Optimizers:
    """All optimizers of a model.

    One update gives each of them one step. Optimizers without ``after`` share one pass; one that steps ``after``
    another computes its losses again, on the same draws and the weights as they then are.
    """

    def __init__(self, model: Model, settings: Mapping[str, Any], ranks: Ranks = ALONE) -> None:
        self.model, self.settings, self.ranks = model, settings, ranks
        self.weights = {name: model.trained_by(name) for name in settings}
        self.optimizers = {name: build_optimizer(self.weights[name], one) for name, one in settings.items()}
        self.turns = turns_of({name: one.after for name, one in settings.items()})

    def pace(self, clocks: Mapping[str, int]) -> None:
        """Take the step sizes that the schedules have at these clocks."""
        for name, one in self.settings.items():
            set_rate(self.optimizers[name], value(one.lr, clocks))

    def rates(self, clocks: Mapping[str, int]) -> dict[str, float]:
        """The step sizes that move, at these clocks."""
        moving = {name: one.lr for name, one in self.settings.items() if isinstance(one.lr, Curve | Piecewise)}
        return {name: value(rate, clocks) for name, rate in moving.items()}

    def update(self, learn: Callable[[], Learned]) -> Updated:
        """Step every optimizer once.

        Args:
            learn: Computes the losses on the weights as they are.

        Raises:
            SpecError: ``train.not_finite``, before any weight of that optimizer is changed.
        """
        losses: dict[str, float] = {}
        norms: dict[str, float] = {}
        logged: dict[str, Tensor] = {}
        for turn in self.turns:
            learned = learn()
            logged = logged or learned.logged
            found = self.ranks.totals({name: float(x) for name, x in learned.losses.items()})
            refuse(found, "losses", "loss")
            losses = found | losses
            grads = {name: self._gradients(name, learned.totals[name], last=name == turn[-1]) for name in turn}
            for name in turn:
                norms[name] = self._step(name, grads[name])
        return Updated(losses, norms, logged)

    def _gradients(self, name: str, total: Tensor, *, last: bool) -> Sequence[Tensor | None]:
        weights = list(self.weights[name].values())
        return self.ranks.gradients(torch.autograd.grad(total, weights, allow_unused=True, retain_graph=not last))

    def _step(self, name: str, grads: Sequence[Tensor | None]) -> float:
        norm = torch.nn.utils.get_total_norm([g for g in grads if g is not None])
        size = float(norm)
        refuse({name: size}, "learner.optimizers", "norm of the gradient")
        weights = list(self.weights[name].values())
        for weight, grad in zip(weights, grads, strict=True):
            weight.grad = None if grad is None else grad.contiguous()  # some come expanded
        if self.settings[name].clip is not None:
            torch.nn.utils.clip_grads_with_norm_(weights, self.settings[name].clip, norm)
        if self.settings[name].clip_value is not None:
            torch.nn.utils.clip_grad_value_(weights, self.settings[name].clip_value)
        self.optimizers[name].step()
        self.optimizers[name].zero_grad(set_to_none=True)
        return size

    def state(self) -> dict[str, Tensor]:
        """All statistics as ``OPTIMIZER/WEIGHT/STATISTIC``."""
        return {
            f"{name}/{weight}/{key}": torch.as_tensor(x)
            for name, optimizer in self.optimizers.items()
            for weight, parameter in self.weights[name].items()
            for key, x in optimizer.state.get(parameter, {}).items()
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over statistics given by :meth:`state`.

        Raises:
            ValueError, KeyError: If they are not of these weights.
        """
        for optimizer in self.optimizers.values():
            optimizer.state.clear()
        for full, x in state.items():
            name, weight, key = full.split("/")
            parameter = self.weights[name][weight]
            device = "cpu" if key == "step" else parameter.device  # where torch keeps its step counts
            shape = torch.Size() if key == "step" else parameter.shape
            if x.shape != shape or not x.is_floating_point() or (key != "step" and x.dtype != parameter.dtype):
                raise ValueError(f"{full}: expected {parameter.dtype} {list(shape)}, got {x.dtype} {list(x.shape)}")
            self.optimizers[name].state[parameter][key] = x.to(device, copy=True)
        for name, optimizer in self.optimizers.items():
            if any(set(found) != _kept(self.settings[name]) for found in optimizer.state.values()):
                raise ValueError(f"{name}: statistics are missing or too many")


def _kept(settings: Any) -> set[str]:
    return set() if settings.kind == "sgd" and settings.momentum == 0 else _STATISTICS[settings.kind]


def build_optimizer(weights: Mapping[str, torch.nn.Parameter], settings: Any) -> torch.optim.Optimizer:
    """RMSprop: v <- alpha v + (1 - alpha) g^2; w <- w - lr g / (sqrt(v) + eps). The others: as published."""
    made, taken = _KINDS[settings.kind]
    given = {name: getattr(settings, name) for name in taken}
    return made(list(weights.values()), lr=value(settings.lr, BEGINNING), **given)  # type: ignore[call-arg]


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """The step size of the next steps."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def turns_of(after: Mapping[str, str | None]) -> list[list[str]]:
    """Groups of optimizers in the order in which they step; a group shares one pass.

    Raises:
        SpecError: ``train.optimizer_order`` if ``after`` names no optimizer or goes round in a circle.
    """
    turns: list[list[str]] = []
    left = dict(after)
    while left:
        done = {name for turn in turns for name in turn}
        ready = [name for name, before in left.items() if before is None or before in done]
        if not ready:
            names = ", ".join(left)
            raise SpecError(Diagnostic("train.optimizer_order", f"'after' never lets these step: {names}",
                                       where="learner.optimizers"))
        turns.append(ready)
        left = {name: before for name, before in left.items() if name not in ready}
    return turns


def refuse(values: Mapping[str, float], place: str, what: str, *notes: str) -> None:
    """Stop where a value is infinite or no number. Raises SpecError (``train.not_finite``)."""
    wrong = {name: x for name, x in values.items() if not math.isfinite(x)}
    if wrong:
        raise SpecError(*(Diagnostic(
            "train.not_finite", f"the {what} is {x}", where=f"{place}.{name}",
            hint="try a smaller lr, or clip", notes=notes,
        ) for name, x in wrong.items()))
