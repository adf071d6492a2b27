"""Skirmish, batched: battles that advance side by side, a step of the agents being eight game loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.interface import Environment, Fields, Script, Transition, taken, written
from compose.envs.skirmish import chances
from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.skirmish.combat import Aim, aim, fight
from compose.envs.skirmish.ground import Ground
from compose.envs.skirmish.motion import move, offsets, settled
from compose.envs.skirmish.native.episode import Draws, Played, Rules
from compose.envs.skirmish.native.kernel import Kernel, kernel
from compose.envs.skirmish.opening import Opening
from compose.envs.skirmish.opponents import REACTION, SEEKERS, acquire, looking, nearest_foe
from compose.envs.skirmish.orders import heard, steps, told
from compose.envs.skirmish.reward import outcome
from compose.envs.skirmish.scripts import SCRIPTS, Orders
from compose.envs.skirmish.settings import Settings
from compose.envs.skirmish.spotting import STREAM, Spotted, Spotting
from compose.envs.skirmish.standing import Part, Standing
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.units import STEP
from compose.envs.starcraft.view import View
from compose.envs.starcraft.view.native.form import ViewForm
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, keys

if TYPE_CHECKING:
    from compose.envs.skirmish.camera import BattleCamera

JITTER = (-1.0, 3.0)
"""Loops by which the next volley is late: the least, and how much more at most."""
SETTLING = 3
"""Times that overlapping units make room after a step, beside once every loop."""


class Skirmish(Environment):
    """Battles between agents and scripted opponents, after SMAC.

    An episode ends when a side has no fighters left, or at the limit, which counts as a loss and as a true end, as in
    SMAC. ``success`` is a win.
    """

    battle, facing, _last, _running = Part[Battle](), Part[Tensor](), Part[Tensor](), Part[Tensor]()
    _spotted = Part[Spotted | None]()

    def __init__(
        self, schema: EntitySchema, scenario: Scenario, settings: Settings, device: str | torch.device = "cpu"
    ) -> None:
        self.schema, self.scenario, self.settings, self.device = schema, scenario, settings, torch.device(device)
        self.ground = Ground(self.scenario.terrain, self.device)
        self._opening = Opening(self.scenario, settings, self.ground, self.device)
        self._views, self._begun = View(self.scenario, self.device), False
        self._spotting = Spotting(scenario, schema.limit, self.device) if scenario.hides else None
        self._allies, self._units = self.scenario.agents, self.scenario.agents + self.scenario.enemies
        self.kernel = kernel(self.device, self._units)
        """What plays battles, unless somebody watches every loop; None: torch does."""
        self._form: ViewForm | None = None
        self.runs_on = "torch" if self.kernel is None else "compiled battles"
        self.watch: Callable[[Battle, Aim, Battle], None] | None = None
        """Told of every game loop: the battle before it, who aimed at whom, the battle after it."""
        self._jitter = JITTER
        self._seed: Seeds | None = None
        self._played: Played | None = None
        self._knows: Played | None = None  # the same, once it was told of these episodes
        self._standing: Standing | None = None
        self.told = False
        """Whether the kernel knows how battles stand."""

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Draw tasks, places and tags; see :meth:`Environment.reset`."""
        episodes = episodes.to(self.device, torch.int64)
        self._seed, self._episodes, self._time = seed, episodes, torch.zeros_like(episodes)
        battle = self._opening.draw(episodes, seed, self._settle)
        self.task, self.forces, self.enemy_start = self._opening.task, self._opening.forces, self._opening.enemy_start
        self._tag, self._scale = self._opening.tag, self._opening.scale
        none = torch.zeros(len(episodes), self._allies, dtype=torch.int64, device=self.device)
        running = torch.ones(len(episodes), dtype=torch.bool, device=self.device)
        self._standing = Standing(battle, none, none, running)
        self._begun, self._knows, self.told = False, None, False
        if self._spotting is not None:
            self._spotted = self._spotting.nobody(len(episodes))
            self._look(self._spotting)
        if self.kernel is None:
            return self._view.fields(self._snapshot(), self.wanted)
        return self._loaded(self.kernel).show()

    def restart(self, rows: Tensor, episodes: Tensor, seed: int) -> Fields:
        """See :meth:`Environment.restart`."""
        begun, at, fields = self.begun(episodes, seed)
        kind, present = (written(getattr(self.forces, name), rows, getattr(begun.forces, name)[at])
                         for name in ("kind", "present"))
        parts = ("_episodes", "_time", "task", "_tag", "_last", "facing", "_running", "_scale")
        for name in (*parts, "_spotted") if self._spotting else parts:
            setattr(self, name, written(getattr(self, name), rows, taken(getattr(begun, name), at)))
        self.battle = self.battle.begun(rows, begun.battle, at)
        self.enemy_start = written(self.enemy_start, rows, begun.enemy_start[:, at], 1)
        if not (torch.equal(kind, self.forces.kind) and torch.equal(present, self.forces.present)):
            self.forces = self._opening.muster(kind, present)
        self._begun, self._knows = False, None
        return fields

    def apart(self) -> Skirmish:
        """See :meth:`Environment.apart`."""
        other = super().apart()
        other._opening = Opening(self.scenario, self.settings, self.ground, self.device)
        other._views, other._form = View(self.scenario, self.device), None
        other._played = other._knows = other._standing = None
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
        if self.kernel is not None and self.watch is None:
            return self._play(self.kernel, action)
        if bool(((action < 0) | (action >= self.scenario.actions)).any()):
            raise IndexError("an action is out of range")
        orders, held = heard(self._view.entity, self._snapshot(), action, self._time)
        self._last = torch.where(self._running[:, None], action, self._last)
        self.facing = torch.where(self._running[:, None], self._view.entity.turned(self.facing, action), self.facing)
        return self.advance(orders, held)

    def advance(self, orders: Orders | None, held: Tensor | None = None) -> Transition:
        """A step in which the allies have ``orders``, but for those who are ``held`` (bool [battle ally]) to their last
        ones; None: they attack-move, to where the enemies began."""
        before, running = self.battle, self._running
        if orders is not None:
            self.battle = told(self.forces, self.battle, slice(0, self._allies), orders, held)
        if self.kernel is not None and self.watch is None:
            return self._play(self.kernel, None, orders is None, before)
        self._command_opponents()
        self._fight(orders is None)
        self._time = self._time + 1
        if not bool(running.all()):
            self.battle = self.battle.where(running, before)
        if self._spotting is not None:
            self._look(self._spotting)
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

        return players(self, lambda: self._view.entity, self._snapshot, self._draws)

    def camera(self) -> BattleCamera:
        """Looks at every game loop of the first battle."""
        from compose.envs.skirmish.camera import BattleCamera

        return BattleCamera(self)

    def _settle(self, forces: Forces, position: Tensor, times: int) -> Tensor:
        if self.kernel is not None:
            return self._compiled(self.kernel, forces).settled(position, times)
        return settled(forces, position, forces.present, self.ground, times)

    def _play(self, kernel: Kernel, action: Tensor | None, both: bool = False,
              before: Battle | None = None) -> Transition:  # fmt: skip
        """A step by the kernel; if ``both``, the allies look for targets as the opponents do. ``before``: the battle
        before orders, if there may be some."""
        if self.settings.opponent in SCRIPTS:
            before = before or self.battle
            self._command_opponents()
        if before is not None and before is not self.battle and not bool(self._running.all()):
            self.battle = self.battle.where(self._running, before)
        looks = both, self.settings.opponent in SEEKERS
        found = self._loaded(kernel).step(action, self._time, looks, self._jitter)
        self._standing = None
        self._time = self._time + 1
        return found

    def standing(self) -> Standing:
        """How battles stand."""
        if self._standing is None:
            if self._played is None:
                raise RuntimeError("reset the environment before looking at it")
            self._standing = self._played.look()
        return self._standing

    def _loaded(self, kernel: Kernel) -> Played:
        """The battles for the kernel to play, of which it knows how they stand."""
        played = self._compiled(kernel, self.forces)
        if self._knows is not played:
            assert self._seed is not None
            jitter = keys(self._seed, "jitter")
            sight = jitter if self._spotting is None else keys(self._seed, STREAM)
            draws = Draws(jitter, sight, self._episodes, self._scale)
            played.begin(draws, self.forces.present, self._tag, self.task, self.wanted)
            self._knows = played
        if not self.told or self._tag is not played.tag:
            played.load(self.standing(), self._tag)
            self.told = True
        return played

    def _compiled(self, kernel: Kernel, forces: Forces) -> Played:
        if self._played is None or self._played.forces is not forces:
            self._form = self._form or ViewForm(self.scenario, kernel.double_root)
            chases = self.scenario.goal == "chase" and self.settings.opponent not in SCRIPTS
            rules = Rules(SETTLING, self.schema.limit, REACTION[self.settings.difficulty], chases)
            self._played = Played(kernel, self._form, rules, forces, self.ground)
        return self._played

    @property
    def _view(self) -> View:
        """Torch's, of the episodes that :meth:`reset` began."""
        if not self._begun and self._seed is not None:
            self._views.begin(self._snapshot())
            self._begun = True
        return self._views

    def _fight(self, both: bool) -> None:
        """Eight game loops, of all battles at once whose scripted units take the same turns at looking for targets."""
        every = REACTION[self.settings.difficulty]
        turn = self._time * STEP % every if every > STEP else torch.zeros_like(self._time)
        turns = sorted(set(turn.tolist()))
        for loop in turns:
            before, playing = self.battle, self._running & (turn == loop)
            self._loops(loop, both)
            if len(turns) > 1:
                self.battle = self.battle.where(playing, before)

    def _loops(self, first: int, both: bool) -> None:
        """Eight game loops; if ``both``, the allies look for targets as the opponents do."""
        assert self._seed is not None
        forces, reload = self.forces, chances.reload(self.forces, self._jitter, self._steps, self._seed)
        teams = [(self._allies, self._units)] if self.settings.opponent in SEEKERS else []
        teams += [(0, self._allies)] if both else []
        between = offsets(forces, self.battle.position, self.battle.alive)
        for loop in range(STEP):
            alive = self.battle.alive
            for slots in looking(first + loop, REACTION[self.settings.difficulty], teams):
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

    def _command_opponents(self) -> None:
        enemies, allies = slice(self._allies, None), slice(0, self._allies)
        if self.settings.opponent in SCRIPTS:
            orders = SCRIPTS[self.settings.opponent](self.forces, self.battle, enemies, allies, self._draws())
            self.battle = told(self.forces, self.battle, enemies, orders)
        elif self.scenario.goal == "chase":
            there = nearest_foe(self.forces, self.battle, enemies, allies)
            self.battle = replace(self.battle, goal=torch.cat((self.battle.goal[:, :, allies], there), 2))

    def _look(self, spotting: Spotting) -> None:
        """Note who saw whom first."""
        old, alive = self._spotted, self.battle.alive
        assert old is not None
        assert self._seed is not None
        found = self._view.entity.finds(self._snapshot())
        self._spotted = spotting.after(old, found, alive, self._episodes, self._time, self._seed)

    def _snapshot(self) -> Snapshot:
        battle, allies = self.battle, self._allies
        return Snapshot(
            kind=self.forces.kind, present=self.forces.present,
            position=rearrange(battle.position, "xy battle unit -> battle unit xy"),
            health=battle.health, shield=battle.shield, energy=battle.energy, cooldown=battle.cooldown, tag=self._tag,
            moves=steps(self.ground, battle.position[:, :, :allies]), task=self.task, last_action=self._last,
            facing=self.facing, permitted=None if self._spotted is None else self._spotted.permitted,
        )  # fmt: skip

    @property
    def _steps(self) -> Tensor:
        """int64 [battle]: a number for each step of each episode."""
        return self._episodes * self.schema.limit + self._time

    def _draws(self) -> Tensor:
        """For scripts: a number in [0, 1) for every pair [battle unit target]."""
        assert self._seed is not None
        return chances.pairs(self._units, self._steps, self._seed)
