"""What a model computed in an episode, as something to lay over pictures of it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compose.envs.pictures import Film, Overlay
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.probe import Probed

Ints = NDArray[np.int64]
ROWS = ("agent", "agent'", "entity", "entity'")


def overlay(one: Probed, film: Film, present: Ints, agents: int) -> Overlay:
    """What a value of one episode says of the units of a film.

    Pairs of agents and entities become links: truth values as they are, others by size, as shares of the largest unless
    all lie between 0 and 1; heads are averaged. A partition of the entities, as pairs tell it, becomes groups. Rows
    with a further axis become groups: that of the largest number (or weight). Rows alone: truth values and indices are
    groups, other numbers are drawn by size. Of a relation between all entities that each agent has of its own, its own
    row counts.

    Args:
        one: Of a single episode.
        film: Of that episode.
        present: The entities that are there, by number.
        agents: How many rows agents have; they are the first entities.

    Raises:
        SpecError: ``play.show`` if the value has no row for agents or entities.
    """
    axes = list(one.axes)
    x, counted = one.numbers.detach().cpu(), one.counted.cpu()
    if "batch" in axes:
        x, counted = x[0], counted[0]
        axes.remove("batch")
    if "time" not in axes:
        x, counted = x[None], counted[None]
        axes.insert(0, "time")
    if {"agent", "entity", "entity'"} <= set(axes):
        x, counted = (_own_row(part, axes, agents) for part in (x, counted))
        axes = [axis for axis in axes if axis != "agent"]
    rows = [axis for axis in ROWS if axis in axes]
    if not rows:
        text = f"'{one.name}' has no row for each agent or entity, so it is about no one in the picture"
        raise SpecError(Diagnostic("play.show", text, "--show", hint=f"it has: {' '.join(one.axes) or 'one number'}"))
    more = [axis for axis in axes if axis not in ("time", *rows)]
    order = [axes.index(axis) for axis in ("time", *rows[:2], *rows[2:], *more)]
    x, counted = x.permute(order), counted.permute(order)
    units = film.stage.entity if film.stage.entity is not None else present
    if len(rows) > 1:
        parts = _parts(x & counted) if x.dtype == torch.bool and x.dim() == 3 and rows[1].startswith("entity") else None
        if parts is not None:
            return Overlay(one.name, groups=_by_unit(parts, units, 1, -1))
        return Overlay(one.name, links=_links(x, counted, units))
    return _groups(one.name, x, counted, units)


def _own_row(x: Tensor, axes: list[str], agents: int) -> Tensor:
    """Of each agent's relation between all entities the row of itself [entity ...]."""
    agent, entity = axes.index("agent"), axes.index("entity")
    own = x.narrow(entity, 0, agents).diagonal(dim1=agent, dim2=entity)
    place = entity - (agent < entity)
    return own.movedim(-1, place)


def _links(x: Tensor, counted: Tensor, units: Ints) -> np.ndarray:
    """[step unit unit]"""
    number = torch.where(counted, x.double().abs(), 0)
    pairs = number.flatten(3).mean(-1) if number.dim() > 3 else number
    largest = float(pairs.max()) if pairs.numel() else 0.0
    weights = (pairs / largest if largest > 1 else pairs).numpy()
    return _by_unit(_by_unit(weights, units, 1, 0.0), units, 2, 0.0)


def _parts(x: Tensor) -> np.ndarray | None:
    """[step entity] The part that each entity is in, where at every step the rows of x [step row entity] are alike or
    have nothing in common; -1 for those in no row. None where it is no partition, or all are in one part."""
    overlap = torch.einsum("sie,sje->sij", x.double(), x.double())
    counts = x.sum(-1)
    alike = (overlap == counts[:, :, None]) & (overlap == counts[:, None, :])
    if not bool((alike | (overlap == 0)).all()):
        return None
    first = alike.to(torch.uint8).argmax(-1)  # of rows that are alike
    part = torch.where(x, first[:, :, None], -1).max(1).values
    known = torch.unique(part[part >= 0])
    if len(known) < 2:
        return None
    return torch.where(part >= 0, torch.searchsorted(known, part.clamp(min=0)), -1).numpy()


def _groups(name: str, x: Tensor, counted: Tensor, units: Ints) -> Overlay:
    here = counted.flatten(2).any(-1) if x.dim() > 2 else counted
    if x.dim() > 2:
        flat = x.double().flatten(2)
        group, share = flat.argmax(-1), flat.max(-1).values
        shares = share if bool(((flat >= 0) & (flat <= 1)).all()) else None
    elif x.dtype == torch.bool:
        group, shares = torch.where(x, 0, -1), None
    elif x.is_floating_point():
        kept = x[counted].double()
        low, high = (float(kept.min()), float(kept.max())) if kept.numel() else (0.0, 1.0)
        group, shares = torch.zeros_like(x, dtype=torch.int64), (x.double() - low) / max(high - low, 1e-12)
    else:
        group, shares = x, None
    groups = _by_unit(torch.where(here, group, -1).numpy(), units, 1, -1)
    return Overlay(name, groups=groups, shares=None if shares is None else _by_unit(shares.numpy(), units, 1, 0.0))


def _by_unit(x: np.ndarray, units: Ints, axis: int, none: float) -> np.ndarray:
    """Rows of entities as rows of units; ``none`` for units that are no entity, or have no row."""
    known = (units >= 0) & (units < x.shape[axis])
    found = np.take(x, np.where(known, units, 0), axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    return np.where(known.reshape(shape), found, none).astype(x.dtype)
