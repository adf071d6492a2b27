"""What calls the kernel: the battles of an episode, step by step."""

from __future__ import annotations

import ctypes
from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from compose.envs.interface import Fields, Transition
from compose.envs.skirmish.battle import Battle, Forces
from compose.envs.skirmish.combat import CIRCLE, HEAL, LINE
from compose.envs.skirmish.ground import Ground
from compose.envs.skirmish.native.form import (
    DRAWN,
    FORCES,
    GROUND,
    PLANES,
    RESULTS,
    SPOTTED,
    STRIDES,
    UNITS,
    Play,
    typed,
    whole,
)
from compose.envs.skirmish.native.kernel import Kernel
from compose.envs.skirmish.spotting import Spotted
from compose.envs.skirmish.standing import Standing
from compose.envs.skirmish.worth import KILL, WIN
from compose.envs.starcraft.units import ENERGY_RATE, LOOPS, SHIELD_DELAY, SHIELD_RATE, STEP
from compose.envs.starcraft.view.native.form import ViewForm
from compose.kernels.rounding import MKL_MODE

_RULES = (HEAL.rate / LOOPS, HEAL.cost / LOOPS, HEAL.least, SHIELD_DELAY * LOOPS, SHIELD_RATE / LOOPS,
          ENERGY_RATE / LOOPS, CIRCLE, *LINE, KILL, WIN)


@dataclass(frozen=True, slots=True)
class Rules:
    """Numbers of an environment that its battles need."""

    settling: int
    limit: int
    reaction: int
    chases: bool


@dataclass(frozen=True, slots=True)
class Draws:
    """What episodes differ in."""

    key: int | Tensor
    """Int64, one number or [battle 1]: the stream of the jitter."""
    sight: int | Tensor
    """The same of who may see whom."""
    episodes: Tensor
    """int64 [battle]."""
    scale: Tensor
    """float32 [battle], of rewards."""


