"""What is packed comes back, bit for bit, whatever it is."""

import math

import pytest
import torch

from compose.graph.fields import Field
from compose.training.stored import columns, packed, shelf
from compose.training.stored.dense import DenseStore
from compose.training.stored.packed import PackedStore
from tests.training.fakes import schema

LIMIT = 20
ODD = torch.tensor([0x00000000, 0x3F800000, -0x80000000, 0x00000001, 0x7F800000, 0x7FC00001, 0x7FA00007, -0x400000,
                    0x3F800001], dtype=torch.int64).to(torch.int32).view(torch.float32)  # fmt: skip
"""0, 1, -0.0, the least denormal, infinity, quiet and signalling numbers that are none, a negative one, nearly 1."""


def known(**fields):
    more = {name: Field(axes=tuple(axes.split()), dtype=dtype, scope="global", what="A field.")
            for name, (axes, dtype) in fields.items()}
    return schema(LIMIT).model_copy(update={"fields": {**schema(LIMIT).fields, **more}})


SCHEMA = known(odd=("batch time entity feature", "float"), big=("batch time xy", "int"), flat=("batch time", "float"),
               mask=("batch time entity entity'", "bool"), once=("batch feature", "float"), flag=("batch", "bool"))


def episodes(seed, count, steps=None, longest=LIMIT + 1):
    """Rows of all kinds of columns: what never changes, zeros and ones, anything."""
    made = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, longest + 1, (count,), generator=made) if steps is None else torch.tensor(steps)
    filled = torch.arange(longest) < lengths[:, None]

    def numbers(high, *shape):
        return torch.randint(high, (count, longest, *shape), generator=made)

    def settled(x):
        """Some columns as their first step, some zeros and ones."""
        kind = torch.randint(3, (count, 1, *x.shape[2:]), generator=made)
        bits = numbers(2, *x.shape[2:]).to(x.dtype)
        return x[:, :1].where(kind == 0, bits.where(kind == 1, x))

    extremes = torch.tensor([0, 1, -1, 255, 256, 2**62, -(2**63)])
    rows = {"odd": settled(ODD[numbers(len(ODD), 3, 5)]), "big": settled(extremes[numbers(7, 2)]),
            "flat": settled(ODD[numbers(len(ODD))]), "mask": numbers(2, 3, 3).bool(), "filled": filled,
            "reward": ODD[numbers(2)], "steps": numbers(2).bool(), "once": ODD[numbers(9, 5)[:, 0]],
            "flag": numbers(2)[:, 0].bool(), "episode": torch.arange(count) + 1000 * seed}
    once = {"once", "flag", "episode", "filled"}
    return {name: x if name in once else x.masked_fill(~filled.view(*filled.shape, *[1] * (x.dim() - 2)), 0)
            for name, x in rows.items()}


def bits(x):
    return x.contiguous().view(-1).view(torch.uint8)


def assert_same(one, two):
    assert list(one) == list(two)
    for name, x in two.items():
        mine = one[name]
        assert (mine.dtype, mine.shape, mine.stride()) == (x.dtype, x.shape, x.stride()), name
        assert torch.equal(bits(mine), bits(x)), name
        assert mine.data_ptr() % 64 == 0, name


@pytest.mark.parametrize("seed", range(6))
def test_everything_comes_back_as_from_a_dense_store(seed):
    stores = [DenseStore(SCHEMA, 11), PackedStore(SCHEMA, 11)]
    chance = torch.Generator().manual_seed(seed)
    for turn in range(8):
        longest = int(torch.randint(1, LIMIT + 2, (1,), generator=chance))
        rows = episodes(100 * seed + turn, 1 + turn, longest=longest)
        slots = torch.randperm(11, generator=chance)[: 1 + turn] if turn else torch.arange(1)
        for store in stores:
            store.put(rows, slots)
    for size in (1, 3, 11):
        chosen = torch.randperm(11, generator=chance)[:size]
        if not all(stores[1].record(slot).size for slot in chosen.tolist()):
            continue
        assert_same(stores[1].take(chosen), stores[0].take(chosen))
        assert_same(stores[1].take(chosen, LIMIT + 1), stores[0].take(chosen, LIMIT + 1))


def test_the_kinds_of_columns_are_found():
    rows = episodes(3, 40, steps=[LIMIT + 1] * 40)
    made = columns.Columns({"odd": rows["odd"], "flat": rows["flat"]}, wide=True)
    kept = made.pack(rows, rows["filled"])
    words = torch.cat([rows["odd"].view(torch.int32).flatten(2), rows["flat"].view(torch.int32)[..., None]], 2)
    for n, one in enumerate(kept):
        distinct = [set(words[n, :, c].tolist()) for c in range(made.count)]
        want = [c for c, found in enumerate(distinct) if len(found) > 1 and found == {0, 0x3F800000}]
        assert one.bits_at.tolist() == want
        assert sorted(one.at.tolist() + want) == [c for c, found in enumerate(distinct) if len(found) > 1]
    assert any(len(one.at) for one in kept)
    assert any(len(one.bits_at) for one in kept)


def test_many_rows_are_packed_as_few_are(monkeypatch):
    rows, slots = episodes(5, 50), torch.arange(50)
    whole, parts = PackedStore(SCHEMA, 50), PackedStore(SCHEMA, 50)
    whole.put(rows, slots)
    monkeypatch.setattr(packed, "TOGETHER", 7)
    parts.put(rows, slots)
    assert whole._records.tolist() == parts._records.tolist()
    assert_same(parts.take(slots), whole.take(slots))


def test_many_columns_have_larger_numbers():
    wide = torch.zeros(2, 3, 2**15)
    wide[0, 1, 2**15 - 1] = 1.0
    wide[1, 2, 2**15 - 1] = math.pi
    store = PackedStore(SCHEMA.model_copy(update={"limit": 2}), 2)
    filled = torch.ones(2, 3, dtype=torch.bool)
    rows = {"odd": wide, "mask": filled, "filled": filled, "episode": torch.arange(2)}
    store.put(rows, torch.arange(2))
    assert_same(store.take(torch.arange(2)), rows)


def test_what_is_overwritten_is_freed(monkeypatch):
    monkeypatch.setattr(shelf, "SMALLEST", 2**10)
    monkeypatch.setattr(shelf, "LARGEST", 2**13)
    store = PackedStore(SCHEMA, 64)
    most = 0
    for turn in range(60):
        store.put(episodes(turn, 8), torch.arange(8 * turn, 8 * turn + 8) % 64)
        needed = sum(store.record(slot).size for slot in range(64))
        most = max(most, store._shelf.bytes - needed)
    assert most <= 2 * 2**13


def test_rows_that_lack_a_field_are_refused():
    store, rows = PackedStore(SCHEMA, 4), episodes(1, 2)
    store.put(rows, torch.arange(2))
    del rows["odd"]
    with pytest.raises(ValueError, match="there is no odd"):
        store.put(rows, torch.arange(2))
