"""Warehouse as data: instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compose.envs.warehouse.floor import ITEMS, PLANS, STATION
from compose.envs.warehouse.settings import ACROSS, CHANNELS, ORDER, Settings
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment


class WarehouseFamily:
    """The catalogue's entry."""

    summary = "Robots bring the items of their orders to the cells that take them, and block each other's way."
    instances: Mapping[str, Settings] = {
        "": Settings(), **{name: Settings(agents=int(name), plan=plan) for name, plan in PLANS.items()},
    }  # fmt: skip

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of one warehouse. Cells where something can be delivered are entities that are no agents."""
        agents, floor = settings.agents, settings.floor
        counts = {"station": len(floor.of(STATION)), **{f"takes {kind}": len(floor.of(kind)) for kind in ITEMS}}
        kinds = ", ".join(counts)
        return EntitySchema(
            name="warehouse",
            summary=self.summary,
            agents=agents,
            entities=agents + sum(counts.values()),
            types=(EntityType(name="robot", side="agent", min=agents, max=agents),
                   *(EntityType(name=name, side="other", min=count, max=count) for name, count in counts.items())),
            features=(
                Feature(name="type", size=len(counts), kind="one_hot", of=("other",), what=kinds),
                Feature(name="needs", size=len(counts), kind="float", of=("agent",),
                        what=f"What is left to deliver to each type of cell, over {ORDER}."),
                Feature(name="ways", size=4, kind="bits", of=("agent",),
                        what="Whether there is a cell to the north, south, west, east."),
                Feature(name="x", size=floor.width, kind="one_hot", what="Cells from the west."),
                Feature(name="y", size=floor.height, kind="one_hot", what="Cells from the south."),
            ),
            actions=(ActionGroup(name="stay", count=1), ActionGroup(name="north", count=1),
                     ActionGroup(name="south", count=1), ActionGroup(name="west", count=1),
                     ActionGroup(name="east", count=1), ActionGroup(name="deliver", count=1)),
            limit=settings.limit,
            truncates=True,
            reward="sum",
            returns=(-0.51 * agents * settings.limit, 1.0 * agents * settings.limit),
            tasks=("orders",),
            axes={"state": CHANNELS * floor.width * floor.height, "observation": 5 * ACROSS**2},
            fields=standard_fields("position", "observation", "rewards", "state"),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """A batched warehouse; imports torch."""
        from compose.envs.warehouse.environment import Warehouse

        return Warehouse(schema, settings, device)


FAMILY = WarehouseFamily()
