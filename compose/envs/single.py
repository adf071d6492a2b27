"""A family of one environment without options: the least that :func:`~compose.envs.families.register` takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compose.graph.fields import Model
from compose.graph.schema import EntitySchema

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment


class NoSettings(Model):
    """There is nothing to change."""


class Single:
    """``register("mine", Single(schema, Mine))``, where ``Mine(schema, device)`` is the environment."""

    def __init__(self, schema: EntitySchema,
                 make: Callable[[EntitySchema, str | torch.device], Environment]) -> None:
        self.summary = schema.summary
        """The schema's."""
        self.instances = {"": NoSettings()}
        """One, without options."""
        self._schema, self._make = schema, make

    def schema(self, instance: str, settings: NoSettings) -> EntitySchema:
        """The schema it was given."""
        return self._schema

    def make(self, instance: str, schema: EntitySchema, settings: NoSettings,
             device: str | torch.device) -> Environment:
        """A new environment."""
        return self._make(schema, device)
