"""The order of slots must not matter (permutation), nor what is in empty ones or how many there are (padding)."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from compose.graph.align import align
from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.node import Value
from compose.language.diagnostics import SpecError
from compose.language.load import from_spec
from tests.generator.attacks.trial import Fields, Trial, differ

Rows = Callable[[str], Tensor | None]
"""Axis -> which rows stand where, if it has slots."""


def outcomes(graph: Graph) -> list[Value]:
    """What must not change: the losses, what is acted on, what a training writes down."""
    return [*(t.average for t in graph.losses.values()), *graph.acted(), *graph.logged.values()]


def permutation(trial: Trial) -> str | None:
    """Reorder agents, and the other entities; values follow and losses stay."""
    schema, table = trial.schema, trial.graph.table
    agents = torch.randperm(schema.agents, generator=trial.noise)
    others = torch.randperm(schema.others, generator=trial.noise)
    base = {"agent": agents, "other": others, "entity": torch.cat([agents, others + schema.agents])}

    def rows(axis: str) -> Tensor | None:
        axis = axis.rstrip("'")
        if axis in table.joined and table.has_presence(axis):
            parts, start = [], 0
            for part in table.joined[axis]:
                length = table.size(part) or 1
                mine = rows(part) if part != "1" else None
                parts.append((torch.arange(length) if mine is None else mine) + start)
                start += length
            return torch.cat(parts)
        return base.get(axis)

    fields = {n: _moved(x, trial.axes(n), rows) for n, x in trial.fields.items()}
    draws = {n: _moved(x, trial.draw_axes(n), rows) for n, x in trial.draws.items()}
    wanted = outcomes(trial.graph)
    with torch.no_grad():
        before, after = trial.values(wanted), trial.values(wanted, fields, draws=draws)
    for value, old, new in zip(wanted, before, after, strict=True):
        moved = differ(_moved(old, value.type.axes, rows), new)
        if trial.moves(value, moved):
            return f"{value.name} changes by {moved:.3g} when slots are reordered"
    return None


def _moved(x: Tensor, axes: tuple[str, ...], rows: Rows) -> Tensor:
    for dim, axis in enumerate(axes[: x.dim()]):
        order = rows(axis)
        if order is not None and x.shape[dim] > 1:
            x = x.index_select(dim, order)
    return x


def padding(trial: Trial) -> str | None:
    """Garbage in empty slots and after the end; more empty slots; more steps after the end."""
    wanted = outcomes(trial.graph)
    with torch.no_grad():
        before = trial.values(wanted)
        for how, fields in _dirty(trial).items():
            for value, old, new in zip(wanted, before, trial.values(wanted, fields), strict=True):
                moved = differ(old, new, _real(trial, value))
                if trial.moves(value, moved):
                    return f"{value.name} changes by {moved:.3g} when {how}"
        return _longer(trial, wanted, before) or _more_slots(trial, before)


def _filled(trial: Trial) -> Tensor:
    steps = trial.fields["steps"]
    return steps | torch.cat([torch.ones_like(steps[:, :1]), steps[:, :-1]], 1)


def _real(trial: Trial, value: Value) -> Tensor | None:
    """Where an element of a value is of somebody present, in a step that is filled."""
    axes, present = value.type.axes, trial.fields["present"]
    if not axes:
        return None
    sizes = {
        "batch": present.shape[0],
        "time": trial.steps,
        "agent": trial.schema.agents,
        "entity": trial.schema.entities,
    }
    shape = [
        sizes.get(a, trial.graph.table.size(a) or 1) if a in ("batch", "time") else trial.graph.table.size(a) or 1
        for a in axes
    ]
    real = torch.ones(shape, dtype=torch.bool)
    for dim, axis in enumerate(axes):
        if axis in ("agent", "entity") and "batch" in axes:
            rows = present[:, :, : shape[dim]]
            have = ("batch", "time", axis) if "time" in axes else ("batch", axis)
            real = real & _laid(rows if "time" in axes else rows.any(1), have, axes)
    if "time" in axes and "batch" in axes:
        real = real & _laid(_filled(trial), ("batch", "time"), axes)
    return real


def _laid(mask: Tensor, have: tuple[str, ...], axes: tuple[str, ...]) -> Tensor:
    from compose.graph.align import align

    return align(mask, have, axes)


def _dirty(trial: Trial) -> dict[str, Fields]:
    """Fields with garbage where nothing is."""
    present, filled = trial.fields["present"], _filled(trial)
    absent, ended = dict(trial.fields), dict(trial.fields)
    for name, x in trial.fields.items():
        axes = trial.axes(name)
        if "batch" not in axes or name in ("steps", "terminated", "present"):
            continue
        other, real = trial.other(name), torch.ones_like(x, dtype=torch.bool)
        if x.dtype == torch.float64:
            for axis in ("agent", "entity"):
                if axis in axes:
                    rows = present[:, :, : trial.schema.agents] if axis == "agent" else present
                    timed = "time" in axes
                    have = ("batch", "time", axis) if timed else ("batch", axis)
                    real = real & trial.mask(rows if timed else rows.any(1), have, name)
            absent[name] = torch.where(real | ~_of_time(trial, filled, name), x, other)
        if "time" in axes and x.dtype != torch.bool:
            ended[name] = torch.where(_of_time(trial, filled, name), x, other)
    return {"empty slots hold other numbers": absent, "steps after the end hold other numbers": ended}


def _of_time(trial: Trial, filled: Tensor, name: str) -> Tensor:
    if "time" not in trial.axes(name):
        return torch.ones_like(trial.fields[name], dtype=torch.bool)
    return trial.mask(filled, ("batch", "time"), name)


def _longer(trial: Trial, wanted: list[Value], before: list[Tensor]) -> str | None:
    """Two more steps in which nothing is."""

    def longer(x: Tensor, axes: tuple[str, ...]) -> Tensor:
        if "time" not in axes:
            return x
        dim = axes.index("time")
        shape = [2 if i == dim else n for i, n in enumerate(x.shape)]
        return torch.cat([x, x.new_zeros(shape)], dim)

    fields = {n: longer(x, trial.axes(n)) for n, x in trial.fields.items()}
    draws = {n: longer(x, trial.draw_axes(n)) for n, x in trial.draws.items()}
    for value, old, new in zip(wanted, before, trial.values(wanted, fields, draws=draws), strict=True):
        if "time" in value.type.axes:
            dim = value.type.axes.index("time")
            new = new.narrow(dim, 0, old.shape[dim]) if new.shape[dim] > 1 else new
            steps = align(trial.fields["steps"], ("batch", "time"), value.type.axes)  # what counts, and nothing else
            old, new = (torch.where(steps, x, torch.zeros_like(x)) for x in (old, new))
        moved = differ(old, new, _real(trial, value))
        if trial.moves(value, moved):
            return f"{value.name} changes by {moved:.3g} when there are more steps after the end"
    return None


def _more_slots(trial: Trial, before: list[Tensor]) -> str | None:
    """One more agent's slot and one more of the others', both empty."""
    schema = trial.schema
    larger = schema.model_copy(
        update={"agents": schema.agents + 1, "entities": schema.entities + 2, "fewest_agents": 1, "fewest_others": 0}
    )
    try:
        graph = build_graph(from_spec(trial.graph.spec), larger)
    except SpecError:
        return None  # a size is tied to the number of slots: nothing to compare with
    if {n: i.axes for n, i in graph.weights.items()} != {n: i.axes for n, i in trial.graph.weights.items()}:
        return "weights differ where there are more slots"
    wider = object.__new__(Trial)
    wider.__dict__ |= {**trial.__dict__, "graph": graph, "schema": larger}
    wider.fields = {n: _padded(x, trial.axes(n), trial) for n, x in trial.fields.items()}
    if "available" in wider.fields:
        empty = ~wider.fields["available"].any(-1)
        wider.fields["available"][..., 0] |= empty
    padded = {n: _padded(x, trial.draw_axes(n), trial) for n, x in trial.draws.items()}
    wider.draws = Trial._draws(wider) | padded  # a slot may have draws of its own
    shapes = {n: x.shape for n, x in Trial._initial(wider, 0).items()}
    if any(shapes[n] != w.shape for n, w in trial.weights.items()):
        return "a weight has a row for every slot"
    wanted = outcomes(graph)
    for value, old, new in zip(wanted, before, wider.values(wanted), strict=True):
        for dim, axis in enumerate(value.type.axes):
            if axis in ("agent", "entity") and new.shape[dim] > 1:
                keep = [i for i in range(new.shape[dim]) if i != schema.agents and i < schema.entities + 1]
                new = new.index_select(dim, torch.tensor(keep[: old.shape[dim]]))
        moved = differ(old, new, _real(trial, value))
        if moved < math.inf and wider.moves(value, moved):  # a number that is none, weighed with 0, is none
            return f"{value.name} changes by {moved:.3g} when there are more empty slots"
    return None


def _padded(x: Tensor, axes: tuple[str, ...], trial: Trial) -> Tensor:
    """Zeros in one more slot after the agents, and in one more at the end of the others."""
    table = trial.graph.table

    def wider(x: Tensor, dim: int, axis: str) -> Tensor:
        base = axis.rstrip("'")
        gap = torch.zeros_like(x.narrow(dim, 0, 1)) if x.shape[dim] else x
        if base in table.joined:
            parts, start = [], 0
            for part in table.joined[base]:
                length = table.size(part) or 1
                piece = x.narrow(dim, start, length)
                parts.append(piece if part == "1" else wider(piece, dim, part))
                start += length
            return torch.cat(parts, dim)
        if base in ("agent", "other"):
            return torch.cat([x, gap], dim)
        if base == "entity":
            agents = trial.schema.agents
            return torch.cat([x.narrow(dim, 0, agents), gap, x.narrow(dim, agents, x.shape[dim] - agents), gap], dim)
        return x

    for dim, axis in enumerate(axes):
        x = wider(x, dim, axis)
    return x
