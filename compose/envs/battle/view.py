"""What Battle shows of itself: the released code's flat vectors, and entities."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import embedding, one_hot

from compose.envs.battle.dynamics import ACTIONS, Army, Scale
from compose.envs.battle.settings import ACROSS, SIGHT
from compose.envs.interface import Fields

FAR = SIGHT + 1
MIDDLE = ACROSS * SIGHT + SIGHT
"""Of a window."""


class View:
    """Makes the fields of any moment. The dead observe nothing, see only themselves and are seen by nobody."""

    changing = ("entities", "sight", "available", "active", "position", "observation", "state")
    """Fields that time changes; ``visible`` is a part of ``sight``."""

    def __init__(self, width: int, height: int, agents: int, opponents: int, scale: Scale,
                 device: torch.device) -> None:
        self._size, self._agents, self._scale, self._device = (width, height), agents, scale, device
        cell = torch.arange(width * height, device=device)
        x, y = cell // height, cell % height
        self._xy, self._position = torch.stack((x, y)).short(), torch.stack((x, y), 1).float()
        self._place = torch.zeros(len(cell) + 1, width + height, device=device)
        self._place[cell, x], self._place[cell, width + y] = 1, 1
        slot = torch.arange(agents + opponents, device=device)
        self._nowhere = (-FAR * (1 + slot)).short()
        self._side = one_hot((slot >= agents).long(), 2).float()
        self._stay = torch.arange(ACTIONS, device=device) == 0
        self._lay_out(x, y)

    def fields(self, mine: Army, theirs: Army) -> Fields:
        """All fields of the schema."""
        cell, health = (torch.cat(pair, 1) for pair in zip(mine, theirs, strict=True))
        agents, batch, alive = self._agents, len(cell), health > 0
        active, sight, fit = alive[:, :agents], self._sight(cell, alive), (health / self._scale.full).float()
        place = embedding(cell.where(alive, len(self._place) - 1), self._place)
        observation, state = self._flat(cell, health)
        yes = torch.ones((), dtype=torch.bool, device=self._device)
        return {
            "entities": torch.cat((self._side.expand(batch, -1, -1), fit[..., None], place), 2),
            "visible": sight[:, :agents],
            "sight": sight,
            "present": yes.expand(batch, cell.shape[1]),
            "available": active[..., None] | self._stay,
            "active": active,
            "task": torch.zeros((), dtype=torch.int64, device=self._device).expand(batch),
            "position": embedding(cell[:, :agents], self._position),
            "observation": observation,
            "state": state,
        }

    def _sight(self, cell: Tensor, alive: Tensor) -> Tensor:
        """(batch entity entity): not farther than :data:`SIGHT` along x and y."""
        x, y = (along[cell].where(alive, self._nowhere) for along in self._xy)
        apart = torch.maximum((x[:, :, None] - x[:, None]).abs_(), (y[:, :, None] - y[:, None]).abs_())
        return apart.le_(SIGHT).bool()  # many times faster than <=, which makes bools of numbers of another size

    def _lay_out(self, x: Tensor, y: Tensor) -> None:
        """A board is two grids of health with a margin, one of what is outside, and a line of zeros; observations are
        lines of :data:`ACROSS` numbers of it."""
        self._wide, self._high = (length + 2 * SIGHT for length in self._size)
        area, height = self._wide * self._high, self._high
        inner = (x + SIGHT) * height + y + SIGHT
        self._board = torch.full((3 * area + ACROSS,), 0.0, dtype=self._scale.dtype, device=self._device)
        self._board[2 * area : 3 * area] = self._scale.full
        self._board[2 * area + inner] = 0
        self._inner = torch.stack([inner + side * area for side in (0, 1)])
        line = torch.arange(ACROSS, device=self._device) * height
        grids = torch.arange(3, device=self._device) * area
        corner = (inner - SIGHT * height - SIGHT)[:, None, None]
        lines = rearrange(corner + grids[:, None] + line, "cell grid dx -> cell (grid dx)")
        none = torch.full((1, 4 * ACROSS), 3 * area, device=self._device)
        self._lines = torch.cat((torch.cat((none[:, :ACROSS].expand(len(x), -1), lines), 1), none))

    def _flat(self, cell: Tensor, health: Tensor) -> tuple[Tensor, Tensor]:
        """``observation``: own health, that of other agents, of opponents, and what is outside, (agent channel*dx*dy);
        ``state``: the health of agents and of opponents in every cell, (channel*x*y)."""
        agents, batch, full = self._agents, len(cell), self._scale.full
        board, own = self._board.repeat(batch, 1), health[:, :agents]
        at = torch.cat((self._inner[0][cell[:, :agents]], self._inner[1][cell[:, agents:]]), 1)
        board.scatter_add_(1, at, health)
        start = torch.arange(batch, device=self._device)[:, None, None] * board.shape[1]
        lines = embedding(cell[:, :agents].where(own > 0, len(self._lines) - 1), self._lines) + start
        windows = rearrange(board, "batch cell -> (batch cell)").unfold(0, ACROSS, 1).index_select(0, lines.flatten())
        shape = {"batch": batch, "agent": agents, "channel": 4}
        seen = rearrange(windows, "(batch agent channel dx) dy -> batch agent channel (dx dy)", **shape)
        seen[:, :, 0, MIDDLE], seen[:, :, 1, MIDDLE] = own, seen[:, :, 1, MIDDLE] - own
        grids = board[:, : 2 * self._high * self._wide]
        grids = rearrange(grids, "batch (side x y) -> batch side x y", side=2, x=self._wide)
        state = rearrange(grids[:, :, SIGHT:-SIGHT, SIGHT:-SIGHT], "batch side x y -> batch (side x y)")
        seen = rearrange(seen, "batch agent channel cell -> batch agent (channel cell)")
        return seen.div_(full).float(), state.div(full).float()
