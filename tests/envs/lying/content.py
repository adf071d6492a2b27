"""Lies about what features, masks and aims mean."""

from __future__ import annotations

import torch

from compose.envs.interface import Fields
from tests.envs.lying.honest import AGENTS, HIT, Honest


class TwoHot(Honest):
    """Is on both sides at once."""

    code = "env.one_hot"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["entities"][:, 0, :2] = 1
        return shown


class Counts(Honest):
    """Gives numbers where bits were promised."""

    code = "env.bits"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["entities"][:, AGENTS:, 3] = self.health.float()
        return shown


class Large(Honest):
    """Does not scale its floats."""

    code = "env.scale"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["entities"][:, :AGENTS, 2] *= 1000
        return shown


class WrongSide(Honest):
    """Gives targets a feature of agents."""

    code = "env.side"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["entities"][:, AGENTS:, 2] = 0.5
        return shown


class Stuck(Honest):
    """Leaves exhausted agents without any action."""

    code = "env.available"
    companions = ("env.inactive_acts",)  # there is none to choose, and the first is taken

    def fields(self) -> Fields:
        shown = super().fields()
        shown["available"] &= shown["active"][..., None] | ~shown["present"][:, :AGENTS, None]
        return shown


class Blinkered(Honest):
    """Shows agents less than 'sight' says."""

    code = "env.sight"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["visible"][:, 0, AGENTS] = False
        return shown


class Ghosts(Honest):
    """Lets who is absent see."""

    code = "env.absent_sees"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["sight"][:] |= shown["present"][:, None]
        shown["visible"][:] = shown["sight"][:, :AGENTS]
        return shown


class Haunted(Honest):
    """Lets who is absent be seen."""

    code = "env.absent_seen"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["sight"][:] |= shown["present"][:, :, None]
        shown["visible"][:] = shown["sight"][:, :AGENTS]
        return shown


class Busy(Honest):
    """Calls absent agents active."""

    code = "env.active"

    def fields(self) -> Fields:
        shown = super().fields()
        return {**shown, "active": shown["active"] | ~shown["present"][:, :AGENTS]}


class FriendlyFire(Honest):
    """Aims hits at agents."""

    code = "env.aim"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["action_entity"] = shown["action_entity"].roll(1, -1)
        return shown


class Wavers(Honest):
    """Aims at another target in every other step."""

    code = "env.constant"

    def fields(self) -> Fields:
        shown = super().fields()
        aims = shown["action_entity"].clone()
        if self.time[0] % 2:
            aims[:, HIT:, AGENTS:] = torch.eye(2, dtype=torch.bool).flip(0)
        return {**shown, "action_entity": aims}
