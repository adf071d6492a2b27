"""What a batched environment is: many episodes side by side, stepped together, as torch tensors."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import Tensor

from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds

if TYPE_CHECKING:
    from compose.envs.pictures.scene import Camera

Fields = dict[str, Tensor]
"""The schema's fields as they are now, by name, without the time axis. Constant ones may be expanded (stride 0) views,
so write into none of them. The controller adds ``action``, ``last_action``, ``reward``, ``rewards``, ``terminated`` and
``steps``."""

Script = Callable[[], Tensor]
"""A policy that an environment knows itself: one available action for every agent, as things are, int64 (batch agent);
of continuous actions float32 (batch agent part), each number from -1 to 1.
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """What one joint action did. Every tensor is fresh: later steps do not change it."""

    reward: Tensor
    """(batch) float32."""
    terminated: Tensor
    """(batch) bool: the episode truly ended in this step."""
    truncated: Tensor
    """(batch) bool: the time limit ended it in this step, and values bootstrap through that."""
    success: Tensor
    """(batch) bool: the episode reached the environment's goal in this step."""
    fields: Fields
    """The fields after the step."""
    rewards: Tensor | None = None
    """(batch agent) float32: what each agent earned, if the schema has a field ``rewards``; zero for absent agents."""


class Environment(ABC):
    """Episodes that start together at :meth:`reset` and advance together by :meth:`step`.

    Every random draw is a function of (seed, episode number, step, stream), never of the batch size or of the place in
    the batch: given the same actions, an episode is bitwise the same alone and among thousands.
    """

    schema: EntitySchema
    """What it offers."""
    device: torch.device
    """Where its tensors are."""
    runs_on: str = "torch"
    """What computes its steps, in a word or two."""
    wanted: Collection[str] | None = None
    """The fields that are read, set by whoever plays before :meth:`reset`; None: all. Others may be left out."""
    kept: ClassVar[Collection[str]] = ()
    """The attributes that hold something of every episode, batch axis first: tensors, or tuples and dicts of them. They
    are all that episodes differ in, so that :meth:`restart` can begin one beside others; empty: it cannot."""
    _ready: tuple[Any, Tensor, Any, Fields] | None = None
    at_once: int | None = None
    """The most episodes that can be played side by side; None: as many as one likes."""

    @abstractmethod
    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Begin one episode for each number in ``episodes`` (int64, (batch)) and return the first fields.

        ``seed`` is one for all or one for each episode: then row i is bitwise what ``seed[i]`` alone would give it.
        :func:`~compose.kernels.random.keys` turns either into keys that :func:`~compose.kernels.random.bits` takes.
        """

    @abstractmethod
    def step(self, action: Tensor) -> Transition:
        """Take one action per agent: int64, (batch agent); where actions are continuous float32, (batch agent part),
        within the schema's bounds.

        An episode that has ended stays as it is: reward 0, flags False, fields unchanged.

        Raises:
            RuntimeError: If there was no :meth:`reset`.
        """

    def restart(self, rows: Tensor, episodes: Tensor, seed: int) -> Fields:
        """Begin other episodes in some rows of the batch, while the others go on; the first fields of those that begin.

        Args:
            rows: int64 (begun).
            episodes: Their numbers, int64 (begun).
            seed: The one that all episodes were begun with.

        Raises:
            NotImplementedError: If it cannot, which it can where it says what is :attr:`kept`.
        """
        if not self.kept:
            raise NotImplementedError
        begun, at, fields = self.begun(episodes, seed)
        for name in self.kept:
            setattr(self, name, written(getattr(self, name), rows, taken(getattr(begun, name), at)))
        return fields

    def begun(self, episodes: Tensor, seed: int) -> tuple[Self, Tensor, Fields]:
        """Another environment in which these episodes have just begun, in which rows, and their first fields.

        Episodes that follow one another are begun :data:`AHEAD` at a time.
        """
        first, ready = int(episodes.min()), self._ready
        ahead = int(episodes.max()) - first < AHEAD
        if ready is None or ready[0] != (seed, self.wanted) or not bool(torch.isin(episodes, ready[1]).all()):
            numbers = torch.arange(first, first + AHEAD, device=episodes.device) if ahead else episodes
            other = self.apart()
            ready = self._ready = (seed, self.wanted), numbers, other, other.reset(numbers, seed)
        _, numbers, other, fields = ready
        at = torch.searchsorted(numbers, episodes)
        known = self.schema.fields
        return other, at, {name: x[at] if "batch" in known[name].axes else x for name, x in fields.items()}

    def apart(self) -> Self:
        """A copy whose episodes are its own."""
        other = copy.copy(self)
        other._ready = None
        return other

    @property
    def restarts(self) -> bool:
        """Can :meth:`restart` begin episodes?"""
        return bool(self.kept) or type(self).restart is not Environment.restart

    @property
    def scripts(self) -> Mapping[str, Script]:
        """The environment's own policies, by name; they act in the episodes that :meth:`reset` began."""
        return {}

    @property
    def measures(self) -> Mapping[str, Tensor]:
        """What else tells how well the episodes went, as they stand: numbers (batch) by name, such as orders completed.
        Evaluations write them down beside return and success."""
        return {}

    def camera(self) -> Camera | None:
        """What looks at an episode for pictures of it; None: the environment has no picture of its own."""
        return None


AHEAD = 64
"""Episodes that are begun at a time, where they begin one by one."""


def taken(x: Any, rows: Tensor) -> Any:
    """Some rows, batch axis first; so of tuples and dicts of tensors."""
    if isinstance(x, Tensor):
        return x[rows]
    if isinstance(x, dict):
        return {name: taken(part, rows) for name, part in x.items()}
    parts = [taken(part, rows) for part in x]
    return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)


def written(old: Any, rows: Tensor, new: Any, axis: int = 0) -> Any:
    """Fresh tensors, laid out as those of ``old`` (sums depend on it), in which ``new`` stands in some rows of an axis;
    so of tuples and dicts of them."""
    if isinstance(old, Tensor):
        return old.clone().index_copy_(axis, rows, new)
    if isinstance(old, dict):
        return {name: written(x, rows, new[name], axis) for name, x in old.items()}
    parts = [written(x, rows, y, axis) for x, y in zip(old, new, strict=True)]
    return type(old)(*parts) if hasattr(old, "_fields") else tuple(parts)
