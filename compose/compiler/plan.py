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
OF_ENTITY, ROW = "of_entity", "row"


def plan_leaf(what: str, ahead: int, rows: int) -> Term:
    """An input of a packed program; ``rows``: how many steps are expected."""
    axes = (STEP,) if what in (INDEX, EPISODE) else ("batch", "time") if what == PLACE else ()
    return Term(Leaf("plan", f"{ahead}.{what}"), (), axes, (rows,) if len(axes) == 1 else (1,) * len(axes), "int", what)


def row_leaf(side: str, what: str, ahead: int, rows: int) -> Term:
    """An input of a program that leaves absent rows out; ``rows``: how many are expected."""
    axes = (f"{side} row",) if what in (INDEX, OF_ENTITY) else (STEP, side) if what in (PLACE, ROW) else ()
    shape = (rows,) if len(axes) == 1 else (1,) * len(axes)
    return Term(Leaf("plan", f"{ahead}.{side}.{what}"), (), axes, shape, "int", what)


def free_dims(name: str) -> tuple[int, ...]:
    """Dimensions of a plan input that change with the batch."""
    what = name.rpartition(".")[2]
    return (0, 1) if what == PLACE and name.count(".") == 1 else (0,)


def make_plan(fields: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    """The plan inputs of a program by name ("AHEAD.WHAT").

    Kept are the steps of each episode and ``ahead`` more (the state in which it ended): ``index`` [step] into batch and
    time joined, ``episode`` [step], ``place`` [batch time] of each step among the kept ones (0 for the others),
    ``alive`` [time] how many episodes go on so long (on the CPU), ``sequences`` a number for each. The same for rows of
    agents and entities that are present at some time ("AHEAD.SIDE.WHAT"): ``index`` into step and slot joined,
    ``of_entity`` [agent row] the place among the rows of entities, ``row`` [step SIDE] as ``place`` with -1 for others.
    """
    plan: dict[str, Any] = {}
    names = [name.split(".") for name in wanted]
    for ahead in {int(first) for first, *_ in names}:
        kept, running = _kept(fields["steps"], ahead)
        plan |= {f"{ahead}.{what}": x for what, x in kept.items()}
        sides = {rest[0] for first, *rest in names if int(first) == ahead and len(rest) == 2}
        if sides:
            entities = _rows(fields["present"], kept[EPISODE], running, fields["present"].shape[-1])
            plan |= {f"{ahead}.entity.{what}": x for what, x in entities.items()}
        if "agent" in sides:
            agents = _rows(fields["present"], kept[EPISODE], running, fields["visible"].shape[2])
            entity = entities[PLACE][:, : agents[PLACE].shape[1]].flatten()
            agents[OF_ENTITY] = entity[agents[INDEX]]
            plan |= {f"{ahead}.agent.{what}": x for what, x in agents.items()}
    return plan


def _kept(steps: Tensor, ahead: int) -> tuple[dict[str, Any], Tensor]:
    """The plan of steps; and who runs: bool [time rank]."""
    batch, time = steps.shape
    clock = torch.arange(1, time + 1, device=steps.device)
    length = ((steps * clock).amax(1) + ahead).clamp(1, time)
    order = length.argsort(descending=True, stable=True)
    running = clock[:, None] <= length[order]
    t, rank = running.nonzero(as_tuple=True)
    episode = order[rank]
    place = torch.zeros(batch, time, dtype=torch.int64, device=steps.device)
    place[episode, t] = torch.arange(len(t), device=steps.device)
    found = {INDEX: episode * time + t, EPISODE: episode, PLACE: place, ALIVE: running.sum(1).cpu(),
             SEQUENCES: order}
    return found, running


def _rows(present: Tensor, episode: Tensor, running: Tensor, slots: int) -> dict[str, Any]:
    """The plan of rows that are present at some time of their episode, among the first ``slots``."""
    ever = present.any(1)[:, :slots]
    kept = ever[episode]
    index = kept.flatten().nonzero()[:, 0]
    place = torch.zeros_like(kept, dtype=torch.int64)
    place[kept] = torch.arange(len(index), device=present.device)
    counts = ever.sum(1)[episode[: running.shape[1]]]  # the first step of every episode, in order of rank
    ends = (running * counts).sum(1).cpu()
    return {INDEX: index, PLACE: place, ROW: place.masked_fill(~kept, -1), ALIVE: ends,
            SEQUENCES: counts.new_zeros(int(counts.sum()))}
