"""The rules of Warehouse as pure functions of given random draws (Phan et al. 2021, as in their released code).

Cells are numbered ``x * height + y``. ``cell`` is (batch agent); ``open`` (batch agent type) int64 counts what a robot
still has to deliver to each type of cell before it returns, where type 0 stands for the return and is 1 when nothing
else is left.
"""

from __future__ import annotations

import torch
from torch import Tensor

from compose.envs.warehouse.floor import ITEMS, STATION, TYPES, WALL, Cell, Floor
from compose.envs.warehouse.settings import ORDER
from compose.kernels.random import bits

NORTH, SOUTH, WEST, EAST, DELIVER = range(1, 6)
ACTIONS = 6
_STEPS = {NORTH: (0, 1), SOUTH: (0, -1), WEST: (-1, 0), EAST: (1, 0)}


def ways(floor: Floor, odd: Cell | None = None) -> tuple[Tensor, Tensor]:
    """Where moves lead from each cell, and whether there is anything to move to.

    Args:
        floor: Which cell is what.
        odd: A cell from which there is no way south, and instead one north, into a wall.

    Returns:
        ``leads`` (cell action) int64, its own cell where a move leads nowhere, and ``tries`` (cell action) bool.
    """
    width, height = floor.width, floor.height
    leads = torch.arange(width * height)[:, None].repeat(1, ACTIONS)
    tries = torch.zeros(width * height, ACTIONS, dtype=torch.bool)
    for cell, kind in enumerate(floor.kinds):
        for action, (east, north) in _STEPS.items():
            x, y = cell // height + east, cell % height + north
            if kind != WALL and 0 <= x < width and 0 <= y < height and floor.kinds[x * height + y] != WALL:
                leads[cell, action], tries[cell, action] = x * height + y, True
    if odd is not None:
        cell = odd[0] * height + odd[1]
        leads[cell, SOUTH], tries[cell, SOUTH], tries[cell, NORTH] = cell, False, True
    return leads, tries


def orders(key: int | Tensor, counters: Tensor) -> Tensor:
    """(... type) int64: new orders of :data:`~compose.envs.warehouse.settings.ORDER` items, each of any kind."""
    drawn = bits(key, counters)[..., None] >> 2 * torch.arange(ORDER, device=counters.device) & 3
    kinds = torch.arange(TYPES, device=counters.device) - ITEMS[0]
    return (drawn[..., None] == kinds).sum(-2)


def deliver(open: Tensor, kind: Tensor, tries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Robots that try hand over one item where it is wanted; whoever has none left has to return to a station.

    Args:
        open: (batch agent type).
        kind: (batch agent): the type of the robot's cell.
        tries: (batch agent) bool.

    Returns:
        ``open`` afterwards; who delivered; whose order is complete, so that ``open`` is empty: (batch agent) bool.
    """
    here = open.gather(2, kind[..., None]) > 0
    gave = here[..., 0] & tries
    left = open.scatter_add(2, kind[..., None], -gave[..., None].long())
    done = gave & (kind == STATION)
    left[..., STATION] += (left.sum(2) == 0) & ~done
    return left, gave, done


def move(cell: Tensor, target: Tensor, turn: Tensor, cells: int) -> Tensor:
    """(batch agent): the cells after all have moved to ``target``, one after the other, unless somebody stands there.

    Args:
        cell: (batch agent).
        target: (batch agent); the robot's own cell if it does not move.
        turn: (batch agent): robots move from the smallest to the largest.
        cells: How many there are.
    """
    batch = len(cell)
    first = torch.arange(batch, device=cell.device)[:, None] * cells
    order = turn.argsort(stable=True, dim=1)
    here, there = ((place + first).gather(1, order).T.contiguous() for place in (cell, target))
    standing = torch.zeros(batch * cells, dtype=torch.int16, device=cell.device)
    standing.index_add_(0, here.flatten(), torch.ones_like(here, dtype=torch.int16).flatten())
    after = []
    for own, goal in zip(here, there, strict=True):
        goes = standing.index_select(0, goal) == 0
        step = goes.to(torch.int16)
        standing.index_add_(0, own, -step).index_add_(0, goal, step)
        after.append(torch.where(goes, goal, own))
    return torch.empty_like(cell).scatter_(1, order, torch.stack(after, 1)) - first


def reward(gave: Tensor, done: Tensor, blocked: Tensor) -> Tensor:
    """(batch) float32: 1 for each delivery, -0.5 for each robot that is in the way, -0.01 for each that completes no
    order. Of (batch agent 1) it is each robot's own."""
    return (100 * gave.sum(-1) - 50 * blocked.sum(-1) - (~done).sum(-1)).float() / 100
