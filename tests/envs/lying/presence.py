"""Lies about who is there and which task is played."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.envs.interface import Fields
from compose.graph.schema import Field
from compose.kernels.random import Seeds
from tests.envs.lying.honest import AGENTS, SCHEMA, Honest


class Deserted(Honest):
    """Sends fewer agents than its schema says."""

    code = "env.present"

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        super().reset(episodes, seed)
        self.present[:, 1] &= self.task == 1
        self.present[:, 2] = False
        self.energy *= self.present[:, :AGENTS]
        return self.fields()


class Buries(Honest):
    """Takes fallen targets away."""

    code = "env.vanishes"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["present"][:, AGENTS:] &= self.health > 0
        gone = ~shown["present"]
        shown["entities"][gone] = 0
        shown["sight"] &= shown["present"][:, None] & shown["present"][..., None]
        return {**shown, "visible": shown["sight"][:, :AGENTS]}

    companions = ("env.present",)  # fewer than the schema's two


class Boasts(Honest):
    """Says that a mask shows only what is visible, and shows everything with it."""

    code = "env.holds"
    near = Field(axes=("batch", "time", "agent", "entity"), dtype="bool", scope="local", what="Who is near.",
                 holds=("shown entity agent",))

    def __init__(self) -> None:
        super().__init__(SCHEMA.model_copy(update={"fields": {**SCHEMA.fields, "near": self.near}}))

    def fields(self) -> Fields:
        shown = super().fields()
        return {**shown, "near": torch.ones_like(shown["visible"])}


class Litters(Honest):
    """Leaves something in the rows of absent agents."""

    code = "env.absent_row"

    def fields(self) -> Fields:
        shown = super().fields()
        shown["entities"][:, :, 0] = (torch.arange(5) < AGENTS).float()
        return shown


class Drifts(Honest):
    """Changes its task within an episode."""

    code = "env.constant"

    def fields(self) -> Fields:
        return {**super().fields(), "task": self.task ^ (self.time > 2)}


class CountsFromOne(Honest):
    """Numbers its tasks from 1."""

    code = "env.task"
    companions = ("env.task_missing",)  # task 0

    def fields(self) -> Fields:
        return {**super().fields(), "task": self.task + 1}


class OnlyTwo(Honest):
    """Never draws one of its tasks."""

    code = "env.task_missing"

    def draw_task(self, episodes: Tensor, seed: Seeds) -> Tensor:
        return torch.zeros_like(episodes)
