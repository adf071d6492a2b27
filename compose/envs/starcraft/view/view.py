"""All that a schema of a scenario offers of a snapshot."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.schema import has_flat
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.view.entity import EntityView
from compose.envs.starcraft.view.flat import FlatView


class View:
    """The entity view, and SMAC's vectors where they are wanted (unless told, where they are defined)."""

    def __init__(
        self, scenario: Scenario, device: str | torch.device = "cpu", *, flat: bool | None = None
    ) -> None:
        self._reach = scenario.targets == "in_reach"
        self.entity = EntityView(scenario, device)
        self.flat = FlatView(scenario, device) if (has_flat(scenario) if flat is None else flat) else None

    def begin(self, snapshot: Snapshot) -> None:
        """Note what stays the same; call it whenever episodes begin."""
        self.entity.begin(snapshot)
        if self.flat is not None:
            self.flat.begin(snapshot)

    def fields(self, snapshot: Snapshot, wanted: Collection[str] | None = None) -> dict[str, Tensor]:
        """Every field of :func:`~compose.envs.starcraft.schema.entity_schema`, without the time axis; or those wanted.

        Raises:
            RuntimeError: If no episode was begun.
        """
        fields = self.entity.fields(snapshot, wanted)
        if self.flat is None or not (wanted is None or {"observation", "state"} & {*wanted}):
            return fields
        aims = fields["available"] if self._reach else self.entity.carried_out(snapshot)
        return {**fields, **self.flat.fields(snapshot, aims)}
