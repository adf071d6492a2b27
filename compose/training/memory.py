"""How much memory a training will take, told before it starts, and refused if it is too much."""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from compose.compiler.activations import activations
from compose.compiler.held import held
from compose.compiler.model import Model
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.learning import Learner, ReplayLearner
from compose.language.numerals import bytes_text
from compose.training.replay import bytes_estimate

MORE = 1.25
"""Of what tensors of an update hold: what lies free between them, and what libraries take for a moment."""
SHARE = 0.8
"""The share of available memory that may be used unless told."""
_COPIES = {"rmsprop": 3, "adam": 4, "adamw": 4, "radam": 4, "sgd": 3}


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes. Episodes are taken to be as long as they may be; see :func:`estimate` for how each part is counted."""

    replay: int
    weights: int
    activations: int
    playing: int = 0
    """Of the episodes that are played side by side; never at the same time as ``activations``."""
    learner: type[Learner] = ReplayLearner
    """Whose settings decide how much is kept."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.replay + self.weights + max(self.activations, self.playing)

    def for_seeds(self, seeds: int, at_once: int) -> MemoryEstimate:
        """What so many trainings together need, of which ``at_once`` learn from a batch at the same time."""
        return MemoryEstimate(seeds * self.replay, seeds * self.weights, at_once * self.activations,
                              seeds * self.playing, self.learner)

    def for_one_of(self, processes: int) -> MemoryEstimate:
        """What each of so many processes needs that train together."""
        return replace(self, replay=-(-self.replay // processes))

    def __str__(self) -> str:
        batch = max(self.activations, self.playing)
        parts = (("replay", self.replay), ("weights and optimizer", self.weights), ("one batch", batch))
        return f"memory: about {bytes_text(self.total)} ({', '.join(f'{name} {bytes_text(n)}' for name, n in parts)})"


def estimate(model: Model, schema: EntitySchema, *, fields: Collection[str] | None = None,
             played: int = 0, each: int | None = None) -> MemoryEstimate:
    """What a training of ``model`` needs, which plays ``played`` episodes at once to evaluate.

    The replay: ``each`` bytes an episode, where they are packed and were measured; exactly what is allocated otherwise.
    Weights: value, gradient, the optimizer's statistics (two of Adam's kinds, one of others), and the lagged copies.
    One batch: what :func:`~compose.compiler.held.held` finds for episodes of full length and with everybody present,
    beside the batch's own fields; what is counted from the types alone where programs are compiled, or two episodes
    may be too much to try. Playing keeps one step of acting, and the episodes twice: as they are recorded, and as they
    are taken into the replay.
    """
    learner = model.spec.learner
    copies = max(_COPIES[o.kind] for o in learner.optimizers.values())
    weights = sum(w.numel() * w.element_size() for w in model.weights.values()) * copies
    weights += sum(t.numel() * t.element_size() for t in model.target.values())
    span = learner.span(schema.sizes["time"])
    given = math.ceil(learner.batch * span / schema.sizes["time"])
    together = max(learner.environments, played)
    learned = round(MORE * _held(model, learner.batch, span)) + bytes_estimate(schema, given, fields)
    playing = 4 * activations(model.graph, together, 1).acted + 2 * bytes_estimate(schema, together, fields)
    stored = learner.stored(schema.sizes["time"])
    replay = bytes_estimate(schema, stored, fields) if each is None else each * stored
    return MemoryEstimate(replay, weights, learned, playing, type(learner))


def _held(model: Model, batch: int, steps: int) -> int:
    """Bytes of tensors while a batch is learned from."""
    tried = "learn" in model.programs and not model.native
    if tried and 4 * activations(model.graph, 2, steps).learned < available(model.device):
        return held(model, batch, steps)
    return 4 * activations(model.graph, batch, steps).learned


def available(device: torch.device) -> int:
    """Free bytes on a device; for the CPU, what the system or the control group still allows."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    free = [_system()]
    limit, used = (_number(Path("/sys/fs/cgroup") / name) for name in ("memory.max", "memory.current"))
    if limit is not None and used is not None:
        free.append(max(0, limit - used))
    return min(free)


def check(need: MemoryEstimate, limit: int) -> None:
    """Refuse a training that would not fit.

    Raises:
        SpecError: ``train.memory``, naming the setting that would save most.
    """
    if need.total <= limit:
        return
    parts = {need.learner.to_keep_less: need.replay, need.learner.to_draw_less: need.activations,
             "lower learner.environments": need.playing, "lower params": need.weights}
    change = max(parts, key=lambda name: parts[name])
    raise SpecError(Diagnostic(
        "train.memory", f"needs about {bytes_text(need.total)}, but only {bytes_text(limit)} may be used",
        where=change.rpartition(" ")[2], hint=f"{change}, or raise the limit with --memory-limit", notes=(str(need),),
    ))


def check_possible(weights: int, schema: EntitySchema, device: torch.device) -> None:
    """Refuse so many weights and so large an environment, before there is a tensor, if not even the bare weights and
    one episode fit on ``device``.

    Raises:
        SpecError: ``train.memory``.
    """
    need, free = weights * 4 + bytes_estimate(schema, 1), available(device)
    if need > free:
        text = f"its {weights:,} weights and one episode need {bytes_text(need)}, but only {bytes_text(free)} are free"
        hint = "lower the widths among its params, or take a smaller environment"
        raise SpecError(Diagnostic("train.memory", text, hint=hint))


def _system() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
