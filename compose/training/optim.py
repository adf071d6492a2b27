"""Optimizers of a spec: their order, gradients by optimizer, clipping, and their state by weight name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from compose.compiler.model import Learned, Model
from compose.kernels.random import key, uniform
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

    One update gives each of them its steps, mostly one. Optimizers without ``after`` share one pass; one that steps
    ``after`` another computes its losses again, on the same draws and the weights as they then are. So does one that
    takes several steps, or one for each index of an axis, before every step; it comes behind those that share a pass.
    """

    def __init__(self, model: Model, settings: Mapping[str, Any], ranks: Ranks = ALONE) -> None:
        self.model, self.settings, self.ranks = model, settings, ranks
        self.weights = {name: model.trained_by(name) for name in settings}
        self.parts = {part: weights for name, one in settings.items()
                      for part, weights in parts_of(name, self.weights[name], one.each).items()}
        """What steps at once: all weights of an optimizer, or their rows at one index (``NAME.INDEX``)."""
        self.optimizers = {part: build_optimizer(weights, settings[part.partition(".")[0]])
                           for part, weights in self.parts.items()}
        self.turns = turns_of({name: one.after for name, one in settings.items()})

    def pace(self, clocks: Mapping[str, int]) -> None:
        """Take the step sizes that the schedules have at these clocks."""
        for name, one in self.settings.items():
            for part in self._parts(name):
                set_rate(self.optimizers[part], value(one.lr, clocks))

    def rates(self, clocks: Mapping[str, int]) -> dict[str, float]:
        """The step sizes that move, at these clocks."""
        moving = {name: one.lr for name, one in self.settings.items() if isinstance(one.lr, Curve | Piecewise)}
        return {name: value(rate, clocks) for name, rate in moving.items()}

    def update(self, learn: Callable[[], Learned], moment: int = 0) -> Updated:
        """Let every optimizer take its steps.

        Args:
            learn: Computes the losses on the weights as they are.
            moment: The key that random orders are drawn with.

        Raises:
            SpecError: ``train.not_finite``, before any weight of that optimizer is changed.
        """
        losses: dict[str, float] = {}
        norms: dict[str, list[float]] = {}
        logged: dict[str, Tensor] = {}
        for parts in self._passes(moment):
            learned, turn = learn(), [part.partition(".")[0] for part in parts]
            logged = logged or learned.logged
            found = self.ranks.totals({name: float(x) for name, x in learned.losses.items()})
            refuse(found, "losses", "loss")
            losses = found | losses
            grads = {name: self._gradients(name, learned.totals[name], last=name == turn[-1]) for name in turn}
            for name, part in zip(turn, parts, strict=True):
                norms.setdefault(name, []).append(self._step(part, grads[name]))
        return Updated(losses, {name: sum(found) / len(found) for name, found in norms.items()}, logged)

    def _passes(self, moment: int) -> Iterator[list[str]]:
        """What steps after each pass, in order."""
        for turn in self.turns:
            own = [name for name in turn if self.settings[name].each is not None or self.settings[name].steps > 1]
            if shared := [name for name in turn if name not in own]:
                yield shared
            for name in own:
                parts = self._parts(name)
                if self.settings[name].each is not None and self.settings[name].order == "random":
                    drawn = uniform(key(moment, "order", name), torch.arange(len(parts)))
                    parts = [parts[i] for i in drawn.argsort(stable=True).tolist()]
                yield from ([part] for part in parts for _ in range(self.settings[name].steps))

    def _parts(self, name: str) -> list[str]:
        return [part for part in self.parts if part.partition(".")[0] == name]

    def _gradients(self, name: str, total: Tensor, *, last: bool) -> Sequence[Tensor | None]:
        weights = list(self.weights[name].values())
        return self.ranks.gradients(torch.autograd.grad(total, weights, allow_unused=True, retain_graph=not last))

    def _step(self, part: str, grads: Sequence[Tensor | None]) -> float:
        name, _, index = part.partition(".")
        grads = [g[int(index)] if index and g is not None else g for g in grads]
        norm = torch.nn.utils.get_total_norm([g for g in grads if g is not None])
        size = float(norm)
        refuse({name: size}, "learner.optimizers", "norm of the gradient")
        weights = list(self.parts[part].values())
        for weight, grad in zip(weights, grads, strict=True):
            weight.grad = None if grad is None else grad.contiguous()  # some come expanded
        if self.settings[name].clip is not None:
            torch.nn.utils.clip_grads_with_norm_(weights, self.settings[name].clip, norm)
        if self.settings[name].clip_value is not None:
            torch.nn.utils.clip_grad_value_(weights, self.settings[name].clip_value)
        self.optimizers[part].step()
        self.optimizers[part].zero_grad(set_to_none=True)
        return size

    def state(self) -> dict[str, Tensor]:
        """All statistics as ``OPTIMIZER/WEIGHT/STATISTIC``; of those with ``each`` as ``OPTIMIZER.INDEX/...``."""
        return {
            f"{part}/{weight}/{kept}": torch.as_tensor(x)
            for part, optimizer in self.optimizers.items()
            for weight, parameter in self.parts[part].items()
            for kept, x in optimizer.state.get(parameter, {}).items()
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take over statistics given by :meth:`state`.

        Raises:
            ValueError, KeyError: If they are not of these weights.
        """
        for optimizer in self.optimizers.values():
            optimizer.state.clear()
        for full, x in state.items():
            name, weight, kept = full.split("/")
            parameter = self.parts[name][weight]
            device = "cpu" if kept == "step" else parameter.device  # where torch keeps its step counts
            shape = torch.Size() if kept == "step" else parameter.shape
            if x.shape != shape or not x.is_floating_point() or (kept != "step" and x.dtype != parameter.dtype):
                raise ValueError(f"{full}: expected {parameter.dtype} {list(shape)}, got {x.dtype} {list(x.shape)}")
            self.optimizers[name].state[parameter][kept] = x.to(device, copy=True)
        for name, optimizer in self.optimizers.items():
            if any(set(found) != _kept(self.settings[name.partition(".")[0]]) for found in optimizer.state.values()):
                raise ValueError(f"{name}: statistics are missing or too many")


def _kept(settings: Any) -> set[str]:
    return set() if settings.kind == "sgd" and settings.momentum == 0 else _STATISTICS[settings.kind]


def parts_of(name: str, weights: Mapping[str, torch.nn.Parameter],
             each: str | None) -> dict[str, Mapping[str, torch.nn.Parameter]]:
    """The weights of an optimizer that step at once, by name: all, or for every index of the first axis its rows,
    which are parameters over the same memory."""
    if each is None:
        return {name: weights}
    count = len(next(iter(weights.values())))
    return {f"{name}.{i}": {full: torch.nn.Parameter(w.detach()[i]) for full, w in weights.items()}
            for i in range(count)}


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
