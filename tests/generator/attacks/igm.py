"""No joint action may beat the one in which every agent is greedy: all of them are tried."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from compose.graph.align import align
from compose.graph.node import Value
from compose.language.axes import Axes
from tests.generator.attacks.trial import Trial

ACTED = ("batch", "time", "agent", "action")


def igm(trial: Trial) -> str | None:
    """With the utilities that the weights give, and with any utilities."""
    graph = trial.graph
    joint, utilities = graph.joint or graph.values.get("q_tot"), graph.utilities or graph.act_values
    if joint is None or utilities is None:
        return None
    with torch.no_grad():
        return _beaten(trial, joint, utilities, {}) or _beaten(trial, joint, utilities, _any(trial, utilities))


def _any(trial: Trial, utilities: Value) -> dict[Value, Tensor]:
    """Utilities such as other weights might give, before anything fills what is not available."""
    made = {value: node for node in trial.graph.nodes([utilities]) for value in node.values.values()}
    while (node := made.get(utilities)) is not None and (fills := node.op.fills) is not None:
        (utilities,) = (value for value in [node.wires[fills.data]] if isinstance(value, Value))
    (real,) = trial.values([utilities])
    return {utilities: torch.randn(real.shape, generator=trial.noise, dtype=torch.float64) * 2}


def _beaten(trial: Trial, joint: Value, utilities: Value, known: dict[Value, Tensor]) -> str | None:
    (values,) = trial.values([utilities], given=known)
    values = align(values, utilities.type.axes, ACTED)
    batch, steps = trial.fields["steps"].shape
    values = values.expand(batch, steps, *values.shape[2:])
    allowed = trial.fields["available"]
    if trial.graph.act_where is not None:
        (where,) = trial.values([trial.graph.act_where])
        where = torch.as_tensor(where)
        allowed = align(where, trial.graph.act_where.type.axes, ACTED).expand(values.shape) if where.dim() else allowed
    greedy = values.masked_fill(~allowed, -1e30).argmax(-1)
    step = trial.below(steps)
    present = trial.fields["present"][:, step, : trial.schema.agents]
    tried = list(product(range(values.shape[-1]), repeat=trial.schema.agents))
    actions = [trial.fields["action"].clone() for _ in range(len(tried) + 1)]
    actions[0][:, step] = greedy[:, step]
    for action, chosen in zip(actions[1:], tried, strict=True):
        wanted = torch.tensor(chosen)
        possible = allowed[:, step].gather(-1, wanted.expand(batch, -1)[..., None])[..., 0]
        action[:, step] = torch.where(possible & present, wanted, greedy[:, step])
    best, *worths = _worth(trial, joint, known, actions, step)
    for chosen, worth in zip(tried, worths, strict=True):
        gain = worth - best
        gain = torch.where(torch.isfinite(gain), gain, 0.0) / (1 + best.abs())
        if float(gain.max()) > 1e-9 and trial.moves(joint, float(gain.max())):
            how = " (utilities made up)" if known else ""
            return f"joint action {chosen} beats the greedy one by {float(gain.max()):.3g} in {joint.name}{how}"
    return None


def _worth(trial: Trial, joint: Value, known: dict[Value, Tensor], actions: list[Tensor], step: int) -> list[Tensor]:
    """The joint value of a step for every choice of actions [batch time agent]: in one batch in which the episodes
    stand once for each choice, or one after the other where episodes meet."""
    axes, batch = joint.type.axes, len(actions[0])
    timed = axes.index("time") if "time" in axes else None

    def values(stacked: list[Tensor]) -> Tensor:
        turns = len(stacked)

        def again(x: Tensor, have: Axes) -> Tensor:
            return x.repeat(turns, *[1] * (x.dim() - 1)) if have[:1] == ("batch",) and len(x) == batch else x

        fields = {name: again(x, trial.axes(name)) for name, x in trial.fields.items()}
        draws = {name: again(x, trial.draw_axes(name)) for name, x in trial.draws.items()}
        given = {value: again(x, value.type.axes) for value, x in known.items()}
        (x,) = trial.values([joint], {**fields, "action": torch.cat(stacked)}, draws=draws, given=given)
        return x.select(timed, step) if timed is not None and x.shape[timed] > 1 else x

    if _meet(trial, joint):
        return [values([action]) for action in actions]
    found = values(actions)
    return list(found.split(batch)) if len(found) == batch * len(actions) else [found] * len(actions)


def _meet(trial: Trial, joint: Value) -> bool:
    """Does anything that the joint value is made of look along the batch?"""
    if joint.type.axes[:1] != ("batch",):
        return True
    for node in trial.graph.nodes([joint]):
        named = {str(x) for given in vars(node.op).values() for x in (given if isinstance(given, tuple) else (given,))}
        kept = any("batch" in value.type.axes for value in node.values.values())
        if "batch" in named or (not kept and any("batch" in value.type.axes for value in node.operands())):
            return True
    return False
