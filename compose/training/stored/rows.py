"""Which fields of a stored row belong to every step, and what a store of rows offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from compose.graph.schema import EntitySchema

OWN = ("filled", "episode")
"""Fields of a row that no schema knows."""

Rows = dict[str, Tensor]
"""Fields of some episodes, by name [row time ...], or [row ...] where they know no time."""


class Store(ABC):
    """Room for ``held`` episodes, in slots."""

    def __init__(self, schema: EntitySchema, held: int) -> None:
        self.schema, self.held = schema, held

    @abstractmethod
    def put(self, rows: Rows, slots: Tensor) -> None:
        """Keep rows in slots, int64 [row], all different; time may be cut short. Names are those of the first rows."""

    @abstractmethod
    def take(self, slots: Tensor, longest: int | None = None) -> Rows:
        """What lies in slots, as it was put, cut to the longest of them, or to ``longest`` time indices."""

    @property
    @abstractmethod
    def empty(self) -> bool:
        """Was nothing ever put?"""

    @property
    @abstractmethod
    def bytes(self) -> int:
        """What is allocated."""


def timed(schema: EntitySchema, name: str) -> bool:
    """Does a stored field belong to every step?"""
    return name == "filled" or (name not in OWN and "time" in schema.fields[name].axes)
