"""SMAC's own vectors: what an agent observes, and the state, in the layout of the original environment."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import one_hot, pad

from compose.envs.starcraft.scenario_model import PLAIN, Scenario
from compose.envs.starcraft.schema import flat_types, shielded
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.terrain import SIZE
from compose.envs.starcraft.view.cone import ahead, faced
from compose.envs.starcraft.view.permission import permitted
from compose.envs.starcraft.view.tables import Tables, slot_of_tag, type_rows


@dataclass(frozen=True, slots=True)
class _Episode:
    """What stays the same for an episode."""

    scale: Tables
    """[batch unit]."""
    sight: Tensor
    """float64 [batch A 1]: how far each agent sees."""
    enemies: Tensor
    """int64 [batch E]: their slots in the order of their tags."""
    others: Tensor
    """int64 [batch agent A - 1]: for each agent the slots of the other allies in the order of their tags."""
    ally_type: Tensor
    """float32 [batch A types], one-hot."""
    enemy_type: Tensor
    """The same of the enemies, in the order of their tags."""


class FlatView:
    """SMAC's defaults: everybody's health, no last action in what is observed, last actions in the state.

    Whatever has a number in SMAC stands in the order of the tags, so that the enemy of the k-th block is the one whom
    the k-th attack hits; agents' own rows are in the order of their slots. Where tags are given out in the order of the
    slots, that is SMAC's order. Other units are seen closer than 9 cells (than the observer's sight where that is a
    matter of types); of the dead everything is 0. Where armies begin at drawn places, agents observe their own place,
    and in a cone where they face, as in SMACv2. Enemies that an agent is not permitted to see are 0 for it.
    """

    def __init__(self, scenario: Scenario, device: str | torch.device = "cpu") -> None:
        ours, theirs = numbered_types(scenario)
        self.scenario = scenario
        self.device = torch.device(device)
        self._agents, self._enemies = scenario.agents, scenario.enemies
        self._plain, self._cone, self._placed = scenario.plain, scenario.sight == "cone", scenario.starts is not None
        self._hides = scenario.hides
        self._sights = torch.tensor(scenario.sights(), dtype=torch.float64, device=self.device)[:, None]
        self._tables = Tables.on(self.device)
        self._ally_types, self._enemy_types = type_rows(ours, self.device), type_rows(theirs, self.device)
        self._points = 1 + shielded(scenario, "allies"), 1 + shielded(scenario, "enemies")
        self._episode: _Episode | None = None

    def begin(self, snapshot: Snapshot) -> None:
        """Note who is of which kind and under which tag; call it whenever episodes begin."""
        agents, enemies = self._agents, self._enemies
        order = slot_of_tag(snapshot)
        own = (snapshot.tag[:, :agents] - enemies)[..., None]
        rank = torch.arange(agents - 1, device=self.device)
        ranks = rank + (rank >= own)
        others = order[:, None, enemies:].expand(-1, agents, -1).gather(2, ranks)
        enemy_kind = snapshot.kind.gather(1, order[:, :enemies])
        self._episode = _Episode(
            scale=self._tables.of(snapshot.kind),
            sight=self._sights[snapshot.kind[:, :agents]],
            enemies=order[:, :enemies],
            others=others,
            ally_type=self._ally_types[snapshot.kind[:, :agents]],
            enemy_type=self._enemy_types[enemy_kind],
        )

    def fields(self, snapshot: Snapshot, available: Tensor) -> dict[str, Tensor]:
        """``observation`` [batch agent observation] and ``state`` [batch state], float32.

        Args:
            available: As :meth:`EntityView.carried_out` gives it.

        Raises:
            RuntimeError: If no episode was begun.
        """
        if self._episode is None:
            raise RuntimeError("begin an episode before viewing it")
        episode = self._episode
        points = torch.stack((snapshot.health / episode.scale.health, snapshot.shield / episode.scale.shield), 2)
        own = points[:, : self._agents, : self._points[0]]
        facing = (faced(snapshot).float(),) if self._cone else ()
        place = (snapshot.position[:, : self._agents] / SIZE + 0.5,) if self._placed else ()
        ours = torch.cat((own, episode.ally_type), 2)
        itself = torch.cat((own, *place, *facing, episode.ally_type), 2)
        theirs = torch.cat((_pick(points, episode.enemies)[..., : self._points[1]], episode.enemy_type), 2)
        return {
            "observation": self._observation(snapshot, episode, available, ours, theirs, itself),
            "state": self._state(snapshot, episode, torch.cat((own, *facing, episode.ally_type), 2), theirs),
        }

    def _observation(
        self, snapshot: Snapshot, episode: _Episode, available: Tensor, ours: Tensor, theirs: Tensor, itself: Tensor
    ) -> Tensor:
        agents, alive, place = self._agents, snapshot.alive, snapshot.position.double()
        acting = alive[:, :agents, None]
        cone = ahead(snapshot) if self._cone else None

        def seen(slots: Tensor, first: Tensor | None, last: Tensor, may: Tensor | None = None) -> Tensor:
            """``first`` (unless given: whether it is seen), distance, offset and ``last`` of units that are seen, if
            they ``may`` be."""
            offset = _pick(place, slots) - place[:, :agents, None]
            distance = torch.linalg.vector_norm(offset, dim=3)
            visible = (distance < episode.sight) & _pick(alive, slots) & acting
            visible = visible if cone is None else visible & cone.gather(2, slots)
            visible = visible if may is None else visible & may
            relative = torch.cat((distance[..., None], offset), 3).div_(episode.sight[..., None]).float()
            first = visible if first is None else first
            known = torch.cat((first[..., None], relative, last), 3).mul_(visible[..., None])
            return rearrange(known, "batch agent other number -> batch agent (other number)")

        enemies = episode.enemies[:, None].expand(-1, agents, -1)
        may = permitted(snapshot).gather(2, enemies - agents) if self._hides else None
        return torch.cat((
            available[..., 2:PLAIN],
            seen(enemies, self._targets(available), theirs[:, None].expand(-1, agents, -1, -1), may),
            seen(episode.others, None, _pick(ours, episode.others)),
            itself * acting,
        ), 2)

    def _targets(self, available: Tensor) -> Tensor:
        """SMAC's bits of available targets [batch agent E]; healers' are those of allies, at their numbers."""
        first = self._plain + self._enemies
        attack, heal = available[..., self._plain : first], available[..., first:]
        heal = heal[..., : self._enemies]
        return attack | pad(heal, (0, self._enemies - heal.shape[2]))

    def _state(self, snapshot: Snapshot, episode: _Episode, ours: Tensor, theirs: Tensor) -> Tensor:
        alive, place, agents = snapshot.alive[..., None], snapshot.position / SIZE, self._agents
        ready = snapshot.energy.where(episode.scale.heals, snapshot.cooldown) / episode.scale.cooldown
        ally = torch.cat((ours[..., :1], ready[:, :agents, None], place[:, :agents], ours[..., 1:]), 2)
        enemy = torch.cat((theirs[..., :1], _pick(place, episode.enemies), theirs[..., 1:]), 2)
        parts = ally * alive[:, :agents], enemy * _pick(alive, episode.enemies), self._last(snapshot)
        return torch.cat([rearrange(part, "batch unit number -> batch (unit number)") for part in parts], 1)

    def _last(self, snapshot: Snapshot) -> Tensor:
        """Last actions as one-hot vectors [batch agent 6 + E]: zero at first, which the no-op of the living says."""
        action = snapshot.last_action
        width = self._plain + self._enemies
        number = torch.where(action < width, action, action - self._enemies)
        vectors = one_hot(number, self._plain + max(self._enemies, self._agents))[..., :width]
        return vectors * ((action > 0) | ~snapshot.alive[:, : self._agents])[..., None]


def numbered_types(scenario: Scenario) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The types that are told apart, in the order of their numbers: of allies, of enemies. SMAC numbers types by name
    but for these two, whose enemies it numbers by StarCraft's ids."""
    types = flat_types(scenario)
    return types, types[::-1] if types == ("Stalker", "Zealot") else types


def _pick(values: Tensor, slots: Tensor) -> Tensor:
    """The rows of ``values`` [batch unit ...] that ``slots`` [batch ...] name."""
    batch = torch.arange(len(slots), device=slots.device)
    return values[batch.view(-1, *[1] * (slots.dim() - 1)), slots]
