"""Random numbers as a pure function of a key and a counter.

Nothing here has a state. A draw is ``f(key, counter)``: the key says which stream of which seed, the counter says
which number of that stream (built from the episode, the step and the agent, say). Draws are therefore the same on every
device, in any order, and whatever else is drawn beside them, so that results do not depend on the batch size.

The mixing is a SplitMix64 finaliser (Steele, Lea and Flood 2014; constants of Stafford's variant 13) on
``key + counter * odd``, with the key mixed in once more between the rounds so that two keys never give shifted copies
of one sequence. For one key it is a bijection of 64-bit integers: different counters never give the same bits. Not for
cryptography.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from torch import Tensor, float32, int32, minimum, tensor

Seeds = int | Sequence[int]
"""One seed for everything, or one for each row (episode) of a batch."""

_STEP, _FIRST, _SECOND = (value - (1 << 64) for value in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def key(seed: int, *parts: str | int) -> int:
    """A key in 0 .. 2**63 - 1 for the stream that ``parts`` names under ``seed``.

    ``key(0, "slip")`` and ``key(0, "slip", 1)`` are unrelated, as are ``"1"`` and ``1``.
    """
    text = json.dumps([seed, *parts]).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def keys(seeds: Seeds, *parts: str | int | Tensor) -> int | Tensor:
    """:func:`key` of one seed; of one seed for each row, a column of keys, int64 [row 1], for counters [row ...]. So of
    one seed and a part that is a number for each row, int64 [row].
    """
    column = next((part for part in parts if isinstance(part, Tensor)), None)
    plain = [part for part in parts if not isinstance(part, Tensor)]
    if isinstance(seeds, int):
        if column is None:
            return key(seeds, *plain)
        numbers = column.tolist()
        made = {n: key(seeds, *(n if isinstance(part, Tensor) else part for part in parts)) for n in set(numbers)}
        return tensor([[made[n]] for n in numbers])
    made = {seed: key(seed, *plain) for seed in set(seeds)}
    return tensor([[made[seed]] for seed in seeds])


def bits(key: int | Tensor, counters: Tensor) -> Tensor:
    """64 random bits for each counter.

    Args:
        key: The stream, from :func:`key` or :func:`keys`.
        counters: int64, any shape. Equal counters give equal bits.

    Returns:
        int64 of the same shape, uniform over all 2**64 values.
    """
    key = key.to(counters.device) if isinstance(key, Tensor) else key
    z = counters * _STEP
    z += key
    z ^= _shifted(z, 30)
    z *= _FIRST
    z ^= key
    z ^= _shifted(z, 27)
    z *= _SECOND
    z ^= _shifted(z, 31)
    return z


def uniform(key: int | Tensor, counters: Tensor) -> Tensor:
    """A float32 in [0, 1) for each counter: one of the 2**24 multiples of 2**-24, all equally likely."""
    return _shifted(bits(key, counters), 40).to(float32) * 2.0**-24


def integers(key: int | Tensor, counters: Tensor, n: int | Tensor) -> Tensor:
    """An int64 in 0 .. n - 1 for each counter. Some values are likelier than others by at most n / 2**32.

    ``n`` may differ between counters: an int64 tensor that broadcasts against them, which is not checked.

    Raises:
        ValueError: If a number ``n`` is not in 1 .. 2**31.
    """
    if not isinstance(n, Tensor) and not 1 <= n <= 1 << 31:
        raise ValueError(f"n must be in 1 .. 2**31, got {n}")
    return (_shifted(bits(key, counters), 32) * n) >> 32


def categorical(chances: Tensor, uniform: Tensor) -> Tensor:
    """An index for each row of ``chances`` [... choice], drawn by a number in [0, 1) [...]: int64 [...].

    The chances of a row need not sum to one. An index whose chance is 0 is never drawn.
    """
    heights = chances.cumsum(-1)
    return (heights <= uniform[..., None] * heights[..., -1:]).sum(-1)


def one_of(allowed: Tensor, uniform: Tensor) -> Tensor:
    """The index of one True of each row of ``allowed`` [... choice], all equally likely, drawn by a number in [0, 1)
    [...]: int64 [...]. Where nothing is allowed it is 0."""
    number = allowed.cumsum(-1, dtype=int32)
    count = number[..., -1]
    chosen = minimum((uniform * count).to(int32), count - 1)
    return (number <= chosen[..., None]).sum(-1)


def _shifted(z: Tensor, by: int) -> Tensor:
    """Logical right shift: zeros come in from the left, which int64's own shift does not do."""
    shifted = z >> by
    shifted &= (1 << (64 - by)) - 1
    return shifted
