"""What an agent acts on must not move when what it may not know changes."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.graph.align import align
from tests.generator.attacks.trial import Fields, Trial, differ

ACTED = ("batch", "time", "agent", "action")


def decentralised(trial: Trial) -> str | None:
    """For every agent: other episodes, later steps, entities out of sight, others' own knowledge, global fields."""
    values = trial.graph.acted()
    before = trial.values(values)
    for agent in range(trial.schema.agents):
        episode, until = trial.below(len(trial.fields["steps"])), trial.below(trial.steps)
        for how, fields in changes(trial, agent, episode, until).items():
            for value, old, new in zip(values, before, trial.values(values, fields), strict=True):
                mine = [mine_of(x, value.type.axes, agent, episode, until) for x in (old, new)]
                here = trial.fields["present"][episode, : until + 1, agent, None]
                moved = differ(*mine, where=here)
                if moved:
                    return f"{value.name} of agent {agent} moves by {moved:.3g} when {how} change"
    return None


def mine_of(x: Tensor, axes: tuple[str, ...], agent: int, episode: int, until: int) -> Tensor:
    """[time action]: what one agent acts on, up to a step of an episode."""
    full = align(x, axes, ACTED)
    full = full.expand(*(max(n, 1) for n in full.shape))
    b = episode if full.shape[0] > 1 else 0
    row = full[b, :, agent if full.shape[2] > 1 else 0]
    return row[: until + 1] if row.shape[0] > 1 else row


def changes(trial: Trial, agent: int, episode: int, until: int) -> dict[str, Fields]:
    """Fields with one kind of what the agent may not know made up anew, by what it is."""
    fields = trial.fields
    hidden = ~fields["visible"][:, :, agent].clone()
    hidden[:, :, agent] = False
    unseen, others, secret, beyond = dict(fields), dict(fields), dict(fields), dict(fields)
    rows = torch.arange(trial.schema.entities)
    for name, x in fields.items():
        field, axes = trial.graph.field(name), trial.axes(name)
        other = trial.other(name)
        if name == "sight":
            keep = rows[:, None] == agent
            others["sight"] = torch.where(keep, x, other)
            others["visible"] = others["sight"][:, :, : trial.schema.agents]
        elif name == "visible":
            continue
        elif field.scope == "row" and field.index is not None:
            gone = hidden if field.index == "entity" else hidden[:, :, : trial.schema.agents]
            unseen[name] = _replaced(trial, name, x, other, gone, field.index)
        elif field.scope == "local" and field.index is not None:
            mine = torch.arange(trial.schema.agents) == agent
            shape = [len(mine) if a == "agent" else 1 for a in axes]
            others[name] = torch.where(mine.view(shape), x, other)
        elif field.scope != "public":
            secret[name] = other
        beyond[name] = _beyond(trial, name, x, other, episode, until)
    beyond["visible"] = beyond["sight"][:, :, : trial.schema.agents]
    return {
        "rows that it cannot see": unseen,
        "what only others know": others,
        "global fields": secret,
        "later steps and other episodes": beyond,
    }


def _replaced(trial: Trial, name: str, x: Tensor, other: Tensor, gone: Tensor, index: str) -> Tensor:
    """The field with the rows of ``gone`` [batch time index] made up anew."""
    axes = trial.axes(name)
    if "batch" not in axes:
        return x
    mask = gone if "time" in axes else gone.all(1)
    have = tuple(a for a in ("batch", "time", index) if a in axes)
    return torch.where(trial.mask(mask, have, name), other, x)


def _beyond(trial: Trial, name: str, x: Tensor, other: Tensor, episode: int, until: int) -> Tensor:
    axes = trial.axes(name)
    if "batch" not in axes:
        return x
    keep = torch.arange(x.shape[0]) == episode
    have: tuple[str, ...] = ("batch",)
    if "time" in axes:
        keep = keep[:, None] & (torch.arange(trial.steps) <= until)
        have = ("batch", "time")
    return torch.where(trial.mask(keep, have, name), x, other)
