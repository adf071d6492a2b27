"""Skirmish, batched: battles that advance side by side, a step of the agents being eight game loops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.interface import Environment, Fields, Script, Transition, written
from compose.envs.skirmish.battle import Battle, Forces, snap
from compose.envs.skirmish.combat import Aim, aim, fight
from compose.envs.skirmish.ground import Ground
from compose.envs.skirmish.motion import move, offsets, settled
from compose.envs.skirmish.muster import Muster
from compose.envs.skirmish.native.kernel import kernel
from compose.envs.skirmish.opponents import REACTION, acquire, looking, nearest_foe
from compose.envs.skirmish.reward import outcome
from compose.envs.skirmish.scripts import SCRIPTS, Orders
from compose.envs.skirmish.settings import Settings
from compose.envs.skirmish.spawn import Spawn, draw_tasks
from compose.envs.skirmish.tables import tables
from compose.envs.skirmish.worth import KILL, TOTAL, WIN, scales
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.units import STEP
from compose.envs.starcraft.view import View
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, bits, keys, uniform

if TYPE_CHECKING:
    from compose.envs.skirmish.camera import BattleCamera

JITTER = (-1.0, 3.0)
"""Loops by which the next volley is late: the least, and how much more at most."""
SETTLING = 3
"""Times that overlapping units make room after a step, beside once every loop."""
SEEKERS = ("attack_move", "hold")
"""Opponents who look for targets themselves."""
MOVE = 2.0
"""How far an order to move points, in cells; nothing walks that far in a step."""
DIRECTIONS = ((0.0, 1.0), (0.0, -1.0), (1.0, 0.0), (-1.0, 0.0))
"""North, south, east, west."""


class Skirmish(Environment):
    """Battles between agents and scripted opponents, after SMAC.

    An episode ends when a side has no fighters left, or at the limit, which counts as a loss and as a true end, as in
    SMAC. ``success`` is a win.
    """

    def __init__(
        self, schema: EntitySchema, scenario: Scenario, settings: Settings, device: str | torch.device = "cpu"
    ) -> None:
        self.schema, self.scenario, self.settings, self.device = schema, scenario, settings, torch.device(device)
        self._tables = tables().to(self.device)
        self._choices = torch.tensor(self.scenario.reaches(), device=self.device)
        self.ground = Ground(self.scenario.terrain, self.device)
        self._spawn, self._muster = Spawn(self.scenario, self.device), Muster(self.scenario, self.device)
        self._view = View(self.scenario, self.device)
        self._task_scales = torch.tensor(scales(self.scenario, settings.reward == "task"), device=self.device)
        self._allies, self._units = self.scenario.agents, self.scenario.agents + self.scenario.enemies
        self._shuffles = settings.tags == "random" and len(self.scenario.shape) > 1
        self._directions = torch.tensor(DIRECTIONS, device=self.device).T * MOVE
        self.kernel = kernel(self.device, self._units)
        """What plays game loops, unless somebody watches them; None: torch does."""
        self.runs_on = "torch" if self.kernel is None else "compiled game loops, the rest in torch"
        self.battle: Battle
        self.enemy_start: Tensor
        """Where the enemies began, in the middle [xy battle 1]."""
        self.facing: Tensor
        """int64 [battle ally]: the direction that agents look in, where sight is a cone."""
        self.watch: Callable[[Battle, Aim, Battle], None] | None = None
        """Told of every game loop: the battle before it, who aimed at whom, the battle after it."""
        self._seed: Seeds | None = None
        self._running = torch.zeros(0, dtype=torch.bool, device=self.device)

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw tasks, places and tags; see :meth:`Environment.reset`."""
        episodes = episodes.to(self.device, torch.int64)
        self._seed, self._episodes, self._time = seed, episodes, torch.zeros_like(episodes)
        self.task = draw_tasks(len(self.scenario.tasks), episodes, seed)
        spawn = self._spawn
        kind = self._muster.kinds(spawn.kind[self.task], self.task, episodes, seed)
        places = spawn.places(self.task, episodes, seed)
        if self._muster.drawn:
            order = self._muster.order(kind, places[0], self.task)
            kind, places = kind.gather(1, order), (places[0].gather(2, order.expand(2, -1, -1)), places[1])
        self.forces = Forces(kind, spawn.present[self.task], self._allies, self._tables, self._choices)
        place = spawn.apart(self.forces, places, self.ground)
        march = spawn.goals(place, self.forces, self.task, episodes, seed)
        self._scale = self._scales()
        self._tag = self._tags(episodes, seed)
        self._last = torch.zeros(len(episodes), self._allies, dtype=torch.int64, device=self.device)
        self.facing = torch.zeros_like(self._last)
        self._running = torch.ones(len(episodes), dtype=torch.bool, device=self.device)
        self._begin(place, march)
        begun = self._snapshot()
        self._view.begin(begun)
        return self._view.fields(begun, self.wanted)

    def restart(self, rows: Tensor, episodes: Tensor, seed: int) -> Fields:
        """See :meth:`Environment.restart`."""
        begun, at, fields = self.begun(episodes, seed)
        fixed = (self.task, self._tag, self.forces.kind, self.forces.present)
        for name in ("_episodes", "_time", "task", "_tag", "_last", "facing", "_running", "_scale"):
            setattr(self, name, written(getattr(self, name), rows, getattr(begun, name)[at]))
        kind, present = (written(getattr(self.forces, name), rows, getattr(begun.forces, name)[at])
                         for name in ("kind", "present"))
        self.battle = self.battle.begun(rows, begun.battle, at)
        self.enemy_start = written(self.enemy_start, rows, begun.enemy_start[:, at], 1)
        if not all(map(torch.equal, fixed, (self.task, self._tag, kind, present))):
            self.forces = Forces(kind, present, self._allies, self._tables, self._choices)
            self._view.begin(self._snapshot())
        return fields

    def apart(self) -> Skirmish:
        """See :meth:`Environment.apart`."""
        other = super().apart()
        other._view = View(self.scenario, self.device)
        return other

    @property
    def restarts(self) -> bool:
        """Yes."""
        return True

    def step(self, action: Tensor) -> Transition:
        """Give orders and let eight game loops pass; see :meth:`Environment.step`."""
        if self._seed is None:
            raise RuntimeError("reset the environment before stepping it")
        action = action.to(self.device)
        move, target = self._view.entity.decode(self._snapshot(), action)
        target = torch.where(target < 0, self.forces.slot[: self._allies], target)
        self._last = torch.where(self._running[:, None], action, self._last)
        self.facing = torch.where(self._running[:, None], self._view.entity.turned(self.facing, action), self.facing)
        return self.advance(Orders(move, target))

    def advance(self, orders: Orders | None) -> Transition:
        """A step in which the allies have ``orders``; None: they attack-move, to where the enemies began.
        """
        before, running = self.battle, self._running
        if orders is not None:
            self._order(slice(0, self._allies), orders)
        self._command_opponents()
        self._fight(orders is None)
        self._time = self._time + 1
        if not bool(running.all()):
            self.battle = self.battle.where(running, before)
        found = outcome(self.forces, before, self.battle)
        over = running & (found.over | (self._time >= self.schema.limit))
        self._running = running & ~over
        reward = torch.where(running, found.reward * self._scale, 0)
        no = torch.zeros_like(over)
        return Transition(reward, over, no, found.won & running, self._view.fields(self._snapshot(), self.wanted))

    @property
    def scripts(self) -> Mapping[str, Script]:
        """See :func:`~compose.envs.skirmish.players.players`."""
        from compose.envs.skirmish.players import players

        return players(self, self._view.entity, self._snapshot, self._draws)

    def camera(self) -> BattleCamera:
        """Looks at every game loop of the first battle."""
        from compose.envs.skirmish.camera import BattleCamera

        return BattleCamera(self)

    def _begin(self, place: Tensor, march: Tensor) -> None:
        """Fresh units at ``place`` [xy battle unit], opponents on the way to ``march`` [xy battle 1]."""
        goal, enemy = march.repeat(1, 1, self._units), self.forces.slot >= self._allies
        theirs = self.forces.present & enemy
        self.enemy_start = snap((place * theirs).sum(2) / theirs.sum(1))[..., None]
        goal[:, :, : self._allies] = self.enemy_start
        walks = self.scenario.goal != "hold" and self.settings.opponent not in ("hold", "passive")
        self.battle = replace(Battle.begin(self.forces, place, goal), pace=self.forces.march * (~enemy | walks))

    def _fight(self, both: bool) -> None:
        """Eight game loops, of all battles at once whose scripted units take the same turns at looking for targets."""
        turn = self._time * STEP % REACTION[self.settings.difficulty]
        turns = sorted(set(turn.tolist())) if REACTION[self.settings.difficulty] > STEP else [0]
        for loop in turns:
            before, playing = self.battle, self._running if len(turns) == 1 else self._running & (turn == loop)
            self._loops(loop, playing, both)
            if len(turns) > 1:
                self.battle = self.battle.where(playing, before)

    def _loops(self, first: int, running: Tensor, both: bool) -> None:
        """Eight game loops; if ``both``, the allies look for targets as the opponents do."""
        forces, reload = self.forces, self._reload()
        if self.kernel is not None and self.watch is None:
            seeks = self.settings.opponent in SEEKERS
            self.battle = self.kernel.play(
                forces, self.battle, self.ground, running, self._tag, reload, loop=first,
                reaction=REACTION[self.settings.difficulty], looks=(both, seeks), settling=SETTLING)
            return
        between = offsets(forces, self.battle.position, self.battle.alive)
        for loop in range(STEP):
            alive = self.battle.alive
            for slots in self._looking(first + loop, both):
                target = acquire(forces, self.battle, alive, self._tag, slots)
                self.battle = replace(self.battle, target=target)
            aimed = aim(forces, self.battle, alive)
            battle = fight(forces, self.battle, alive, aimed, reload[:, loop])
            position, between = move(forces, battle, aimed, between, self.ground)
            before, self.battle = self.battle, replace(battle, position=position)
            if self.watch is not None:
                self.watch(before, aimed, self.battle)
        position = settled(forces, self.battle.position, self.battle.alive, self.ground, SETTLING)
        self.battle = replace(self.battle, position=position)

    def _looking(self, loop: int, both: bool) -> Iterator[slice]:
        """The scripted units that look for targets in a loop."""
        teams = [(self._allies, self._units)] if self.settings.opponent in SEEKERS else []
        teams += [(0, self._allies)] if both else []
        for first, last in teams:
            slots = looking(loop, REACTION[self.settings.difficulty], first, last)
            if slots.start < last:
                yield slots

    def _command_opponents(self) -> None:
        enemies, allies = slice(self._allies, None), slice(0, self._allies)
        if self.settings.opponent in SCRIPTS:
            orders = SCRIPTS[self.settings.opponent](self.forces, self.battle, enemies, allies, self._draws())
            self._order(enemies, orders)
        elif self.scenario.goal == "chase":
            there = nearest_foe(self.forces, self.battle, enemies, allies)
            self.battle = replace(self.battle, goal=torch.cat((self.battle.goal[:, :, allies], there), 2))

    def _order(self, team: slice, orders: Orders) -> None:
        """Move, attack, heal or stand, until the next order."""
        way = self._directions[:, orders.move.clamp(min=0)]
        goal = self.battle.position[:, :, team] + way
        pace = self.forces.speed[:, team] * (orders.move >= 0)
        self.battle = self.battle.ordered(team, goal, pace, orders.target)

    def _snapshot(self) -> Snapshot:
        battle, allies = self.battle, self._allies
        ahead = battle.position[:, None, :, :allies] + self._directions[:, :, None, None] / MOVE
        return Snapshot(
            kind=self.forces.kind, present=self.forces.present,
            position=rearrange(battle.position, "xy battle unit -> battle unit xy"),
            health=battle.health, shield=battle.shield, energy=battle.energy, cooldown=battle.cooldown, tag=self._tag,
            moves=rearrange(self.ground.walkable(ahead), "way battle unit -> battle unit way"), task=self.task,
            last_action=self._last, facing=self.facing,
        )  # fmt: skip

    def _tags(self, episodes: Tensor, seed: Seeds) -> Tensor:
        """int64 [battle unit]: enemies first, then allies; shuffled within each side."""
        slot, enemies = self.forces.slot, self._units - self._allies
        fixed = torch.where(slot < self._allies, slot + enemies, slot - self._allies).expand(len(episodes), -1)
        if not self._shuffles:
            return fixed.contiguous()
        draw = bits(keys(seed, "tag"), episodes[:, None] * self._units + slot)
        sides = [draw[:, : self._allies].argsort(1).argsort(1) + enemies, draw[:, self._allies :].argsort(1).argsort(1)]
        return torch.cat(sides, 1)

    def _reload(self) -> Tensor:
        """Loops from a volley in this step to the next [battle loop unit]: the weapon's period and some jitter."""
        assert self._seed is not None
        least, spread = JITTER
        loop = torch.arange(STEP * self._units, device=self.device)
        per_step = self._episodes * self.schema.limit + self._time
        draw = uniform(keys(self._seed, "jitter"), per_step[:, None] * (STEP * self._units) + loop)
        jitter = rearrange(snap(draw * spread + least), "battle (loop unit) -> battle loop unit", loop=STEP)
        return jitter + self.forces.period[:, None]

    def _scales(self) -> Tensor:
        """What the battles' rewards are multiplied by [battle]."""
        by_set = self._task_scales[self.task]
        if self.settings.reward == "set" or not self._muster.drawn:
            return by_set
        theirs = self.forces.present[:, self._allies :]
        worth = (self.forces.max_health + self.forces.max_shield)[:, self._allies :].sum(1)
        return TOTAL / (WIN + KILL * theirs.sum(1) + worth)

    def _draws(self) -> Tensor:
        """For scripts: a number in [0, 1) for every pair [battle unit target]."""
        assert self._seed is not None
        pairs = self._units * self._units
        per_step = self._episodes * self.schema.limit + self._time
        draw = uniform(keys(self._seed, "script"), per_step[:, None] * pairs + torch.arange(pairs, device=self.device))
        return rearrange(draw, "battle (unit target) -> battle unit target", unit=self._units)
