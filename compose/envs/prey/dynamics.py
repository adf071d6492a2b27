"""The rules of predator-prey as pure functions of given random draws (Liu et al. 2024, as in their released code).

The map is a ``grid`` (batch cell) uint8 of ``FREE``, ``BLOCKED`` and ``PREY``, flat, with a blocked edge around it (two
rows of it at the top), so that whoever stands on the map has four neighbours. Who is not on the map, because it is
captured or was never there, is in the cell ``nowhere`` of that edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

FREE, BLOCKED, PREY = 0, 1, 2
CAPTURE = 5
"""The action; 0 stays, and 1 to 4 go to the row before, the row after, the column before, the column after."""


@dataclass(frozen=True)
class Map:
    """Numbers of cells. A *place* is row * size + column, as people count; a *cell* counts the edge too."""

    size: int
    """Cells along a side, without the edge."""

    @property
    def width(self) -> int:
        """Of a row, with its edge."""
        return self.size + 2

    @property
    def nowhere(self) -> int:
        """A cell of the edge, amid the edge."""
        return self.width

    @property
    def cells(self) -> int:
        """With the edge."""
        return self.width * (self.size + 3)

    def cell(self, place: Tensor) -> Tensor:
        """The cells of places; ``nowhere`` for those that are negative."""
        cell = (place // self.size + 2) * self.width + place % self.size + 1
        return cell.where(place >= 0, self.nowhere)

    def steps(self, device: torch.device) -> Tensor:
        """What each action adds to a cell: int64 (action)."""
        return torch.tensor((0, -self.width, self.width, -1, 1, 0), device=device)


def chart(area: Map, agent: Tensor, prey: Tensor, landmark: Tensor) -> Tensor:
    """The grid with all who are on it; cells are (batch slot)."""
    inside = area.cell(torch.arange(area.size**2, device=agent.device))
    grid = torch.full((len(agent), area.cells), BLOCKED, dtype=torch.uint8, device=agent.device)
    grid[:, inside] = FREE
    grid.scatter_(1, prey, PREY)
    grid.scatter_(1, torch.cat((agent, landmark), 1), BLOCKED)
    grid[:, area.nowhere] = BLOCKED
    return grid


def available(grid: Tensor, agent: Tensor, steps: Tensor) -> Tensor:
    """(batch agent action) bool: go where it is free, capture beside a prey, stay anywhere."""
    beside = grid.gather(1, (agent[..., None] + steps[1:CAPTURE]).flatten(1)).view(*agent.shape, CAPTURE - 1)
    preys = (beside == PREY).any(2, keepdim=True)
    return torch.cat((torch.ones_like(preys), beside == FREE, preys), 2)


def walk(grid: Tensor, agent: Tensor, action: Tensor, steps: Tensor) -> tuple[Tensor, Tensor]:
    """The grid and the agents' cells after the agents moved, one after the other: who finds its way blocked stays."""
    grid = grid.clone()
    cells = [_go(grid, here, there, BLOCKED) for here, there in _columns(agent, agent + steps[action])]
    return grid, torch.cat(cells, 1)


def strike(grid: Tensor, agent: Tensor, action: Tensor, strength: Tensor, prey: Tensor, steps: Tensor) -> Tensor:
    """(batch prey) int64: how strong those are together who capture beside each prey, with all their strength.

    ``strength`` is (batch agent) uint8, 0 for absent agents.
    """
    force = torch.zeros_like(grid).scatter_(1, agent, strength * (action == CAPTURE))
    beside = force.gather(1, (prey[..., None] + steps[1:CAPTURE]).flatten(1))
    return beside.view(*prey.shape, CAPTURE - 1).sum(2)


def flee(grid: Tensor, prey: Tensor, caught: Tensor, move: Tensor, steps: Tensor,
         nowhere: int) -> tuple[Tensor, Tensor]:
    """The grid and the preys' cells after the preys' turn, one after the other: a caught one leaves its cell free,
    any other makes its ``move`` (an action below ``CAPTURE``) if its way is free."""
    grid = grid.clone()
    target = (prey + steps[move]).masked_fill(caught, nowhere)
    cells = [_go(grid, here, there, PREY, gone) for here, there, gone in _columns(prey, target, caught)]
    grid[:, nowhere] = BLOCKED
    return grid, torch.cat(cells, 1)


def near(area: Map, sight: int, device: torch.device) -> Tensor:
    """(cell cell') bool: which cells of the map are at most ``sight`` away from each other; none is from the edge."""
    place = torch.arange(area.size**2, device=device)
    apart = [(of[:, None] - of).square_() for of in (place // area.size, place % area.size)]
    inside, found = area.cell(place), torch.zeros(area.cells, area.cells, dtype=torch.bool, device=device)
    found[inside[:, None], inside] = apart[0] + apart[1] <= sight * sight
    return found


def sees(near: Tensor, cell: Tensor, present: Tensor) -> Tensor:
    """(batch entity entity') bool: who is near whom; everybody who is present sees itself.

    Args:
        near: From :func:`near`.
        cell: (batch entity) int64.
        present: (batch entity) bool.
    """
    cell = cell.int()  # halves what is read and written of the largest tensor here
    pairs = cell[:, :, None] * len(near) + cell[:, None]
    seen = near.flatten().index_select(0, pairs.flatten()).view(pairs.shape)
    seen.diagonal(dim1=1, dim2=2).copy_(present)
    return seen


def _go(grid: Tensor, here: Tensor, there: Tensor, mark: int, gone: Tensor | None = None) -> Tensor:
    """One of each episode goes from a cell to another, if that is free or it is ``gone``; (batch 1)."""
    free = grid.gather(1, there) == FREE
    now = there.where(free if gone is None else free | gone, here)
    grid.scatter_(1, here, FREE)
    grid.scatter_(1, now, mark)
    return now


def _columns(*of: Tensor) -> zip[tuple[Tensor, ...]]:
    """Slot by slot (batch 1)."""
    return zip(*(each[..., None].unbind(1) for each in of), strict=True)
