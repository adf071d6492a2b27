"""The entity view: units as entities, in the scheme of REFIL's and OPT's multi-task StarCraft environments."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import one_hot, pad

from compose.envs.starcraft.scenario_model import PLAIN, Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.terrain import SIZE
from compose.envs.starcraft.view.cone import ahead, faced
from compose.envs.starcraft.view.permission import permitted
from compose.envs.starcraft.view.tables import Tables, slot_of_tag, squared_distance, type_rows


@dataclass(frozen=True, slots=True)
class _Episode:
    """What stays the same for an episode."""

    base: Tensor
    """float32 [batch unit feature]: tags and types; zero elsewhere."""
    scale: Tables
    """[batch unit]."""
    sight: Tensor
    """float64 [batch unit 1]: the square of how far each sees."""
    reach: Tensor
    """float64 [batch ally 1]: the square of how far away it may choose targets."""
    aimable: Tensor
    """bool [batch ally unit]: whether the ally could ever choose the unit as a target."""
    present: Tensor
    itself: Tensor
    """bool [batch unit unit']: the diagonal of present units."""
    units: Tensor
    """float32 [batch 1]: how many are present."""
    action_entity: Tensor
    task: Tensor


class EntityView:
    """Fields of :func:`~compose.envs.starcraft.schema.entity_schema` but for the flat vectors.

    Every unit sees others up to 9 cells away and, even when it is dead, itself. A living agent may stop, move where the
    snapshot says so, and choose a living enemy up to 6 cells away, whatever its weapon; Medivacs choose living allies
    that are no Medivacs instead. The dead and the absent have the no-op. All distances are from centre to centre; those
    of scenarios whose ranges are ``by_type`` depend on it. In a cone, agents see and choose only who is ahead. Where
    sight is not shared, agents see only enemies whom they are permitted to see; whom they may choose does not depend on
    it. Where targets are ``any``, they may choose whoever is alive, wherever.
    """

    def __init__(self, scenario: Scenario, device: str | torch.device = "cpu") -> None:
        self.scenario = scenario
        self.device = torch.device(device)
        self._agents, self._actions = scenario.agents, scenario.actions
        self._slots = scenario.agents + scenario.enemies
        self._tables = Tables.on(self.device)
        self._plain, self._cone = scenario.plain, scenario.sight == "cone"
        self._hides, self._any = scenario.hides, scenario.targets == "any"
        self._sights, self._reaches = (
            torch.tensor(values, dtype=torch.float64, device=self.device).square()[:, None]
            for values in (scenario.sights(), scenario.reaches())
        )
        self._types = type_rows(scenario.kinds if len(scenario.kinds) > 1 else (), self.device)
        self._ally = torch.arange(self._slots, device=self.device) < self._agents
        self._diagonal = torch.eye(self._slots, dtype=torch.bool, device=self.device)
        self._episode: _Episode | None = None

    def begin(self, snapshot: Snapshot) -> None:
        """Note who is present, of which kinds and under which tags; call it whenever episodes begin."""
        present = snapshot.present.clone()
        kind = snapshot.kind.where(present, 0)
        tags = one_hot(snapshot.tag, self._slots) * present[..., None]
        choices = self._agents if self.scenario.heals else 0
        aimed = rearrange(tags.bool(), "batch unit tag -> batch tag unit")[:, : self._actions - self._plain]
        heals = self._tables.heals[kind]
        medic = heals[:, : self._agents, None]
        self._episode = _Episode(
            base=torch.cat((
                tags.float(),
                tags.new_zeros(*tags.shape[:2], self._actions - 2, dtype=torch.float32),
                self._types[kind] * present[..., None],
                tags.new_zeros(*tags.shape[:2], 7 + self.scenario.has_shield + 2 * self._cone, dtype=torch.float32),
            ), 2),
            scale=self._tables.of(kind),
            sight=self._sights[kind],
            reach=self._reaches[kind[:, : self._agents]],
            aimable=torch.where(medic, (self._ally & ~heals)[:, None] & bool(choices), ~self._ally),
            present=present,
            itself=self._diagonal & present[..., None],
            units=present.sum(1, keepdim=True).float(),
            action_entity=torch.cat((aimed.new_zeros(len(aimed), self._plain, self._slots), aimed), 1),
            task=snapshot.task.clone(),
        )

    def fields(self, snapshot: Snapshot, wanted: Collection[str] | None = None) -> dict[str, Tensor]:
        """Every field of the schema but the flat vectors, without the time axis; of those that cost something, only
        what is ``wanted``.

        Raises:
            RuntimeError: If no episode was begun.
        """
        episode = self._begun()
        alive = snapshot.alive
        distance = squared_distance(snapshot, self._slots)
        available = self._available(snapshot, alive, distance[:, : self._agents], self._any)
        found = {
            "present": episode.present,
            "available": available,
            "active": alive[:, : self._agents],
            "task": episode.task,
            "action_entity": episode.action_entity,
        }
        if wanted is None or {"visible", "sight"} & {*wanted}:
            found["sight"] = self._sight(snapshot, alive, distance)
            found["visible"] = found["sight"][:, : self._agents]
        if wanted is None or {"entities", "position"} & {*wanted}:
            found["entities"], found["position"] = self._entities(snapshot, alive, available)
        return found

    def _sight(self, snapshot: Snapshot, alive: Tensor, distance: Tensor) -> Tensor:
        """Who sees whom, bool [batch unit unit']."""
        sight = self._near(snapshot, alive, distance)
        if self._hides:
            sight[:, : self._agents, self._agents :] &= permitted(snapshot)
        return sight.logical_or_(self._begun().itself)

    def _near(self, snapshot: Snapshot, alive: Tensor, distance: Tensor) -> Tensor:
        """Who is where the first units could see it [batch unit unit']."""
        rows = distance.shape[1]
        near = (distance <= self._begun().sight[:, :rows]) & alive[:, None] & alive[:, :rows, None]
        if self._cone:
            near[:, : self._agents] &= ahead(snapshot)
        return near

    def finds(self, snapshot: Snapshot) -> Tensor:
        """Which enemies are where agents could see them, permitted or not, bool [batch ally enemy].

        Raises:
            RuntimeError: If no episode was begun.
        """
        near = self._near(snapshot, snapshot.alive, squared_distance(snapshot, self._agents))
        return near[:, :, self._agents :]

    def available(self, snapshot: Snapshot) -> Tensor:
        """Which actions the agents may take, bool [batch ally action].

        Raises:
            RuntimeError: If no episode was begun.
        """
        return self._available(snapshot, snapshot.alive, squared_distance(snapshot, self._agents), self._any)

    def carried_out(self, snapshot: Snapshot) -> Tensor:
        """Which available actions do something, bool [batch ally action]: all, but where any target may be chosen only
        those that are in reach.

        Raises:
            RuntimeError: If no episode was begun.
        """
        return self._available(snapshot, snapshot.alive, squared_distance(snapshot, self._agents), False)

    def dropped(self, snapshot: Snapshot, action: Tensor) -> Tensor:
        """Who chose a target out of reach, bool [batch ally]; ``action`` int64 [batch ally]."""
        return (action >= self._plain) & ~self.carried_out(snapshot).gather(2, action[..., None])[..., 0]

    def decode(self, snapshot: Snapshot, action: Tensor) -> tuple[Tensor, Tensor]:
        """What actions (int64 [batch ally]) mean.

        Returns:
            The direction of a move, int64 [batch ally]: 0 north, 1 south, 2 east, 3 west, or -1; and the unit that is
            the target, int64 [batch ally], or -1. The no-op, stop and turns have neither.
        """
        targets = slot_of_tag(snapshot).gather(1, (action - self._plain).clamp_(min=0))
        return (action - 2).where((action >= 2) & (action < PLAIN), -1), targets.where(action >= self._plain, -1)

    def turned(self, facing: Tensor, action: Tensor) -> Tensor:
        """Where agents face after actions, both int64 [batch ally]: turning takes the action, and no time."""
        return (action - PLAIN).where((action >= PLAIN) & (action < self._plain), facing)

    def _available(self, snapshot: Snapshot, alive: Tensor, distance: Tensor, far: bool) -> Tensor:
        """Whether ``far``: with targets out of reach."""
        acting = alive[:, : self._agents]
        chosen = alive[:, None] & acting[..., None] & self._begun().aimable
        if not far:
            chosen &= distance <= self._begun().reach
            chosen = chosen & ahead(snapshot) if self._cone else chosen
        targets = slot_of_tag(snapshot)[:, None, : self._actions - self._plain].expand(-1, self._agents, -1)
        stop = acting[..., None]
        turns = stop.expand(-1, -1, self._plain - PLAIN)
        return torch.cat((~stop, stop, snapshot.moves & stop, turns, chosen.gather(2, targets)), 2)

    def _entities(self, snapshot: Snapshot, alive: Tensor, available: Tensor) -> tuple[Tensor, Tensor]:
        """The entities, and the position of agents over the size of the map."""
        episode, scale = self._begun(), self._begun().scale
        place = snapshot.position.where(episode.present[..., None], 0)
        mean = place.sum(1) / episode.units
        offset = (place - mean[:, None]) * episode.present[..., None]
        far = torch.linalg.vector_norm(offset, dim=2).amax(1).clamp_(min=1 / 4096)
        place = place / SIZE
        shield = (snapshot.shield / scale.shield,) if self.scenario.has_shield else ()
        own = torch.stack((snapshot.energy / scale.energy, snapshot.cooldown / scale.cooldown), 2) * self._ally[:, None]
        facing = (pad(faced(snapshot).float(), (0, 0, 0, self._slots - self._agents)),) if self._cone else ()
        state = torch.cat((
            torch.stack((snapshot.health / scale.health, *shield), 2), own, place, offset / far[:, None, None], *facing,
        ), 2)
        entities = episode.base.clone()
        entities[:, : self._agents, self._slots : self._slots + self._actions - 2] = available[..., 2:]
        entities[..., -state.shape[2] :] = state.where(alive[..., None], 0)
        return entities, place[:, : self._agents]

    def _begun(self) -> _Episode:
        if self._episode is None:
            raise RuntimeError("begin an episode before viewing it")
        return self._episode
