"""Which steps are worth computing: indices that packed programs take as inputs, made from a batch's masks.

Episodes are ordered by length, longest first, and steps time by time, so that at every time the episodes that still
run are the first ones: the order that recurrences over sequences of different lengths need.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from compose.compiler.terms import Leaf, Term
from compose.graph.average import STEP

INDEX, EPISODE, PLACE, ALIVE, SEQUENCES = "index", "episode", "place", "alive", "sequences"


def plan_leaf(what: str, ahead: int, rows: int) -> Term:
    """An input of a packed program; ``rows``: how many steps are expected."""
    axes = (STEP,) if what in (INDEX, EPISODE) else ("batch", "time") if what == PLACE else ()
    return Term(Leaf("plan", f"{ahead}.{what}"), (), axes, (rows,) if len(axes) == 1 else (1,) * len(axes), "int", what)


def make_plan(fields: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """The plan inputs of a program by name ("AHEAD.WHAT").

    Kept are the steps of each episode and ``ahead`` more (the state in which it ended): ``index`` [step] into batch and
    time joined, ``episode`` [step], ``place`` [batch time] of each step among the kept ones (0 for the others),
    ``alive`` [time] how many episodes go on so long (on the CPU), ``sequences`` how many there are.
    """
    plan: dict[str, Any] = {}
    for ahead in {int(name.partition(".")[0]) for name in wanted}:
        found = _kept(fields["steps"], ahead)
        plan |= {f"{ahead}.{what}": x for what, x in found.items()}
    return plan


def _kept(steps: Tensor, ahead: int) -> dict[str, Any]:
    batch, time = steps.shape
    clock = torch.arange(1, time + 1, device=steps.device)
    length = ((steps * clock).amax(1) + ahead).clamp(1, time)
    order = length.argsort(descending=True, stable=True)
    running = clock[:, None] <= length[order]
    t, rank = running.nonzero(as_tuple=True)
    episode = order[rank]
    place = torch.zeros(batch, time, dtype=torch.int64, device=steps.device)
    place[episode, t] = torch.arange(len(t), device=steps.device)
    return {INDEX: episode * time + t, EPISODE: episode, PLACE: place, ALIVE: running.sum(1).cpu(), SEQUENCES: batch}
