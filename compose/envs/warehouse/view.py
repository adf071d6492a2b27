"""What Warehouse shows of itself: the released code's flat vectors, and entities."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import embedding, one_hot, pad

from compose.envs.interface import Fields
from compose.envs.warehouse.floor import CORRIDOR, ITEMS, STATION, TYPES, WALL, Floor
from compose.envs.warehouse.settings import ACROSS, CHANNELS, ORDER, SIGHT

MIDDLE = ACROSS * SIGHT + SIGHT
"""Of a window."""
TAKERS = (STATION, *ITEMS)


class View:
    """Makes the fields of any moment."""

    def __init__(self, floor: Floor, ways: Tensor, agents: int, device: torch.device) -> None:
        width, height, self._agents, self._device = floor.width, floor.height, agents, device
        kind = torch.tensor(floor.kinds, device=device)
        cell = torch.arange(len(kind), device=device)
        x, y = cell // height, cell % height
        self.kind, self._xy = kind, torch.stack((x, y)).to(torch.int16)
        self._position = torch.stack((x, y), 1).float()
        place = torch.cat((one_hot(x, width), one_hot(y, height)), 1).float()
        self._taking = torch.tensor(floor.of(*TAKERS), device=device)
        types = (kind[self._taking, None] == torch.tensor(TAKERS, device=device)).float()
        blank = types.new_zeros(len(types), len(TAKERS) + 4)
        self._takers = torch.cat((types, blank, place[self._taking]), 1)
        self._robot = torch.cat((ways[:, 1:5].to(device).float(), place), 1)
        self._needs = torch.tensor(TAKERS, device=device)
        self._yes = torch.ones((), dtype=torch.bool, device=device)
        self._state = torch.zeros(CHANNELS, len(kind), device=device)
        self._state[0] = kind
        self._lay_out(x, y, height, width)

    def fields(self, cell: Tensor, open: Tensor) -> Fields:
        """All fields of the schema.

        Args:
            cell: (batch agent) int64.
            open: (batch agent type) int64.
        """
        agents, batch, yes = self._agents, len(cell), self._yes
        where = torch.cat((cell, self._taking.expand(batch, -1)), 1)
        entities, sight = where.shape[1], self._sight(where)
        needs = open[..., self._needs].float() / ORDER
        robots = torch.cat((torch.zeros_like(needs), needs, embedding(cell, self._robot)), 2)
        return {
            "entities": torch.cat((robots, self._takers.expand(batch, -1, -1)), 1),
            "visible": sight[:, :agents],
            "sight": sight,
            "present": yes.expand(batch, entities),
            "available": yes.expand(batch, agents, 6),
            "active": yes.expand(batch, agents),
            "task": torch.zeros((), dtype=torch.int64, device=self._device).expand(batch),
            "position": embedding(cell, self._position),
            "observation": self._observation(cell, open),
            "state": self._whole(cell, open),
        }

    def _sight(self, where: Tensor) -> Tensor:
        """(batch entity entity): not farther than :data:`SIGHT` along x and y."""
        x, y = (along[where] for along in self._xy)
        apart = torch.maximum((x[:, :, None] - x[:, None]).abs_(), (y[:, :, None] - y[:, None]).abs_())
        return apart.le_(SIGHT).bool()  # many times faster than <=, which makes bools of numbers of another size

    def _lay_out(self, x: Tensor, y: Tensor, height: int, width: int) -> None:
        """Windows of every cell: what is there, and the lines of a board with a margin that they are made of."""
        high = height + 2 * SIGHT
        self._inner = (x + SIGHT) * high + y + SIGHT
        self._board = (width + 2 * SIGHT) * high
        corner, along = self._inner - SIGHT * high - SIGHT, torch.arange(ACROSS, device=self._device)
        self._lines = corner[:, None] + along * high
        whole = rearrange(self.kind, "(x y) -> x y", x=width)
        margin = rearrange(pad(whole, (SIGHT,) * 4, value=WALL), "x y -> (x y)")
        seen = rearrange(margin[self._lines[..., None] + along], "cell dx dy -> cell (dx dy)")
        self._walls, self._stations = (seen == WALL).float(), (seen == STATION).float()
        self._kinds = seen.where(seen != WALL, CORRIDOR)

    def _observation(self, cell: Tensor, open: Tensor) -> Tensor:
        """(batch agent channel*dx*dy): itself, walls, other robots, what is left to deliver there, and after that."""
        batch, agents = cell.shape
        board = torch.zeros(batch, self._board, device=self._device)
        board.scatter_add_(1, self._inner[cell], torch.ones((), device=self._device).expand(batch, agents))
        start = torch.arange(batch, device=self._device)[:, None, None] * self._board
        lines = rearrange(embedding(cell, self._lines) + start, "batch agent dx -> (batch agent dx)")
        windows = rearrange(board, "batch cell -> (batch cell)").unfold(0, ACROSS, 1).index_select(0, lines)
        others = rearrange(windows, "(batch agent dx) dy -> batch agent (dx dy)", batch=batch, agent=agents)
        others[..., MIDDLE] -= 1
        itself = torch.zeros_like(others)
        itself[..., MIDDLE] = 1
        now = open.float().gather(2, embedding(cell, self._kinds))
        later = embedding(cell, self._stations) * (open[..., STATION] == 0)[..., None]
        return torch.cat((itself, embedding(cell, self._walls), others, now, later), 2)

    def _whole(self, cell: Tensor, open: Tensor) -> Tensor:
        """(batch channel*x*y): types of cells; robots that can deliver where they stand; others; those with items for
        each type of cell; all that will have to return, which is all. The rest is zero, as in the released code."""
        cells, wants = len(self.kind), open > 0
        here = wants.gather(2, self.kind[cell][..., None])
        told = torch.cat((here, ~here, wants[..., ITEMS[0] :], torch.ones_like(here)), 2).float()
        at = torch.tensor((1, 2, *(3 + kind for kind in ITEMS), 3 + TYPES), device=self._device) * cells
        state = rearrange(self._state, "channel cell -> (channel cell)").repeat(len(cell), 1)
        at, told = (rearrange(x, "batch agent channel -> batch (agent channel)") for x in (cell[..., None] + at, told))
        return state.scatter_add_(1, at, told)
