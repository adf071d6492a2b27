"""Draws are fixed functions of (key, counter): uniform, independent between streams and counters, batch-independent."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from compose.kernels.random import bits, integers, key, keys, uniform

COUNT = 200_000
COUNTERS = torch.arange(COUNT)


def test_constants_never_change() -> None:
    assert key(0) == 6197007067532723406
    assert key(7, "slip", 3) == 7041821410591672551
    assert bits(key(7, "slip", 3), torch.arange(4)).tolist() == [
        5315998986672675396, 3566055036671797803, 5617193542534263829, 7672505650001304114,
    ]
    assert uniform(0, torch.arange(3)).tolist() == [0.0, 0.8833107948303223, 0.4315279722213745]
    assert integers(0, torch.arange(8), 6).tolist() == [0, 5, 2, 0, 5, 0, 1, 1]


def test_matches_the_same_arithmetic_in_python_integers() -> None:
    mask = (1 << 64) - 1

    def plain(k: int, counter: int) -> int:
        z = (counter * 0x9E3779B97F4A7C15 + k) & mask
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask ^ k
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
        return z ^ z >> 31

    k, counters = key(3, "x"), [0, 1, 2, 12345, -1, 2**40, 2**62]
    assert [b & mask for b in bits(k, torch.tensor(counters)).tolist()] == [plain(k, c) for c in counters]


def test_keys_differ_by_every_part() -> None:
    keys = {key(0), key(1), key(0, "a"), key(0, "b"), key(0, "a", 1), key(0, "a", "1"), key(0, "a1"), key(0, 1, "a")}
    assert len(keys) == 8
    assert all(0 <= k < 2**63 for k in keys)


def test_keys_of_rows_give_each_row_its_own_stream() -> None:
    counters = torch.arange(12).reshape(3, 4)
    found = uniform(keys((5, 2, 5), "x", 1), counters)
    for row, seed in enumerate((5, 2, 5)):
        assert torch.equal(found[row], uniform(key(seed, "x", 1), counters[row]))
    assert keys(5, "x", 1) == key(5, "x", 1)


def test_uniform_is_uniform() -> None:
    draws = uniform(key(0, "u"), COUNTERS)
    assert draws.dtype == torch.float32
    assert 0 <= draws.min() < 1e-3
    assert 1 - 1e-3 < draws.max() < 1
    cells = torch.histc(draws, bins=100, min=0, max=1)
    assert _chi_square(cells) < 149.5  # 99 degrees of freedom, exceeded by chance once in 1300


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7, 100])
def test_integers_are_uniform(n: int) -> None:
    draws = integers(key(0, "i", n), COUNTERS, n)
    cells = torch.bincount(draws, minlength=n)
    assert draws.dtype == torch.int64
    assert len(cells) == n
    assert _chi_square(cells) < n - 1 + 4 * (2 * n) ** 0.5


def test_every_bit_is_fair_and_flips_with_every_counter_bit() -> None:
    k = key(1, "avalanche")
    base = bits(k, COUNTERS[:20_000])
    places = torch.arange(64)
    assert ((base[:, None] >> places & 1).double().mean(0) - 0.5).abs().max() < 0.02
    for place in range(40):
        flipped = (base ^ bits(k, COUNTERS[:20_000] ^ (1 << place)))[:, None] >> places & 1
        assert (flipped.double().mean(0) - 0.5).abs().max() < 0.02


@pytest.mark.parametrize("other", [key(0, "b"), key(1, "a"), key(0, "a") + 1, key(0, "a") ^ 1 << 62])
def test_streams_are_independent(other: int) -> None:
    a, b = uniform(key(0, "a"), COUNTERS).double(), uniform(other, COUNTERS).double()
    for lag in range(4):
        assert abs(float(torch.corrcoef(torch.stack((a[lag:], b[: COUNT - lag])))[0, 1])) < 0.01
    pairs = (a * 10).long() * 10 + (b * 10).long()
    assert _chi_square(torch.bincount(pairs, minlength=100)) < 160


def test_neighbouring_counters_are_independent() -> None:
    draws = (uniform(key(0, "n"), COUNTERS) * 10).long()
    for lag in (1, 2, 8, 64):
        assert _chi_square(torch.bincount(draws[lag:] * 10 + draws[:-lag], minlength=100)) < 160


@given(st.integers(0, 2**63 - 1), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_a_draw_depends_on_its_own_counter_only(k: int, counters: list[int]) -> None:
    together = uniform(k, torch.tensor(counters)).tolist()
    alone = [uniform(k, torch.tensor([c])).item() for c in counters]
    assert together == alone
    assert all(0 <= draw < 1 for draw in together)
    assert torch.equal(bits(k, torch.tensor(counters).view(-1, 1)).view(-1), bits(k, torch.tensor(counters)))


def test_counters_are_not_changed() -> None:
    counters = torch.arange(5)
    bits(1, counters)
    assert counters.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("n", [0, -1, 2**31 + 1])
def test_integers_refuses_impossible_ranges(n: int) -> None:
    with pytest.raises(ValueError, match=r"n must be in 1 \.\. 2\*\*31"):
        integers(0, COUNTERS[:1], n)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_gives_the_same_bits() -> None:
    k = key(5, "gpu")
    for draw in (bits, uniform, lambda k, c: integers(k, c, 11)):
        assert torch.equal(draw(k, COUNTERS), draw(k, COUNTERS.cuda()).cpu())


def _chi_square(cells: torch.Tensor) -> float:
    """Pearson's statistic against equal cells."""
    expected = cells.sum() / len(cells)
    return float(((cells - expected) ** 2 / expected).sum())
