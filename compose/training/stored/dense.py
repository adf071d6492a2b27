"""Rows at full length, as they are: any step can be had without the others."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.training.stored.rows import Rows, Store, timed


class DenseStore(Store):
    """One tensor for each field, allocated when the first rows arrive."""

    def __init__(self, schema: EntitySchema, held: int) -> None:
        super().__init__(schema, held)
        self.fields: Rows = {}
        """Every field of every slot; zero after an episode's end."""

    def put(self, rows: Rows, slots: Tensor) -> None:
        if not self.fields:
            self.fields = {name: self._empty(name, x) for name, x in rows.items()}
        for name, x in rows.items():
            if timed(self.schema, name):
                self.fields[name][slots, : x.shape[1]] = x
                self.fields[name][slots, x.shape[1] :] = 0
            else:
                self.fields[name][slots] = x

    def take(self, slots: Tensor, longest: int | None = None) -> Rows:
        if longest is None:
            longest = int(self.fields["filled"][slots].sum(1).max())
        return {name: x[slots, :longest] if timed(self.schema, name) else x[slots] for name, x in self.fields.items()}

    @property
    def empty(self) -> bool:
        return not self.fields

    @property
    def bytes(self) -> int:
        return sum(x.numel() * x.element_size() for x in self.fields.values())

    def _empty(self, name: str, x: Tensor) -> Tensor:
        sizes = (self.schema.limit + 1, *x.shape[2:]) if timed(self.schema, name) else x.shape[1:]
        return torch.zeros(self.held, *sizes, dtype=x.dtype, device=x.device)
