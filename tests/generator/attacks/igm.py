"""No joint action may beat the one in which every agent is greedy: all of them are tried."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from compose.graph.align import align
from compose.graph.node import Value
from tests.generator.attacks.trial import Trial

ACTED = ("batch", "time", "agent", "action")


def igm(trial: Trial) -> str | None:
    """With the utilities that the weights give, and with any utilities."""
    graph = trial.graph
    joint, utilities = graph.joint or graph.values.get("q_tot"), graph.utilities or graph.act_values
    if joint is None or utilities is None:
        return None
    with torch.no_grad():
        return _beaten(trial, joint, utilities, None) or _beaten(trial, joint, utilities, _any(trial, utilities))


def _any(trial: Trial, utilities: Value) -> Tensor:
    """Utilities such as other weights might give."""
    (real,) = trial.values([utilities])
    return torch.randn(real.shape, generator=trial.noise, dtype=torch.float64) * 2


def _beaten(trial: Trial, joint: Value, utilities: Value, given: Tensor | None) -> str | None:
    known = {} if given is None else {utilities: given}
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
    action = trial.fields["action"].clone()
    action[:, step] = greedy[:, step]

    def worth(action: Tensor) -> Tensor:
        (found,) = trial.values([joint], {**trial.fields, "action": action}, given=known)
        axes = joint.type.axes
        return (
            found.select(axes.index("time"), step) if "time" in axes and found.shape[axes.index("time")] > 1 else found
        )

    best = worth(action)
    for chosen in product(range(values.shape[-1]), repeat=trial.schema.agents):
        wanted = torch.tensor(chosen)
        possible = allowed[:, step].gather(-1, wanted.expand(batch, -1)[..., None])[..., 0]
        action[:, step] = torch.where(possible & present, wanted, greedy[:, step])
        gain = worth(action) - best
        gain = torch.where(torch.isfinite(gain), gain, 0.0) / (1 + best.abs())
        if float(gain.max()) > 1e-9:
            how = "" if given is None else " (utilities made up)"
            return f"joint action {chosen} beats the greedy one by {float(gain.max()):.3g} in {joint.name}{how}"
    return None
