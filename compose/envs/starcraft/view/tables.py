"""Numbers of unit types as tensors, to be looked up by a snapshot's ``kind``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.units import UNITS


@dataclass(frozen=True, slots=True)
class Tables:
    """What features are divided by, and who heals: [unit type], or [batch unit] once looked up."""

    health: Tensor
    shield: Tensor
    energy: Tensor
    cooldown: Tensor
    heals: Tensor

    @classmethod
    def on(cls, device: torch.device) -> Tables:
        """The tables of all unit types. Types without shield or energy have 1 there: 0 / 1 is 0."""
        units = UNITS.values()

        def numbers(*values: float) -> Tensor:
            return torch.tensor(values, dtype=torch.float32, device=device)

        return cls(
            health=numbers(*(unit.health for unit in units)),
            shield=numbers(*(unit.shield or 1 for unit in units)),
            energy=numbers(*(unit.energy or 1 for unit in units)),
            cooldown=numbers(*(unit.cooldown for unit in units)),
            heals=torch.tensor([unit.heal is not None for unit in units], device=device),
        )

    def of(self, kind: Tensor) -> Tables:
        """The rows of ``kind`` (int64, any shape)."""
        return Tables(self.health[kind], self.shield[kind], self.energy[kind], self.cooldown[kind], self.heals[kind])


def type_rows(types: tuple[str, ...], device: torch.device) -> Tensor:
    """float32 [unit type types], one-hot: rows of types that are not told apart are 0."""
    rows = [[float(kind == other) for other in types] for kind in UNITS]
    return torch.tensor(rows, dtype=torch.float32, device=device).reshape(len(UNITS), len(types))


def slot_of_tag(snapshot: Snapshot) -> Tensor:
    """The unit that bears a tag, int64 [batch tag]: first the enemies' tags, then the allies'."""
    slots = torch.arange(snapshot.tag.shape[1], device=snapshot.tag.device).expand_as(snapshot.tag)
    return torch.empty_like(snapshot.tag).scatter_(1, snapshot.tag, slots)


def squared_distance(snapshot: Snapshot, rows: int, first: int = 0) -> Tensor:
    """Of the first ``rows`` units from all units from ``first`` on, float64 [batch row unit].

    Exact where positions are multiples of 1 / 4096, so that limits hold to the last bit.
    """
    x, y = snapshot.position.double().unbind(-1)
    return ((x[:, :rows, None] - x[:, None, first:]).square_()
            .add_((y[:, :rows, None] - y[:, None, first:]).square_()))
