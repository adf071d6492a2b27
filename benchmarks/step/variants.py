"""The ways to make one training step that are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from compose.compiler.compile import compile
from compose.compiler.passes import PASSES, Pass
from compose.compiler.weights import count
from compose.graph.build import build_graph
from compose.training.clocks import Clocks, moving_params
from compose.training.optim import Optimizers

from .by_hand import by_hand
from .cases import Case

Step = Callable[[], float]
"""Losses, backward, clipping and the optimizer's step; gives the norm of the gradient."""

BY_HAND, PLAIN, PASSED, NATIVE = "by hand", "plain", "passes", "passes + compile"


def variants(case: Case, device: str, *, native: bool = False) -> dict[str, Step]:
    """Every way there is for a spec, by name, all from the same weights and on the same batch and draws.

    Another way is one more line here: a name and a step. ``native`` adds torch.compile, which starts a minute later.
    """
    ways = {PLAIN: compiled(case, device, ()), PASSED: compiled(case, device, PASSES)}
    if native:
        ways[NATIVE] = compiled(case, device, PASSES, native=True)
    hand = written(case, device)
    return ways if hand is None else {BY_HAND: hand, **ways}


def weights(case: Case) -> int:
    """How many numbers a spec learns."""
    return count(build_graph(case.spec, case.schema))


def compiled(case: Case, device: str, passes: Sequence[Pass], *, native: bool = False) -> Step:
    """The spec's own program under the given passes."""
    model = compile(case.spec, case.schema, device=device, passes=passes, native=native)
    optimizers = Optimizers(model, model.spec.learner.optimizers)
    fields = _on(case, device)
    episodes, steps = fields["reward"].shape
    draws = model.draw("learn", 0, 0, torch.arange(episodes, device=device), steps=steps)

    params = moving_params(model, Clocks())  # as they begin

    def step() -> float:
        model.refresh(fields, draws, params)
        return optimizers.update(lambda: model.learn(fields, draws, params)).norms["main"]

    return step


def written(case: Case, device: str) -> Step | None:
    """The comparator, if there is one."""
    model = compile(case.spec, case.schema, device=device, passes=())
    learner = by_hand(model)
    if learner is None:
        return None
    fields = _on(case, device)
    groups = model.draw("learn", 0, 0, torch.arange(len(fields["reward"]), device=device)).get("groups.label")

    def step() -> float:
        return learner.step(fields, groups)[1]

    return step


def _on(case: Case, device: str) -> dict[str, Tensor]:
    return {name: x.to(device) for name, x in case.fields.items()}
