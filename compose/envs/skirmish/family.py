"""Skirmish as data: its schemas, its version and its place in the catalogue. No torch here."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from compose.envs.skirmish.settings import OF_SCENARIOS, Settings
from compose.envs.skirmish.worth import bounds
from compose.envs.starcraft.family import Instances
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.schema import entity_schema
from compose.envs.starcraft.units import UNITS
from compose.graph.schema import EntitySchema

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

PHYSICS = 1
"""The version of the rules. It is raised with every change that makes a battle end otherwise."""


class SkirmishFamily:
    """The catalogue's entry."""

    summary = "SMAC-like battles of StarCraft's units without StarCraft, many at a time."
    instances = Instances(Settings)

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of a scenario: REFIL's entity view, and SMAC's flat view where there is one task."""
        scenario = settings.scenario(instance)
        made = entity_schema(scenario, name=f"skirmish/{instance}")
        returns = bounds(scenario, settings.reward == "task", settings.limit)
        return made.model_copy(update={"version": version(scenario, settings), "returns": returns})

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Batched battles; imports torch."""
        from compose.envs.skirmish.environment import Skirmish

        return Skirmish(schema, settings.scenario(instance), settings, device)


def version(scenario: Scenario, settings: Settings) -> str:
    """A hash of the rules' version, the units, the scenario and the settings: battles differ if it does."""
    units = {name: unit.model_dump(mode="json", exclude=_later(scenario)) for name, unit in UNITS.items()}
    said = settings.model_dump(mode="json", exclude={*OF_SCENARIOS})  # the scenario has them
    parts = [PHYSICS, units, scenario.model_dump(mode="json"), said]
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _later(scenario: Scenario) -> set[str]:
    """Numbers of units that matter only where ranges are by type: elsewhere versions are what they were."""
    return set() if scenario.ranges == "by_type" else {"sight"}


FAMILY = SkirmishFamily()
