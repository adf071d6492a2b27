"""SMAC: its maps, the multi-task sets of REFIL, OPT and PTM and the drawn teams of SMACv2 as schemas; maps and drawn
teams also as games of StarCraft II.

Schemas need nothing. A single map is played through the SMAC package, and drawn teams through the SMACv2 package, where
that and the game are installed; sets are data only, since the packages cannot place units of our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field as Limits

from compose.envs.adapters.smac.drawn import drawn_maker
from compose.envs.adapters.smac.package import maker, missing
from compose.envs.starcraft.family import Instances
from compose.envs.starcraft.family import Settings as Scenarios
from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.schema import entity_schema
from compose.graph.schema import EntitySchema

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment


class Settings(Scenarios):
    """What a name may change."""

    games: Annotated[int, Limits(ge=1, le=1024)] = 8
    """How many games of StarCraft may run at once."""
    random_tags: bool = False
    """Units get other tags in every episode; otherwise SMAC's numbers are kept."""


class SmacFamily:
    """The catalogue's entry."""

    needs = "StarCraft II"
    summary = "StarCraft micro-management: single battles, and sets of which every episode draws one."
    instances = Instances(Settings)

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of a scenario."""
        return entity_schema(settings.scenario(instance), name=f"smac/{instance}")

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Games of StarCraft II.

        Raises:
            SpecError: If it is a set, or the package, the game or the map is not there.
        """
        scenario = settings.scenario(instance)
        where = f"smac/{instance}"
        if instance not in SCENARIOS or len(load(instance).tasks) > 1:
            text = "this environment is data only: the SMAC package plays its own single maps"
            raise missing(where, text, "as a schema, it is there to check specs against")
        make = drawn_maker(where, load(instance).model_copy(update={"limit": schema.limit})) \
            if load(instance).drawn else maker(where, instance, schema.limit)
        from compose.envs.adapters.smac.environment import SmacGames

        return SmacGames(schema, scenario, make, random_tags=settings.random_tags, at_once=settings.games,
                         device=device)


FAMILY = SmacFamily()
