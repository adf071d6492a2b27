"""A ring of whole episodes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil, prod

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.graph.fields import COUNTS
from compose.graph.schema import EntitySchema
from compose.kernels.random import bits, integers, key
from compose.training.rollout import last_actions, tensors
from compose.training.stored.dense import DenseStore
from compose.training.stored.packed import PackedStore
from compose.training.stored.rows import OWN, Store, timed

_BYTES = {"float": 4, "bool": 1, "int": 8}
_DTYPES = {"float": torch.float32, "bool": torch.bool, "int": torch.int64}
_DERIVED = ("last_action",)


class Replay:
    """The newest ``capacity`` episodes.

    Masks are given as bool and features as float32; ``last_action`` is not stored but made again from ``action``;
    fields without a batch axis are kept once.

    Args:
        schema: Of the episodes.
        capacity: How many.
        device: Where they lie.
        packed: Keep every episode in as few bytes as it needs; then single steps cannot be drawn.
    """

    def __init__(self, schema: EntitySchema, capacity: int, device: torch.device | str = "cpu", *,
                 packed: bool = False) -> None:
        self.schema, self.capacity, self.device = schema, capacity, torch.device(device)
        self.added = 0
        """Episodes ever added; episode n (from 0) lies in slot n modulo capacity."""
        self._store: Store = (PackedStore if packed else DenseStore)(schema, self.held)
        self._fixed: dict[str, Tensor] = {}

    @property
    def held(self) -> int:
        """Rows of the store."""
        return self.capacity

    @property
    def bytes(self) -> int:
        """What is allocated for episodes."""
        return self._store.bytes

    @property
    def each_at_full_length(self) -> int:
        """Bytes that one of the episodes takes, if it goes on as it does until the limit."""
        if isinstance(self._store, PackedStore):
            return ceil(self._store.each_at_full_length)
        return self._store.bytes // self.held

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, episodes: TensorDict) -> None:
        """Store a batch of episodes as :func:`~compose.training.rollout.rollout` gives them, over the oldest ones."""
        rows = self._rows_of(episodes)
        self.write(rows, self.added)
        self.added += rows["episode"].shape[0]

    def write(self, rows: dict[str, Tensor], first: int) -> None:
        """Put rows (time may be cut short) at the places of episodes ``first``, ``first + 1``, ...; ``added`` stays."""
        count = rows["episode"].shape[0]
        skipped = max(0, count - self.capacity)
        slots = torch.arange(first + skipped, first + count, device=rows["episode"].device) % self.capacity
        self._store.put({name: x[skipped:] for name, x in rows.items()}, slots)

    def read(self, first: int, last: int) -> dict[str, Tensor]:
        """What is stored of episodes ``first`` to ``last - 1``, cut to the longest of them."""
        slots = torch.arange(first, last, device=self.device) % self.capacity
        return self._cut(slots)

    def saved(self) -> None:
        """All that was wanted was read."""

    @property
    def fixed(self) -> dict[str, Tensor]:
        """Fields without a batch axis."""
        return self._fixed

    @fixed.setter
    def fixed(self, fields: dict[str, Tensor]) -> None:
        self._fixed = fields

    def sample(self, batch: int, seed: int, draw: int) -> TensorDict:
        """``batch`` different episodes, every set of them equally likely, cut to the longest.

        Args:
            batch: At most ``len(self)``.
            seed: Of the run.
            draw: Number of the draw, such as the count of updates; the choice is a function of these and the fill.

        Raises:
            ValueError: If fewer episodes are stored.
        """
        if batch > len(self):
            raise ValueError(f"cannot sample {batch} of {len(self)} episodes")
        counters = torch.arange(len(self), device=self.device)
        return self._episodes(bits(key(seed, "replay", draw), counters).topk(batch).indices)

    def sample_steps(self, batch: int, seed: int, draw: int) -> TensorDict:
        """``batch`` steps, each with the stored step after it, as episodes of one step; every step that was taken is
        equally likely, and may be drawn more than once.

        Args: as of :meth:`sample`.
        """
        counters = torch.arange(batch, device=self.device)
        ends = self._steps_taken().cumsum(0)
        chosen = integers(key(seed, "replay steps", draw), counters, ends[-1])
        slots = torch.searchsorted(ends, chosen, right=True)
        at = chosen - torch.where(slots > 0, ends[slots - 1], 0)
        which, slots = self._here(slots)
        at = at[which]
        held = self._apart
        rows = {name: torch.stack([x[slots, at], x[slots, at + 1]], 1) if timed(self.schema, name) else x[slots]
                for name, x in held.items()}
        before, began = (at - 1).clamp(min=0), (at == 0)[:, None, None]
        action, present = (torch.cat([held[name][slots, before][:, None], rows[name]], 1)
                           for name in ("action", "present"))
        filled = torch.ones_like(present[..., 0])
        last = last_actions(action, filled, present, self.schema)[:, 1:]
        last[:, 0].masked_fill_(began, 0.0)
        rows["steps"][:, 1] = False
        return TensorDict({**rows, **self._fixed, "last_action": last}, batch_size=[])

    def newest(self, count: int, order: Tensor | None = None) -> TensorDict:
        """The ``count`` episodes added last, oldest first, cut to the longest; with ``order`` [n] those of them, in
        this order.

        Raises:
            ValueError: If fewer episodes are stored.
        """
        if count > len(self):
            raise ValueError(f"cannot give {count} of {len(self)} episodes")
        numbers = torch.arange(self.added - count, self.added, device=self.device)
        return self._episodes((numbers if order is None else numbers[order]) % self.capacity)

    def _episodes(self, slots: Tensor) -> TensorDict:
        """Whole episodes as they were played, constant and derived fields included."""
        rows = self._cut(slots)
        last = last_actions(rows["action"], rows["filled"], rows["present"], self.schema)
        return TensorDict({**rows, **self._fixed, "last_action": last}, batch_size=[])

    def _cut(self, slots: Tensor) -> dict[str, Tensor]:
        return self._store.take(self._here(slots)[1], self._longest(slots))

    def _rows_of(self, episodes: TensorDict) -> dict[str, Tensor]:
        """What is stored of every episode; what all have in common is taken from the first ever."""
        kept = {name: x for name, x in tensors(episodes).items() if name not in _DERIVED}
        rows = {name: x for name, x in kept.items() if self.batched(name)}
        if self._store.empty:
            self._fixed = {name: x.clone() for name, x in kept.items() if name not in rows}
        return rows

    @property
    def _apart(self) -> dict[str, Tensor]:
        """Every step of every episode. Raises ValueError if they are packed."""
        if not isinstance(self._store, DenseStore):
            raise ValueError("single steps cannot be drawn of packed episodes")
        return self._store.fields

    def _steps_taken(self) -> Tensor:
        """Of every episode, in the order of the slots."""
        return self._apart["steps"][: len(self)].sum(1)

    def _longest(self, slots: Tensor) -> int | None:
        """The most times that any of these episodes has; None if the store knows as well."""
        return None

    def _here(self, slots: Tensor) -> tuple[Tensor, Tensor]:
        """Which of the slots of the ring are held, and where in the store."""
        return torch.arange(len(slots), device=slots.device), slots

    def batched(self, name: str) -> bool:
        """Whether every episode has a field of its own."""
        return name in OWN or "batch" in self.schema.fields[name].axes


def check_rows(schema: EntitySchema, rows: Mapping[str, Tensor], first: int, last: int) -> None:
    """Raises ValueError unless rows hold the episodes ``first`` to ``last - 1`` as :class:`Replay` stores them."""
    count = len(rows["episode"])
    if count != last - first or rows["episode"].tolist() != list(range(first, last)):
        raise ValueError(f"expected the episodes {first} to {last - 1}")
    lacking = {"filled", "action", "reward", "terminated", "steps", "success", "present", "task"} - set(rows)
    if lacking:
        raise ValueError(f"there is no {', '.join(sorted(lacking))}")
    sizes, time = {**schema.sizes, "batch": count}, rows["filled"].shape[1:2]
    if not 1 <= sum(time) <= sizes["time"]:
        raise ValueError(f"filled: expected 1 to {sizes['time']} steps")
    sizes["time"] = sum(time)
    reached = rows["filled"].sum(1, keepdim=True)
    if not torch.equal(rows["filled"], torch.arange(sum(time), device=reached.device) < reached.clamp(min=1)):
        raise ValueError("filled: expected the first steps of every episode")
    for name, x in rows.items():
        own = {"filled": (("batch", "time"), "bool"), "episode": (("batch",), "int")}
        if name not in own and name not in schema.fields:
            raise ValueError(f"there is no field '{name}'")
        axes, dtype = own[name] if name in own else (schema.fields[name].axes, schema.fields[name].dtype)
        shape = [sizes[axis.removesuffix("'")] for axis in axes]
        if list(x.shape) != shape or x.dtype != _DTYPES[dtype]:
            raise ValueError(f"{name}: expected {dtype} {shape}, got {x.dtype} {list(x.shape)}")
    for name, axis in COUNTS.items():
        most = sizes.get(axis)  # of continuous actions there is none
        if most is not None and bool(((rows[name] < 0) | (rows[name] >= most)).any()):
            raise ValueError(f"{name}: expected 0 to {most - 1}")


def bytes_estimate(schema: EntitySchema, episodes: int, names: Collection[str] | None = None) -> int:
    """Bytes that a replay of so many episodes takes.

    Args:
        schema: Of the environment.
        episodes: Capacity.
        names: Fields that the environment really gives; all of the schema's unless told.
    """
    sizes = schema.sizes
    each = sizes["time"] + 8
    for name, field in schema.fields.items():
        if name in _DERIVED or "batch" not in field.axes or (names is not None and name not in names):
            continue
        cells = prod(sizes[axis.removesuffix("'")] for axis in field.axes if axis != "batch")
        each += cells * _BYTES[field.dtype]
    return episodes * each
