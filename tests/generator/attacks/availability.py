"""No action is taken that is not available, and no maximum or policy that losses read counts on one."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.graph.align import align
from compose.graph.node import Node, Value
from tests.generator.attacks.trial import Trial

LOW = -1e6
ACTED = ("batch", "time", "agent", "action")


def availability(trial: Trial) -> str | None:
    """Choose as acting does; look at everything that searches or chooses among actions."""
    with torch.no_grad():
        found = _chosen(trial)
        return found or next(filter(None, (_read(trial, n) for n in trial.graph.nodes(trial.graph.learned()))), None)


def _open(trial: Trial) -> Tensor:
    """bool [batch time agent action]: not available to somebody present who has something else to do."""
    available, present = trial.fields["available"], trial.fields["present"][:, :, : trial.schema.agents]
    return ~available & (present & available.any(-1))[..., None]


def _plain(values: Tensor, available: Tensor) -> Tensor:
    """Where no available action is worth -1e6 or less, which a filler stands for (`docs/proofs.md` says so): an extreme
    over nothing is 1e30, and a policy made of it is none."""
    return (values.masked_fill(~available, 0.0) > LOW).all(-1, keepdim=True)


def _chosen(trial: Trial) -> str | None:
    graph, forbidden = trial.graph, _open(trial)
    assert graph.act_values is not None
    (values,) = trial.values([graph.act_values])
    values = align(values, graph.act_values.type.axes, ACTED).expand(forbidden.shape)
    forbidden = forbidden & _plain(values, trial.fields["available"])
    allowed = torch.ones_like(forbidden)
    if graph.act_where is not None:
        (where,) = (torch.as_tensor(x) for x in trial.values([graph.act_where]))
        allowed = align(where, graph.act_where.type.axes, ACTED).expand(forbidden.shape) if where.dim() else allowed
    some = allowed.any(-1, keepdim=True)
    choose = graph.spec.act.choose
    if choose == "greedy":
        possible = torch.zeros_like(allowed).scatter(
            -1, values.masked_fill(~allowed, -torch.inf).argmax(-1)[..., None], True
        )
    elif choose == "categorical":
        possible = values.masked_fill(~allowed, -torch.inf).softmax(-1) > 1e-30
    else:
        possible = allowed
    taken = (possible & forbidden & some).nonzero()
    return f"acting ({choose}) may take action {taken[0].tolist()}, which is not available" if len(taken) else None


def _read(trial: Trial, node: Node) -> str | None:
    ports = [*node.op.searches, *([node.op.chooses] if node.op.chooses else [])]
    for port in ports:
        value = node.wires[port]
        if not isinstance(value, Value) or not {"agent", "action"} <= set(value.type.axes):
            continue
        if any("action" in out.type.axes for out in node.values.values()) and port in node.op.searches:
            continue
        forbidden = (
            align(_open(trial), ACTED, tuple(a for a in value.type.axes if a in ACTED))
            if set(ACTED) <= set(value.type.axes)
            else None
        )
        if forbidden is None:
            continue
        found = _looked(trial, node, port, value, forbidden)
        if found:
            return found
    return None


def _looked(trial: Trial, node: Node, port: str, value: Value, forbidden: Tensor) -> str | None:
    axes = value.type.axes
    if set(axes) != set(ACTED):
        return None
    output = next(iter(node.values.values()))
    x, out = trial.values([value, output])
    dim = axes.index("action")
    x = x.expand(forbidden.shape)
    forbidden = forbidden & (x.masked_fill(forbidden, 0.0) > LOW).all(dim, keepdim=True)
    real = ~forbidden.all(dim)
    if port == node.op.chooses:
        if "action" not in output.type.axes or "action" in node.op.mixes(node):
            mass = (x.softmax(dim) * forbidden).sum(dim)
            if float(mass.max()) > 1e-6:
                return f"{node.name} chooses with chance {float(mass.max()):.3g} what is not available"
        return None
    rest = tuple(a for a in axes if a != "action")
    if output.type.axes != rest:
        return None
    best = x.masked_fill(forbidden, -torch.inf).amax(dim)
    got = x.gather(dim, out.unsqueeze(dim)).squeeze(dim) if out.dtype == torch.int64 else out
    gap = torch.where(real & (got > -1e29), got - best, 0.0)
    if float(gap.max()) > 1e-9:
        return f"{node.name} counts on an action that is not available (by {float(gap.max()):.3g})"
    return None
