"""Predator-prey as data: named instances and the entity schema. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compose.envs.prey.settings import Settings
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

NUMBERS = 4
"""Of an entity in flat vectors."""
ACTIONS = ("stay", "up", "down", "left", "right", "capture")


class PreyFamily:
    """The catalogue's entry."""

    summary = "Predators on a grid capture preys together; their numbers and capabilities change every episode."
    instances: Mapping[str, Settings] = {
        "various_num": Settings(),
        "various_cap": Settings(agents="5", preys="5", landmarks="4", test_agents="5", test_preys="5",
                                test_landmarks="4", capability="drawn"),
        "various_all": Settings(capability="matched"),
    }  # fmt: skip

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema. Slots are those of both splits; tasks are numbers of predators x preys."""
        counts, slots = settings.numbers, settings.slots
        agents, entities = slots[0], sum(slots)
        kinds = zip(counts, slots, ("predator", "prey", "landmark"), strict=True)
        return EntitySchema(
            name=f"prey/{instance}",
            summary=self.summary,
            agents=agents,
            entities=entities,
            fewest_agents=min(counts[0]),
            fewest_others=min(counts[1]) + min(counts[2]),
            types=tuple(EntityType(name=name, side="agent" if name == "predator" else "other", min=min(few), max=most)
                        for few, most, name in kinds),
            features=(
                Feature(name="type", size=3, kind="one_hot", what="Predator, prey, landmark."),
                Feature(name="id", size=agents, kind="one_hot", of=("agent",),
                        what="A number that the predator keeps for one episode."),
                Feature(name="cell", size=settings.size**2, kind="one_hot",
                        what="Where it is, row by row; zeros for captured preys."),
                Feature(name="capability", size=1, kind="float",
                        what="How strong the predator is; how strong its captors must be together, 0 once captured."),
            ),
            actions=tuple(ActionGroup(name=name, count=1) for name in ACTIONS),
            limit=settings.limit,
            truncates=True,
            returns=(0.0, float(max(counts[1]))),
            tasks=tuple(f"{a}x{p}" for a in counts[0] for p in counts[1]),
            axes={"state": NUMBERS * entities, "observation": NUMBERS * entities + 2} if settings.flat else {},
            fields=standard_fields("state", "observation") if settings.flat else standard_fields(),
        )

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """Batched games; imports torch."""
        from compose.envs.prey.environment import PredatorPrey

        return PredatorPrey(schema, settings, device)


FAMILY = PreyFamily()
