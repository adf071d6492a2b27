"""Named axes: types of tensors, and the signatures that ports and network inputs ask for.

Axes are nominal: two axes agree only if their names agree, whatever their sizes. No tensor has one axis twice; the
second copy is primed (``entity'``).

A signature is written ``"[bool|int|any] [...] axis Variable axis? ..."``:

* a lower-case name is that axis; a ``Capital`` is a variable: any axis, the same wherever it recurs in the node;
* ``...`` is any leading axes;
* ``axis?`` may be missing (the tensor is then the same along it). ``time`` may always be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Axes = tuple[str, ...]
DType = Literal["float", "bool", "int"]
Sign = Literal["any", "nonneg"]
TOKEN = re.compile(r"([A-Za-z][A-Za-z0-9_]*'?)(\?)?")


@dataclass(frozen=True)
class Type:
    """What is known of a tensor before it exists: its axes in memory order, its dtype, its sign."""

    axes: Axes
    """Their names, in memory order."""
    dtype: DType = "float"
    """``float``, ``bool`` or ``int``."""
    sign: Sign = "any"
    """``nonneg``: no element is negative."""
    counts: str | None = None
    """Of whole numbers, where it is known: the axis whose rows they name, counting from 0 (``3``: 0, 1 or 2)."""

    def __str__(self) -> str:
        prefix = "" if self.dtype == "float" else self.dtype
        return f"{prefix}[{' '.join(self.axes)}]"

    def without(self, axes: Iterable[str]) -> Type:
        """The same without some axes."""
        gone = set(axes)
        return replace(self, axes=tuple(a for a in self.axes if a not in gone))

    def renamed(self, old: str, new: str) -> Type:
        """The same with another name for one axis."""
        return replace(self, axes=tuple(new if a == old else a for a in self.axes))


@dataclass(frozen=True)
class Token:
    name: str
    optional: bool = False

    @property
    def variable(self) -> bool:
        return self.name[0].isupper()


@dataclass(frozen=True)
class Signature:
    """A parsed signature; ``str()`` gives it back as written."""

    text: str
    dtype: Literal["float", "bool", "int", "any"]
    lead: bool
    tokens: tuple[Token, ...]

    def __str__(self) -> str:
        words = self.text.split()
        prefix = words.pop(0) if words and words[0] in ("bool", "int", "any") else ""
        return f"{'' if prefix == 'any' else prefix}[{' '.join(words)}]"


class SignatureError(ValueError):
    """The text is no signature."""


@lru_cache(maxsize=1024)
def signature(text: str) -> Signature:
    """Parse a signature. Raises :class:`SignatureError`."""
    words = text.split()
    dtype = words.pop(0) if words and words[0] in ("bool", "int", "any") else "float"
    lead = bool(words) and words[0] == "..."
    tokens = []
    for word in words[lead:]:
        match = TOKEN.fullmatch(word)
        if match is None:
            raise SignatureError(f"'{word}' is no axis; a signature reads like \"bool batch time agent entity\"")
        tokens.append(Token(match[1], match[2] is not None))
    names = [t.name for t in tokens]
    double = next((n for n in names if names.count(n) > 1), None)
    if double:
        raise SignatureError(f"axis '{double}' stands twice; write the second copy with a prime: {double}'")
    return Signature(text, dtype, lead, tuple(tokens))  # type: ignore[arg-type]


def join(*operands: Sequence[str]) -> Axes:
    """All axes of the operands, each once: those of :func:`leads` first, the rest keeping the operands' orders.

    ``join([b t agent], [b entity])`` is ``b t agent entity``. An axis is placed after everything that precedes it in
    any operand; where two operands disagree the first one wins.
    """
    return _joined(tuple(map(tuple, operands)))


@lru_cache(maxsize=4096)
def _joined(operands: tuple[Axes, ...]) -> Axes:
    order: list[str] = []
    for operand in operands:
        for i, axis in enumerate(operand):
            if axis in order:
                continue
            later = [order.index(a) for a in operand[i + 1 :] if a in order]
            earlier = [order.index(a) for a in operand[:i] if a in order]
            floor = max(earlier) + 1 if earlier else 0
            order.insert(max(min(later), floor) if later else len(order), axis)
    head = sorted(filter(leads, order), key=lambda a: (" " in a, a))
    return tuple(head + [a for a in order if a not in head])


def leads(axis: str) -> bool:
    """Does it stand before the axes of a tensor's own? ``batch``, ``time``, and the compiler's: what it joins those to
    ("step row", "agent row") and stacks of tensors ("view 1"); a blank, so that no spec has an axis of that name."""
    return axis in ("batch", "time") or " " in axis


def prime(axis: str) -> str:
    """The name of the second copy of an axis."""
    return axis + "'"
