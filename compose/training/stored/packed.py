"""Rows in as few bytes as they need: the steps that were reached, and of these what changes."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from statistics import fmean
from typing import NamedTuple

import torch
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.training.stored.bits import from_bits, to_bits
from compose.training.stored.columns import Columns, Lengths, Parts
from compose.training.stored.dense import DenseStore
from compose.training.stored.rows import Rows, Store, timed
from compose.training.stored.shelf import Shelf

TOGETHER = 32
"""Rows that are packed at a time: what this takes for a moment does not grow with how many arrive."""


class Record(NamedTuple):
    """Where an episode lies on the shelf, and how its bytes are to be read: parts of wide columns, of narrow ones, then
    masks."""

    piece: int
    start: int
    size: int
    """0 where there is none."""
    steps: int
    """Time indices that were reached."""
    wide: int
    """Wide columns that are kept step by step, and those of zeros and ones."""
    wide_bits: int
    narrow: int
    narrow_bits: int


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
        self._records = torch.zeros(held, len(Record._fields), dtype=torch.int64)
        """A :class:`Record` of every slot, in the memory of the CPU."""
        self._shelf = Shelf()
        self._layout: _Layout | None = None

    @property
    def empty(self) -> bool:
        return self._layout is None

    @property
    def bytes(self) -> int:
        return self._shelf.bytes + self._whole.bytes + self._records.nbytes

    @property
    def each_at_full_length(self) -> float:
        """Bytes of an episode held if it went on as it did until the limit; the mean over them."""
        assert self._layout is not None
        made, steps = [Record(*row) for row in self._records.tolist() if row[2]], self.schema.limit + 1
        once = [self._layout.wide.sizes(one.wide, one.wide_bits, 0) + self._layout.narrow.sizes(
            one.narrow, one.narrow_bits, 0) for one in made]
        grown = [sum(kept) + (one.size - sum(kept)) * steps / one.steps for one, kept in zip(made, once, strict=True)]
        return fmean(grown) + (self._whole.bytes + self._records.nbytes) / self.held

    def record(self, slot: int) -> Record:
        """Of a slot."""
        return Record(*self._records[slot].tolist())

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
            before = self.record(slot)
            if before.size:
                self._shelf.drop(before.piece)
            place = self._shelf.put([x.view(torch.uint8) for x in (*floats, *others, bits[:time].flatten())])
            self._records[slot] = torch.tensor((*place, time, *floats.counts, *others.counts))

    # ------------------------------------------------------------------- out

    def take(self, slots: Tensor, longest: int | None = None) -> Rows:
        assert self._layout is not None
        wide, narrow = self._layout.wide, self._layout.narrow
        rows = self._records[slots.cpu()]
        found = [Record(*row) for row in rows.tolist()]
        told = [one.steps for one in found]
        steps = rows[:, 3].contiguous().to(slots.device, non_blocking=True)
        lengths = Lengths(steps, told, max(told) if longest is None else longest)
        floats, others, masks = self._gathered(found)
        made = {**wide.unpack(floats, [(one.wide, one.wide_bits) for one in found], lengths),
                **narrow.unpack(others, [(one.narrow, one.narrow_bits) for one in found], lengths),
                **self._masks(masks, lengths), "filled": lengths.filled, **self._whole.take(slots, 0)}
        return {name: made[name] for name in self._layout.names}

    def _gathered(self, found: list[Record]) -> tuple[Parts, Parts, Tensor]:
        """The parts of all records, one record after the other."""
        assert self._layout is not None
        wide, narrow = self._layout.wide, self._layout.narrow
        split = [torch.split(self._shelf.get(one.piece, one.start, one.size), [
            *wide.sizes(one.wide, one.wide_bits, one.steps), *narrow.sizes(one.narrow, one.narrow_bits, one.steps),
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


def _laid_out(schema: EntitySchema, rows: Rows) -> _Layout:
    stepped = {name: x for name, x in rows.items() if name != "filled" and timed(schema, name)}
    floats = {name: x for name, x in stepped.items() if x.dtype == torch.float32}
    masks = {name: tuple(x.shape[2:]) for name, x in stepped.items() if x.dtype == torch.bool}
    others = {name: x for name, x in stepped.items() if name not in floats and name not in masks}
    return _Layout(list(rows), Columns(floats, wide=True), Columns(others, wide=False), masks)
