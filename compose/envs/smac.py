"""SMAC's maps and the multi-task sets of REFIL, OPT and PTM as schemas: data only, nothing here runs StarCraft."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from compose.envs.starcraft.family import Instances, Settings
from compose.envs.starcraft.schema import entity_schema
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    import torch


class SmacFamily:
    """The catalogue's entry."""

    summary = "StarCraft micro-management: single battles, and sets of which every episode draws one (schemas only)."
    instances = Instances(Settings)

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The schema of a scenario."""
        return entity_schema(settings.scenario(instance), name=f"smac/{instance}")

    def make(self, schema: EntitySchema, settings: Settings, device: str | torch.device) -> NoReturn:
        """Refuse.

        Raises:
            SpecError: Always.
        """
        raise SpecError(Diagnostic(
            "environment-data-only", "this environment is data only: it needs StarCraft II", where=schema.name,
            hint="to play it, adapt the SMAC package (github.com/oxwhirl/smac) to compose.envs.interface.Environment",
        ))


FAMILY = SmacFamily()
