"""Rows in as few bytes as they need: the steps that were reached, and of these what changes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.training.stored.bits import from_bits, to_bits
from compose.training.stored.columns import Columns, Counts, Lengths, Parts
from compose.training.stored.dense import DenseStore
from compose.training.stored.rows import Rows, Store, timed
from compose.training.stored.shelf import Shelf

TOGETHER = 32
"""Rows that are packed at a time: what this takes for a moment does not grow with how many arrive."""


class Record(NamedTuple):
    """What is kept of one episode."""

    held: Tensor
    """uint8: the parts of wide columns, of narrow ones, masks."""
    steps: int
    """Time indices that were reached."""
    wide: Counts
    narrow: Counts


@dataclass(frozen=True)
class _Layout:
    """Fields by how they are kept."""

    names: list[str]
    """All of them, in the order in which they came."""
    wide: Columns
    """float32."""
    narrow: Columns
    """Whole numbers."""
    masks: dict[str, tuple[int, ...]]
    """bool, with the axes of a step."""

    @property
    def mask_bytes(self) -> int:
        """Of one step."""
        return (sum(map(prod, self.masks.values())) + 7) // 8


class PackedStore(Store):
    """Every row takes what it needs.

    Fields without a time axis are kept as they are, ``filled`` as a count, masks as bits, other numbers by
    :class:`~compose.training.stored.columns.Columns`. What comes back is bit for bit what was put, zero after the end.
    """

    def __init__(self, schema: EntitySchema, held: int) -> None:
        super().__init__(schema, held)
        self._whole = DenseStore(schema, held)
        self._records: list[Record | None] = [None] * held
        self._shelf = Shelf()
        self._layout: _Layout | None = None

    @property
    def empty(self) -> bool:
        return self._layout is None

    @property
    def bytes(self) -> int:
        pieces = {one.held.untyped_storage().data_ptr(): one.held.untyped_storage().nbytes()
                  for one in self._records if one is not None}
        return sum(pieces.values()) + self._whole.bytes

    # -------------------------------------------------------------------- in

    def put(self, rows: Rows, slots: Tensor) -> None:
        if self._layout is None:
            self._layout = _laid_out(self.schema, rows)
        if missing := [name for name in self._layout.names if name not in rows]:
            raise ValueError(f"there is no {', '.join(missing)}")
        self._whole.put({name: x for name, x in rows.items() if not timed(self.schema, name)}, slots)
        numbers = slots.tolist()
        for at in range(0, len(numbers), TOGETHER):
            some = slice(at, at + TOGETHER)
            self._pack({name: x[some] for name, x in rows.items()}, numbers[some])

    def _pack(self, rows: Rows, slots: list[int]) -> None:
        assert self._layout is not None
        wide, narrow = self._layout.wide, self._layout.narrow
        filled = rows["filled"]
        steps = filled.sum(1).tolist()
        cut = {name: x[:, : max(steps)] for name, x in rows.items() if timed(self.schema, name)}
        masks = to_bits(torch.cat([cut[name].flatten(2) if cut[name].dim() > 2 else cut[name][..., None]
                                   for name in self._layout.masks], 2))
        each = zip(slots, steps, wide.pack(cut, cut["filled"]), narrow.pack(cut, cut["filled"]), masks, strict=True)
        for slot, time, floats, others, bits in each:
            self._records[slot] = None  # what lay here goes first
            parts = [x.view(torch.uint8) for x in (*floats, *others, bits[:time].flatten())]
            held = self._shelf.place(sum(map(len, parts)), filled.device)
            torch.cat(parts, out=held)
            self._records[slot] = Record(held, time, _counts(floats), _counts(others))

    # ------------------------------------------------------------------- out

    def take(self, slots: Tensor, longest: int | None = None) -> Rows:
        assert self._layout is not None
        wide, narrow = self._layout.wide, self._layout.narrow
        found = [one for slot in slots.tolist() if (one := self._records[slot]) is not None]
        numbers = [[one.steps for one in found], *zip(*[one.wide + one.narrow for one in found], strict=True)]
        counts = torch.tensor(numbers).to(slots.device, non_blocking=True)
        lengths = Lengths(counts[0], max(numbers[0]) if longest is None else longest)
        floats, others, masks = self._gathered(found)
        made = {**wide.unpack(floats, counts[1:3], lengths), **narrow.unpack(others, counts[3:5], lengths),
                **self._masks(masks, lengths), "filled": lengths.filled, **self._whole.take(slots, 0)}
        return {name: made[name] for name in self._layout.names}

    def _gathered(self, found: list[Record]) -> tuple[Parts, Parts, Tensor]:
        """The parts of all records, one record after the other."""
        assert self._layout is not None
        wide, narrow = self._layout.wide, self._layout.narrow
        split = [torch.split(one.held, [*wide.sizes(one.wide, one.steps), *narrow.sizes(one.narrow, one.steps),
                                        one.steps * self._layout.mask_bytes]) for one in found]
        *parts, masks = [torch.cat(same) for same in zip(*split, strict=True)]
        return wide.typed(parts[: len(Parts._fields)]), narrow.typed(parts[len(Parts._fields) :]), masks

    def _masks(self, kept: Tensor, lengths: Lengths) -> Rows:
        assert self._layout is not None
        begins = lengths.steps.cumsum(0) - lengths.steps
        at = (begins[:, None] + lengths.clock).where(lengths.filled, 0)
        width = self._layout.mask_bytes
        bits = from_bits(kept.view(-1, width)[at].mul_(lengths.filled[:, :, None]))
        sizes = [prod(shape) for shape in self._layout.masks.values()]
        parts = torch.split(bits[..., : sum(sizes)], sizes, 2)
        return {name: x.clone(memory_format=torch.contiguous_format).view(*x.shape[:2], *shape)
                for x, (name, shape) in zip(parts, self._layout.masks.items(), strict=True)}


def _counts(parts: Parts) -> Counts:
    return Counts(len(parts.at), len(parts.bits_at))


def _laid_out(schema: EntitySchema, rows: Rows) -> _Layout:
    stepped = {name: x for name, x in rows.items() if name != "filled" and timed(schema, name)}
    floats = {name: x for name, x in stepped.items() if x.dtype == torch.float32}
    masks = {name: tuple(x.shape[2:]) for name, x in stepped.items() if x.dtype == torch.bool}
    others = {name: x for name, x in stepped.items() if name not in floats and name not in masks}
    return _Layout(list(rows), Columns(floats, wide=True), Columns(others, wide=False), masks)
