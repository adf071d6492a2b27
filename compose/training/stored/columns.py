"""Numbers of episodes by columns: what never changes is kept once, zeros and ones as bits, the rest as it is.

A column is one place of a field, such as the health of the third entity, at all steps of an episode. What is compared
is patterns of bits, never values, so what comes back is what went in: -0.0, denormals and numbers that are none, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from compose.training.stored.bits import from_bits, to_bits
from compose.training.stored.rows import Rows


class Parts(NamedTuple):
    """What is kept of an episode, or of several one after the other; flat."""

    first: Tensor
    """Words of the first step, of every column."""
    plain: Tensor
    """Words of columns [column step]."""
    bits: Tensor
    """uint8 of columns of zeros and ones [column ceil(step / 8)]."""
    at: Tensor
    """The numbers of the plain columns."""
    bits_at: Tensor
    """The numbers of those in bits."""

    @property
    def counts(self) -> tuple[int, int]:
        """How many there are of these."""
        return len(self.at), len(self.bits_at)


@dataclass(frozen=True)
class Lengths:
    """Of episodes that are laid side by side."""

    steps: Tensor
    """Time indices that were reached, int64 [episode]."""
    told: list[int]
    """The same."""
    longest: int
    """Of those that are laid."""

    @property
    def clock(self) -> Tensor:
        """int64 [time]."""
        return torch.arange(self.longest, device=self.steps.device)

    @property
    def filled(self) -> Tensor:
        """bool [episode time]."""
        return self.clock < self.steps[:, None]


class Columns:
    """The columns of some fields, all made of words of one size.

    Args:
        rows: The fields, [row time ...], as all of them will be.
        wide: Words of 4 bytes, all fields being float32; or of one byte, whatever they are.
    """

    def __init__(self, rows: Rows, *, wide: bool) -> None:
        self.word, self.size = (torch.int32, 4) if wide else (torch.uint8, 1)
        self.one = 0x3F800000 if wide else 1
        """The word that a bit stands for: of the number 1."""
        self.fields = {name: (x.dtype, tuple(x.shape[2:])) for name, x in rows.items()}
        self.widths = {name: prod(x.shape[2:]) * x.element_size() // self.size for name, x in rows.items()}
        self.count = sum(self.widths.values())
        self.index = torch.int16 if self.count < 2**15 else torch.int32

    def pack(self, rows: Rows, filled: Tensor) -> list[Parts]:
        """What is kept of every row; ``filled`` bool [row time] is true for its first steps."""
        words = torch.cat([filled.new_empty((*filled.shape, 0), dtype=self.word),
                           *[self._words(rows[name]) for name in self.fields]], 2)
        first, after = words[:, 0], ~filled[:, :, None]
        varies = ~((words == first[:, None]) | after).all(1)
        bits = varies & ((words == 0) | (words == self.one) | after).all(1)
        kinds = torch.stack([varies & ~bits, bits])
        (plain, packed), steps = kinds.sum(2).tolist(), filled.sum(1).tolist()
        row, column = kinds.flatten(0, 1).nonzero().T
        found, ends = words.transpose(1, 2)[row % len(words), column], sum(plain)
        at = torch.split(column.to(self.index), plain + packed)
        each = zip(first, torch.split(found[:ends], plain), torch.split(to_bits(found[ends:] != 0), packed),
                   at[: len(plain)], at[len(plain) :], strict=True)
        return [Parts(whole, x[:, :time].flatten(), y[:, : -(-time // 8)].flatten(), x_at, y_at)
                for time, (whole, x, y, x_at, y_at) in zip(steps, each, strict=True)]

    def sizes(self, plain: int, bits: int, steps: int) -> tuple[int, ...]:
        """Bytes of the :class:`Parts` of an episode with so many columns of each kind, in their order."""
        return (self.count * self.size, plain * steps * self.size, bits * -(-steps // 8), plain * self.index.itemsize,
                bits * self.index.itemsize)

    def typed(self, parts: Sequence[Tensor]) -> Parts:
        """:class:`Parts` of bytes, uint8, as what they are."""
        first, plain, bits, at, bits_at = parts
        return Parts(first.view(self.word), plain.view(self.word), bits, at.view(self.index), bits_at.view(self.index))

    def unpack(self, parts: Parts, counts: Sequence[tuple[int, int]], lengths: Lengths) -> Rows:
        """Fields [episode time ...] of episodes, zero after their ends; of each its :attr:`Parts.counts`."""
        first = parts.first.view(len(counts), 1, self.count)
        out = first * lengths.filled.to(self.word)[:, :, None]
        plain, bits = ([one[n] for one in counts] for n in (0, 1))
        self._lay(out, parts.plain, parts.at, plain, lengths.told, lengths.told)
        ones = from_bits(parts.bits).to(self.word).mul_(self.one)
        self._lay(out, ones, parts.bits_at, bits, lengths.told, [steps + -steps % 8 for steps in lengths.told])
        fields = zip(torch.split(out, list(self.widths.values()), 2), self.fields.items(), strict=True)
        return {name: x.clone(memory_format=torch.contiguous_format).view(kind).view(*x.shape[:2], *shape)
                for x, (name, (kind, shape)) in fields}

    @staticmethod
    def _lay(out: Tensor, words: Tensor, at: Tensor, each: list[int], steps: list[int], kept: list[int]) -> None:
        """Put columns [column kept] of every episode where they belong in ``out`` [episode time column]."""
        columns = torch.split(at.long(), each)
        values = torch.split(words, [count * length for count, length in zip(each, kept, strict=True)])
        for row, (count, mine, length, whole) in enumerate(zip(each, columns, steps, kept, strict=True)):
            if count:
                out[row, :length].T.index_copy_(0, mine, values[row].view(count, whole)[:, :length])

    def _words(self, x: Tensor) -> Tensor:
        return x.contiguous().view(*x.shape[:2], prod(x.shape[2:])).view(self.word)
