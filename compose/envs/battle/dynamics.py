"""The rules of Battle as pure functions of given random draws (Phan et al. 2021, as in their released code).

Cells are numbered ``x * height + y``. A draw of one among several is a float in [0, 1), or an int64 that says which:
so recorded draws can be replayed.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.battle.settings import SIGHT
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


class Army(NamedTuple):
    """One side."""

    cell: Tensor
    """(batch unit) int64; the dead stay where they fell."""
    health: Tensor
    """(batch unit); whoever has none is dead."""


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


class Grid:
    """A grid of some width and height, and the rules on it."""

    def __init__(self, width: int, height: int, scale: Scale, device: torch.device) -> None:
        self.height, self.cells, self.scale = height, width * height, scale
        self._ways = ways(width, height).flatten().to(device)

    def step(self, mine: Army, theirs: Army, action: Tensor, chance: Chance) -> tuple[Army, Army, Tensor]:
        """Both armies after a step, and the reward (batch) float32: first all agents act, then all opponents.

        Args:
            mine: The agents.
            theirs: The opponents.
            action: (batch agent) int64.
            chance: The draws.
        """
        attacks = (mine.health > 0) & (action == ATTACK)
        meets = occupied(theirs, self.cells).gather(1, mine.cell)
        theirs, hits = strike(attacks & meets, mine.cell, theirs, chance.turn, chance.aim, self.scale.hit)
        mine = self._acted(mine, action)
        there = occupied(mine, self.cells)
        caught = there.gather(1, theirs.cell)
        turn = torch.arange(theirs.cell.shape[1], device=action.device).expand_as(theirs.cell)
        mine, suffered = strike(caught & (theirs.health > 0), theirs.cell, mine, turn, chance.aimed, self.scale.hit)
        walk = chosen(candidates(theirs.cell, there, self.height), chance.move)
        theirs = self._acted(theirs, walk.masked_fill(caught, ATTACK))
        return mine, theirs, reward(hits, (attacks & ~meets).sum(1), suffered)

    def _acted(self, army: Army, action: Tensor) -> Army:
        """The living have recovered, and moved if they move."""
        alive, scale = army.health > 0, self.scale
        cell = torch.where(alive, self._ways[army.cell * ACTIONS + action], army.cell)
        return Army(cell, torch.where(alive, (army.health + scale.recovery).clamp(max=scale.full), army.health))


def ways(width: int, height: int) -> Tensor:
    """(cell action) int64: the cell in which a unit stands after an action."""
    x, y = torch.arange(width)[:, None, None], torch.arange(height)[None, :, None]
    east, north = torch.zeros(ACTIONS, dtype=torch.int64), torch.zeros(ACTIONS, dtype=torch.int64)
    east[WEST], east[EAST], north[SOUTH], north[NORTH] = -1, 1, -1, 1
    return ((x + east).clamp(0, width - 1) * height + (y + north).clamp(0, height - 1)).flatten(0, 1)


def occupied(army: Army, cells: int) -> Tensor:
    """(batch cell) bool: where somebody lives."""
    found = torch.zeros(len(army.cell), cells + 1, dtype=torch.bool, device=army.cell.device)
    return found.scatter_(1, army.cell.where(army.health > 0, cells), True)[:, :cells]


def strike(attacks: Tensor, cell: Tensor, foes: Army, turn: Tensor, aim: Tensor, hit: float) -> tuple[Army, Tensor]:
    """One after the other, every unit that ``attacks`` hits one of the foes who still live in its cell, if any do.

    Those of different cells do not meddle, so all that are n-th in their cells strike at once.

    Args:
        attacks: (batch unit) bool.
        cell: (batch unit).
        foes: Whom they meet.
        turn: (batch unit), who is before whom.
        aim: (batch unit), a draw among the foes.
        hit: What a hit costs.

    Returns:
        The foes afterwards, and the number of hits (batch) int64.
    """
    health = foes.health.clone(memory_format=torch.contiguous_format)
    hits = torch.zeros(len(cell), dtype=torch.int64, device=cell.device)
    row, unit = attacks.nonzero(as_tuple=True)
    if not len(row):
        return foes, hits
    place = cell[row, unit]
    order, number = _numbered(row * (int(cell.max()) + 1) + place, turn[row, unit])
    row, unit, place = row[order], unit[order], place[order]
    draw, left = aim[row, unit], health.flatten()
    for turn_in_cell in range(int(number.max()) + 1):
        now = (number == turn_in_cell).nonzero()[:, 0]
        rows = row[now]
        there = (foes.cell[rows] == place[now, None]) & (health[rows] > 0)
        lands = there.any(1)
        left.index_add_(0, rows * there.shape[1] + _picked(there, draw[now]), -hit * lands.to(left.dtype))
        hits.index_add_(0, rows, lands.long())
    return Army(foes.cell, health.clamp_(min=0)), hits


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
    grid = rearrange(foes, "batch (x y) -> batch x y", y=height).to(torch.float32)
    (ahead, around), (beyond, beside) = _bands(width, foes.device), _bands(height, foes.device)
    by_line = rearrange(grid @ torch.cat((beyond.T, beyond, beside), 1), "batch x (way y) -> way batch y x", way=3)
    turned, at = by_line.contiguous(), cell % height * width + cell // height
    counts = (*(turned[:2] @ around), turned[2] @ ahead, turned[2] @ ahead.T)
    north, south, west, east = (rearrange(count, "batch y x -> batch (y x)").gather(1, at) for count in counts)
    west += 2 * (cell // height) >= width
    empty = (north + south + west + east == 0).float()
    return torch.stack((empty, north + empty, south + empty, west + empty, east + empty, empty), 2)


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
    return one_of(there, draw) if draw.is_floating_point() else draw.clamp(min=0)


@cache
def _bands(length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """(place place') float: where the second is in sight and further on; where it is in sight."""
    along = torch.arange(length, device=device)
    apart = along - along[:, None]
    near = apart.abs() <= SIGHT
    return (near & (apart > 0)).float(), near.float()
