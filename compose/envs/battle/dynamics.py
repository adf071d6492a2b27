"""The rules of Battle as pure functions of given random draws (Phan et al. 2021, as in their released code).

Cells are numbered ``x * height + y``; ``cell`` and ``health`` are (batch unit), whoever has no health left is dead. A
draw of one among several is a float in [0, 1), or an int64 that says which: so recorded draws can be replayed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from compose.envs.battle.family import SIGHT
from compose.kernels.random import categorical, one_of

NORTH, SOUTH, WEST, EAST, ATTACK = range(1, 6)
ACTIONS = 6


class Scale(NamedTuple):
    """In which unit health is counted, and as which numbers."""

    full: float
    hit: float
    recovery: float
    dtype: torch.dtype


TENTHS = Scale(30, 10, 1, torch.float32)
"""Exact: whole numbers."""
RELEASED = Scale(3, 1, 0.1, torch.float64)
"""As the released code adds up."""


class Chance(NamedTuple):
    """The draws of one step."""

    turn: Tensor
    """(batch agent): agents act from the smallest to the largest."""
    aim: Tensor
    """(batch agent): which opponent is hit."""
    aimed: Tensor
    """(batch opponent): which agent is hit."""
    move: Tensor
    """(batch opponent): what an opponent does that hits nobody."""


def ways(width: int, height: int) -> Tensor:
    """(cell action) int64: the cell in which a unit stands after an action."""
    x, y = torch.arange(width)[:, None, None], torch.arange(height)[None, :, None]
    east, north = torch.zeros(ACTIONS, dtype=torch.int64), torch.zeros(ACTIONS, dtype=torch.int64)
    east[WEST], east[EAST], north[SOUTH], north[NORTH] = -1, 1, -1, 1
    return ((x + east).clamp(0, width - 1) * height + (y + north).clamp(0, height - 1)).flatten(0, 1)


def occupied(cell: Tensor, health: Tensor, cells: int) -> Tensor:
    """(batch cell) bool: where somebody lives."""
    found = torch.zeros(len(cell), cells + 1, dtype=torch.bool, device=cell.device)
    return found.scatter_(1, cell.where(health > 0, cells), True)[:, :cells]


def recovered(health: Tensor, scale: Scale) -> Tensor:
    """``health`` of the living, a little better."""
    return torch.where(health > 0, (health + scale.recovery).clamp(max=scale.full), health)


def strike(attacks: Tensor, cell: Tensor, foe_cell: Tensor, foe_health: Tensor, turn: Tensor, aim: Tensor,
           hit: float) -> tuple[Tensor, Tensor]:
    """One after the other, every unit that ``attacks`` hits one of the foes who still live in its cell, if any do.

    Those of different cells do not meddle, so all that are n-th in their cells strike at once.

    Args:
        attacks: (batch unit) bool.
        cell: (batch unit).
        foe_cell: (batch foe).
        foe_health: (batch foe).
        turn: (batch unit), who is before whom.
        aim: (batch unit), a draw among the foes.
        hit: What a hit costs.

    Returns:
        ``foe_health`` afterwards, and the number of hits (batch) int64.
    """
    health, hits = foe_health.clone(), torch.zeros(len(cell), dtype=torch.int64, device=cell.device)
    row, unit = attacks.nonzero(as_tuple=True)
    if not len(row):
        return health, hits
    place = cell[row, unit]
    order, number = _numbered(row * (int(cell.max()) + 1) + place, turn[row, unit])
    row, unit, place = row[order], unit[order], place[order]
    draw = aim[row, unit]
    for turn_in_cell in range(int(number.max()) + 1):
        now = (number == turn_in_cell).nonzero()[:, 0]
        rows = row[now]
        there = (foe_cell[rows] == place[now, None]) & (health[rows] > 0)
        lands = there.any(1)
        target = _picked(there, draw[now])
        health[rows[lands], target[lands]] -= hit
        hits.index_add_(0, rows, lands.long())
    return health.clamp_(min=0), hits


def candidates(cell: Tensor, foes: Tensor, height: int) -> Tensor:
    """(batch unit action) float: how often each action is on the list from which an opponent that hits nobody draws.

    Once west if it stands in the eastern half; and for every cell in sight that a foe stands in, once each way that
    leads there. An empty list stands for every action once.

    Args:
        cell: (batch unit).
        foes: (batch cell) bool, where foes live.
        height: Of the grid.
    """
    width = foes.shape[1] // height
    grid = foes.reshape(-1, width, height).to(torch.float32)
    (ahead, around), (beyond, beside) = _bands(width, foes.device), _bands(height, foes.device)
    lines, columns = grid @ beside.T, around @ grid
    found = torch.stack((columns @ beyond.T, columns @ beyond, ahead.T @ lines, ahead @ lines), -1).flatten(1, 2)
    found[:, (width + 1) // 2 * height :, WEST - 1] += 1
    empty = ~found.any(-1, keepdim=True)
    whole = torch.cat((empty, found + empty, empty), -1)
    return whole.gather(1, cell[..., None].expand(-1, -1, ACTIONS))


def chosen(candidates: Tensor, draw: Tensor) -> Tensor:
    """(batch unit) int64: an action of each list, or what ``draw`` says."""
    return categorical(candidates, draw) if draw.is_floating_point() else draw.clamp(min=0)


def reward(hits: Tensor, misses: Tensor, suffered: Tensor) -> Tensor:
    """(batch) float32: 1 for each hit, -0.1 for each attack on an empty cell, -0.5 for each hit that an agent takes."""
    return (10 * hits - misses - 5 * suffered).float() / 10


def _numbered(group: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """The order by group, then by key; and of those so ordered, which of its group each is: 0, 1, ..."""
    order = key.argsort(stable=True)
    order = order[group[order].argsort(stable=True)]
    group, place = group[order], torch.arange(len(order), device=group.device)
    first = torch.ones_like(group, dtype=torch.bool)
    first[1:] = group[1:] != group[:-1]
    return order, place - place.where(first, 0).cummax(0).values


def _picked(there: Tensor, draw: Tensor) -> Tensor:
    """(row) int64: one of ``there`` (row foe), or what ``draw`` says."""
    return one_of(there, draw) if draw.is_floating_point() else draw


def _bands(length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """(place place') float: where the second is in sight and further on; where it is in sight."""
    along = torch.arange(length, device=device)
    apart = along - along[:, None]
    near = apart.abs() <= SIGHT
    return (near & (apart > 0)).float(), near.float()
