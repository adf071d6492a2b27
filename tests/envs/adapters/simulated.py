"""The simulator in the place of the game: it answers SMAC's requests as StarCraft II would."""

from __future__ import annotations

from typing import Any

import torch

from compose.envs.catalogue import make
from compose.envs.interface import Fields, Transition
from compose.envs.skirmish.scripts import Orders
from compose.envs.starcraft.units import UNITS
from tests.envs.adapters.battle import BASE, SIZE

STOP, MOVE, ATTACK, HEAL = 4, 16, 23, 386


class SimulatedGame:
    """One battle of ``skirmish/NAME`` behind SMAC's ``StarCraft2Env``; a unit's tag is its slot plus 1."""

    def __init__(self, name: str) -> None:
        from s2clientprotocol import sc2api_pb2

        self._messages: Any = sc2api_pb2
        self.env: Any = make(f"skirmish/{name}")
        self._episode = -1
        self.after: Transition | None = None
        self._begin()

    def _begin(self) -> None:
        self._episode += 1
        self.fields: Fields = self.env.reset(torch.tensor([self._episode]), 0)

    def observe(self) -> Any:
        answer, battle, forces = self._messages.ResponseObservation(), self.env.battle, self.env.forces
        kinds = [list(UNITS)[kind] for kind in forces.kind[0].tolist()]
        allies = self.env.schema.agents
        ours = sorted(set(kinds[:allies]))
        for slot, kind in enumerate(kinds):
            if battle.health[0, slot] > 0:
                message = answer.observation.raw_data.units.add(
                    tag=slot + 1, owner=1 if slot < allies else 2, health_max=UNITS[kind].health,
                    unit_type=BASE + ours.index(kind) if slot < allies else UNITS[kind].id,
                    shield_max=UNITS[kind].shield, health=battle.health[0, slot].item(),
                    shield=battle.shield[0, slot].item(), energy=battle.energy[0, slot].item(),
                    weapon_cooldown=battle.cooldown[0, slot].item(),
                )
                message.pos.x, message.pos.y = (battle.position[:, 0, slot] + SIZE / 2).tolist()
        return answer

    def actions(self, request: Any) -> None:
        move = torch.full((1, self.env.schema.agents), -1)
        target = torch.arange(self.env.schema.agents)[None].clone()
        for action in request.actions:
            order = action.action_raw.unit_command
            slot = order.unit_tags[0] - 1
            if order.ability_id == MOVE:
                there = order.target_world_space_pos
                x, y = (self.env.battle.position[:, 0, slot] + SIZE / 2).tolist()
                way = (round(there.x - x), round(there.y - y))
                move[0, slot] = ((0, 2), (0, -2), (2, 0), (-2, 0)).index(way)
            elif order.ability_id in (ATTACK, HEAL):
                target[0, slot] = order.target_unit_tag - 1
            else:
                assert order.ability_id == STOP
        self._orders = Orders(move, target)

    def step(self, loops: int) -> None:
        if loops == 8:
            self.after = self.env.advance(self._orders)
            self.fields = self.after.fields

    def debug(self, commands: Any) -> None:
        assert commands[0].kill_unit.tag
        self._begin()
