"""The state of battles: what an episode fixes (:class:`Forces`) and what changes in it (:class:`Battle`)."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from compose.envs.interface import written
from compose.envs.skirmish.tables import Tables
from compose.envs.starcraft.units import REACH

FAR = 1000.0
CLOSE = 0.2
"""A unit this near, edge to edge, is in the way if it stands ahead."""
_ROUND = 3072.0
"""Added to a float32 below 1024 and taken off again, it rounds to multiples of 1 / 4096."""


def snap(x: Tensor) -> Tensor:
    """``x`` (below 1024) rounded in place to multiples of 1 / 4096, so that sums of such numbers are exact."""
    return x.add_(_ROUND).sub_(_ROUND)


class Forces:
    """Who fights. Allies are the first ``allies`` slots; everything is [battle unit], pairs are [battle unit target].

    ``choices`` [type] is how far types choose targets; 6 cells unless given. The ``may_`` flags say what can happen
    at all in a set of scenarios, so that the rest need not be computed.
    """

    def __init__(
        self, kind: Tensor, present: Tensor, allies: int, tables: Tables, choices: Tensor | None = None
    ) -> None:
        self.kind, self.present, self.allies = kind, present, allies
        self.units = kind.shape[1]
        here = present.float()
        self.max_health, self.max_shield, self.max_energy = (
            table[kind] * here for table in (tables.health, tables.shield, tables.energy)
        )
        self.first_energy = tables.first_energy[kind] * here
        self.period, self.reach, self.scan = tables.period[kind], tables.reach[kind], tables.scan[kind]
        self.choice = torch.full_like(self.reach, REACH) if choices is None else choices[kind]
        """How far away agents, and scripts that play as they do, choose targets."""
        self.radius, self.speed = tables.radius[kind], tables.speed[kind]
        self.regeneration, self.energy_gain = tables.regeneration[kind] * here, tables.energy_gain[kind] * here
        self.fights, self.heals = tables.fights[kind] & present, tables.heals[kind] & present
        self.gait = tables.gait[kind]
        self.line, self.circle = tables.line[kind] & present, tables.circle[kind] & present
        self.slot = torch.arange(self.units, device=kind.device)
        ally = self.slot < allies
        foes = (ally[:, None] != ally) & present[:, None]
        friends = (ally[:, None] == ally) & (self.slot[:, None] != self.slot) & present[:, None]
        pair = (kind[:, :, None], kind[:, None])
        self.hits, self.mends = tables.hits[pair] & foes, tables.mends[pair] & friends
        self.aims = self.hits | self.mends
        self.blows = torch.stack((tables.damage[pair], tables.wound[pair])) * foes
        """Of one volley: before armor, and on health after it [2 battle unit target]."""
        self.clearance = tables.clearance[pair]
        self.clearance.diagonal(dim1=1, dim2=2).fill_(tables.clearance.min())
        self.close = self.clearance + CLOSE
        self.share = tables.share[pair]
        with_fighters = torch.where(ally, self._slowest(ally), self._slowest(~ally))
        self.march = torch.where(self.heals, with_fighters, self.speed)
        """Speed of those who attack-move: healers wait for the slowest fighter."""
        self.far = FAR + 100.0 * self.slot
        """Where the dead are put when distances are taken: out of everyone's reach, and far from one another."""
        self.may_shield, self.may_regenerate, self.may_heal, self.may_line, self.may_circle = (
            bool(x.any()) for x in (self.max_shield, self.regeneration, self.heals, self.line, self.circle)
        )

    def _slowest(self, team: Tensor) -> Tensor:
        """[battle 1] of a team's fighters; the healers' own speed if it has none."""
        speeds = self.speed.where(self.fights & team, torch.inf).amin(1, keepdim=True)
        return torch.minimum(speeds, self.speed.amax(1, keepdim=True))


@dataclass(slots=True)
class Battle:
    """What changes. All [battle unit] but ``position`` and ``goal``, which are [xy battle unit], from the map's centre.

    Times are in loops, lengths in cells. Everything is a multiple of 1 / 4096. No tensor is ever changed in place.
    """

    position: Tensor
    health: Tensor
    shield: Tensor
    energy: Tensor
    cooldown: Tensor
    """Until the weapon can fire."""
    calm: Tensor
    """Since the last damage."""
    target: Tensor
    """int64: the slot of whom the unit attacks or heals; its own for nobody."""
    goal: Tensor
    """Where those walk who have no target and a ``pace``."""
    pace: Tensor
    """How far they walk in a loop; 0: they stand."""
    healing: Tensor
    """Bool: healed somebody in the last loop."""
    exploding: Tensor
    """Bool: was killed in the last loop and explodes in the next."""

    @classmethod
    def begin(cls, forces: Forces, position: Tensor, goal: Tensor) -> Battle:
        """Fresh units."""
        zero, no = torch.zeros_like(forces.max_health), torch.zeros_like(forces.present)
        target = forces.slot.expand_as(forces.kind).contiguous()
        fresh = forces.max_health, forces.max_shield, forces.first_energy
        return cls(position, *fresh, zero, zero, target, goal, zero, no, no)

    @property
    def alive(self) -> Tensor:
        """Bool [battle unit]."""
        return self.health > 0

    def ordered(self, team: slice, goal: Tensor, pace: Tensor, target: Tensor) -> Battle:
        """This with new orders for a team, each [battle unit] (the goal [xy battle unit]); shares all else."""
        new = replace(self, goal=self.goal.clone(), pace=self.pace.clone(), target=self.target.clone())
        new.goal[:, :, team], new.pace[:, team], new.target[:, team] = goal, pace, target
        return new

    def begun(self, rows: Tensor, new: Battle, at: Tensor) -> Battle:
        """This with ``new`` battles, of those the ones ``at`` some rows, in some rows."""
        pairs = ((getattr(self, field.name), getattr(new, field.name)) for field in fields(self))
        return Battle(*(written(old, rows, fresh.index_select(old.dim() - 2, at), old.dim() - 2)
                        for old, fresh in pairs))

    def where(self, running: Tensor, old: Battle) -> Battle:
        """This where ``running`` [battle], ``old`` elsewhere."""
        pairs = ((getattr(self, field.name), getattr(old, field.name)) for field in fields(self))
        return Battle(*(torch.where(running[:, None], new, before) for new, before in pairs))