class Played:
    """Battles that the kernel plays: ``begin``, ``load``, and then ``show`` and ``step``."""

    def __init__(self, kernel: Kernel, view: ViewForm, rules: Rules, forces: Forces, ground: Ground) -> None:
        self._kernel, self._view, self.forces, self._battles = kernel, view, forces, len(forces.kind)
        self._drawn: list[Tensor] = []
        self._ground = [None if tensor is None else whole(tensor, kind)
                        for tensor, kind in ((getattr(ground, name), kind) for name, kind in GROUND.items())]
        counts = (self._battles, forces.units, forces.allies, STEP, rules.settling, rules.limit, rules.reaction,
                  forces.may_shield, forces.may_regenerate, forces.may_heal, forces.may_line, forces.may_circle,
                  ground.walls, rules.chases)
        self._play = Play(*counts, *_RULES, *kernel.norms, kernel.root, MKL_MODE, ctypes.addressof(view.filled),
                          *(None for _ in (*DRAWN, *FORCES)),
                          *(None if tensor is None else tensor.data_ptr() for tensor in self._ground))
        self._at = ctypes.addressof(self._play)
        self._given: dict[str, Tensor] = {}
        self._muster()

    def settled(self, position: Tensor, passes: int) -> Tensor:
        """:func:`~compose.envs.skirmish.motion.settled` of whoever is present, before battles begin."""
        health, found = self._forces["max_health"], position.clone()
        self._play.health, self._play.position = health.data_ptr(), typed(found, torch.float32).data_ptr()
        self._play.place_axis, self._play.place_battle, self._play.place_unit = found.stride()
        self._kernel.settle(self._at, self._kernel.fused, passes)
        return found

    def begin(self, draws: Draws, present: Tensor, tag: Tensor, task: Tensor, wanted: Collection[str] | None) -> None:
        """Note what stays the same for episodes, and which fields are wanted."""
        keys = (x if isinstance(x, Tensor) else torch.tensor(x) for x in (draws.key, draws.sight))
        drawn = *(x.expand(self._battles, 1)[:, 0] for x in keys), draws.episodes, draws.scale
        self._drawn = [whole(tensor, kind) for tensor, kind in zip(drawn, DRAWN.values(), strict=True)]
        for name, tensor in zip(DRAWN, self._drawn, strict=True):
            setattr(self._play, name, tensor.data_ptr())
        self._view.begin(present, tag, task, wanted)

    def load(self, standing: Standing, tag: Tensor) -> None:
        """Take over how battles stand, which steps then change in place."""
        self._now, self.tag, play = _copied(standing), tag, self._play
        self._tag = whole(tag, torch.int64)
        now, battle = self._now, self._now.battle
        self._muster()
        play.tag, play.running = self._tag.data_ptr(), typed(now.running, torch.bool).data_ptr()
        play.last, play.facing = (typed(x, torch.int64).data_ptr() for x in (now.last, now.facing))
        for name, kind in SPOTTED.items() if now.spotted is not None else ():
            setattr(play, name, typed(getattr(now.spotted, name), kind).data_ptr())
        for name, kind in UNITS.items():
            setattr(play, name, typed(getattr(battle, name), kind).data_ptr())
        position, goal = (typed(getattr(battle, name), torch.float32) for name in PLANES)
        play.position, play.goal = position.data_ptr(), goal.data_ptr()
        for name, stride in zip(STRIDES, (*position.stride(), *goal.stride()), strict=True):
            setattr(play, name, stride)

    def _muster(self) -> None:
        """Note the forces, unless they are known."""
        given = {name: getattr(self.forces, name) for name in FORCES}
        if given.keys() != self._given.keys() or any(given[name] is not x for name, x in self._given.items()):
            self._given = given
            self._forces = {name: whole(given[name], kind) for name, kind in FORCES.items()}
            for name, tensor in self._forces.items():
                setattr(self._play, f"of_{name}", tensor.data_ptr())

    def show(self) -> Fields:
        """The fields as they are."""
        fields = self._view.outputs()
        self._kernel.show(self._at)
        return fields

    def look(self) -> Standing:
        """How battles stand, as a copy."""
        return _copied(self._now)

    def step(self, action: Tensor | None, time: Tensor, looks: tuple[bool, bool],
             jitter: tuple[float, float]) -> Transition:  # fmt: skip
        """Eight game loops.

        Args:
            action: int64 [battle ally], unless the allies have orders already.
            time: int64 [battle]: steps before.
            looks: Whether the allies, and the enemies, are scripted to look for targets.
            jitter: By how many loops volleys are late: the least, and how much more at most.

        Raises:
            IndexError: If an action is none.
        """
        play = self._play
        if action is not None:
            action = self._actions(action)
        time = whole(time, torch.int64)
        play.action, play.time = None if action is None else action.data_ptr(), time.data_ptr()
        (play.allies_look, play.enemies_look), (play.least, play.spread) = looks, jitter
        reward, over, truncated, won = (torch.empty(self._battles, dtype=kind) for kind in RESULTS.values())
        play.reward, play.over = reward.data_ptr(), over.data_ptr()
        play.truncated, play.won = truncated.data_ptr(), won.data_ptr()
        fields = self._view.outputs()
        if not self._kernel.step(self._at, self._kernel.fused):
            raise IndexError("an action is out of range")
        return Transition(reward, over, truncated, won, fields)

    def _actions(self, action: Tensor) -> Tensor:
        if action.shape != self._now.last.shape:
            raise ValueError(f"actions {list(self._now.last.shape)} are expected, not {list(action.shape)}")
        return whole(action, torch.int64)


def _copied(standing: Standing) -> Standing:
    old = standing.battle
    battle = Battle(*(getattr(old, name).clone(memory_format=_LAYOUT[name]) for name in Battle.__slots__))
    spotted = None if standing.spotted is None else Spotted(*map(_whole, standing.spotted))
    return Standing(battle, _whole(standing.last), _whole(standing.facing), _whole(standing.running), spotted)


def _whole(tensor: Tensor) -> Tensor:
    return tensor.clone(memory_format=torch.contiguous_format)


_LAYOUT = {name: torch.preserve_format if name in PLANES else torch.contiguous_format for name in Battle.__slots__}
