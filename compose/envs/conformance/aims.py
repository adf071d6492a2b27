"""Which action is aimed at whom (field ``action_entity``), where an environment says so."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.play import Play
from compose.envs.guard.finding import Finding

_FIELD = "action_entity"


def _check(case: Case) -> Iterator[Finding | Unseen]:
    for play in case.plays:
        if _FIELD not in play.fields:
            yield Unseen(f"there is no field '{_FIELD}'")
            return
        axes = " ".join(["time", *(axis for axis in play.schema.fields[_FIELD].axes if axis != "time")])
        for text, bad in _mistakes(play):
            yield from play.wrong("env.aim", text, "something else", bad, axes.removesuffix(" entity"), _FIELD)


def _mistakes(play: Play) -> Iterator[tuple[str, torch.Tensor]]:
    """What is expected, and where it does not hold: (time ... action)."""
    aim, schema = play.fields[_FIELD], play.schema
    slot = torch.arange(schema.entities, device=aim.device)
    yield "an action to be aimed at one entity at most", aim.sum(-1) > 1
    start = 0
    for group in schema.actions:
        side = torch.zeros_like(slot, dtype=torch.bool) if group.targets is None \
            else (slot < schema.agents) == (group.targets == "agent")
        wrong = torch.zeros_like(aim[..., 0])
        wrong[..., start : start + group.count] = (aim[..., start : start + group.count, :] & ~side).any(-1)
        whom = "nobody" if group.targets is None else f"{group.targets}s only"
        yield f"actions '{group.name}' to be aimed at {whom}", wrong
        start += group.count


PROPERTY = Property("aims", "actions are aimed at one entity at most, of the schema's side", _check)
