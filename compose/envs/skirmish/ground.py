"""The ground that battles are fought on: which cells can be walked, and the way around what cannot."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from compose.envs.skirmish.paths import next_cells
from compose.envs.starcraft.terrain import SIZE, walkable


class Ground:
    """A map's cells, as what walking needs to know of them: where each gait (0 on foot, 1 over cliffs, 2 through the
    air) can be.

    Where that is a rectangle, nobody needs to look at cells: positions are clamped. Elsewhere units slide along walls,
    and where straight lines are not free those on foot follow the shortest way from cell to cell.
    """

    def __init__(self, terrain: str, device: torch.device) -> None:
        masks = [walkable(terrain), walkable(terrain, giant=True), np.ones((SIZE, SIZE), bool)]
        boxes = [(xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) for ys, xs in map(np.nonzero, masks)]
        edges = torch.tensor(np.array(boxes), device=device).float().T - SIZE / 2  # [xyxy gait]
        self.low, self.high = edges[:2], edges[2:] - 1 / 256  # the far edge belongs to the next cell
        self.open = torch.from_numpy(np.stack(masks).reshape(-1)).to(device)
        self.walls = not all(m[y0:y1, x0:x1].all() for m, (x0, y0, x1, y1) in zip(masks, boxes, strict=True))
        steps = next_cells(masks[0]) if self.walls else None
        self.next = None if steps is None else torch.from_numpy(steps).to(device)

    def walkable(self, position: Tensor, gait: Tensor | int = 0) -> Tensor:
        """Bool [...] for positions [xy ...]: on the map, and on a cell where that gait can be."""
        cell = (position + SIZE / 2).floor()
        inside = ((cell >= 0) & (cell < SIZE)).all(0)
        return inside.logical_and_(self.open[gait * SIZE * SIZE + _index(cell)])

    def course(self, position: Tensor, way: Tensor, gait: Tensor) -> Tensor:
        """The vector [xy ...] to walk along to get where ``way`` points: the same, or to the next cell on the way."""
        if self.next is None:
            return way
        here, there = (_index((x + SIZE / 2).floor()) for x in (position, position + way))
        cell = self.next[here, there].long()
        step = torch.stack((cell % SIZE, cell // SIZE)) + (0.5 - SIZE / 2) - position
        return torch.where((gait > 0) | (cell < 0), way, step)

    def slide(self, position: Tensor, to: Tensor, gait: Tensor) -> Tensor:
        """Where a step ends: at ``to``, or as far along x or y alone as walls allow."""
        to = self._clamped(to, gait)
        if not self.walls:
            return to
        along_x, along_y = torch.stack((to[0], position[1])), torch.stack((position[0], to[1]))
        found = position
        for candidate in (along_y, along_x, to):
            found = torch.where(self.walkable(candidate, gait), candidate, found)
        return found

    def keep(self, position: Tensor, to: Tensor, gait: Tensor) -> Tensor:
        """``to``, or ``position`` where that would be inside a wall."""
        to = self._clamped(to, gait)
        return torch.where(self.walkable(to, gait), to, position) if self.walls else to

    def _clamped(self, position: Tensor, gait: Tensor) -> Tensor:
        return torch.minimum(torch.maximum(position, self.low[:, gait]), self.high[:, gait])


def _index(cell: Tensor) -> Tensor:
    """The number of a cell [xy ...], row by row; of the nearest one for those off the map."""
    x, y = cell.clamp(0, SIZE - 1).long().unbind()
    return y * SIZE + x
