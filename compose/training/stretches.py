"""Stretches of episodes as one batch: what was seen step by step in many environments, sorted into rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from tensordict import TensorDict
from torch import Tensor

from compose.graph.fields import PLAYED
from compose.graph.schema import EntitySchema
from compose.training.rollout import CARRIED, DTYPES, has_time

ENVIRONMENT = "environment"
"""The name of the number of the environment in which a stretch was played."""
_STEPS = ("reward", "rewards", "terminated", "success", "steps")
"""What belongs to a step, and not to what is seen where a stretch ends."""

Shown = dict[str, Tensor]
"""Fields of one moment, by name [batch ...]."""


@dataclass
class Stretches:
    """Notes what happens in ``count`` environments, one step after the other, and what is seen where episodes end.

    A stretch is what was played of one episode: from the first step that was noted, or from the episode's first, to
    the episode's end or the last step that was noted.
    """

    schema: EntitySchema
    count: int
    steps: list[Shown] = field(default_factory=list)
    """Of all environments, for every step."""
    ends: list[Shown] = field(default_factory=list)
    """Of some."""
    _rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Of every stretch: its environment, its first step, the one after its last, and which of the ends is its own."""
    _ended: int = 0

    def __post_init__(self) -> None:
        self._first = [0] * self.count

    def step(self, shown: Shown) -> None:
        """A step was taken everywhere."""
        self.steps.append(shown)

    def end(self, rows: Tensor, shown: Shown) -> None:
        """Stretches end in some environments; ``shown`` [row ...] is what is seen there after the last step. Others
        begin there with the next step."""
        for place, row in enumerate(rows.tolist(), self._ended):
            self._rows.append((row, self._first[row], len(self.steps), place))
            self._first[row] = len(self.steps)
        self._ended += len(rows)
        self.ends.append(shown)

    def batch(self, state: dict[str, Tensor], fresh: dict[str, Tensor]) -> TensorDict:
        """All stretches as rows, environment by environment, each as :func:`~compose.training.rollout.rollout` gives a
        whole episode; cut to the longest.

        Args:
            state: What acting carried to the first step, by name [environment ...].
            fresh: The same of an episode's first step.

        Returns:
            Beside the fields ``environment`` int64 [batch], and what was carried (``carried:NAME``) [batch ...].
        """
        self._rows.sort()
        device = self.steps[0]["steps"].device
        row, first, last, place = torch.tensor(self._rows, device=device).T
        length = last - first
        clock = torch.arange(int(length.max()) + 1, device=device)
        filled = clock <= length[:, None]
        at = (first[:, None] + clock) * self.count + row[:, None]
        at = torch.where(clock == length[:, None], len(self.steps) * self.count + place[:, None], at)
        at = at.where(filled, at[:, :1])
        made = {name: self._laid(name, at, filled) for name in self.steps[0]}
        made["success"] = made["success"].any(1)
        begins = first == 0
        for name, x in state.items():
            mine, kept = begins.view(-1, *[1] * (x.dim() - 1)), fresh[name][row]
            made[f"{CARRIED}{name}"] = x[row].where(mine, kept)
        return TensorDict({**made, "filled": filled, ENVIRONMENT: row}, batch_size=[])

    def _laid(self, name: str, at: Tensor, filled: Tensor) -> Tensor:
        """A field [batch time ...], or [batch ...] where it knows no time."""
        parts = [one[name] for one in self.steps]
        parts += [one[name] if name in one else parts[0].new_zeros(len(one["episode"]), *parts[0].shape[1:])
                  for one in self.ends]
        flat = torch.cat(parts)
        if not timed(self.schema, name):
            return flat[at[:, 0]]
        return flat[at].masked_fill_(~filled.view(*filled.shape, *[1] * (flat.dim() - 1)), 0)


def timed(schema: EntitySchema, name: str) -> bool:
    """Is it something of every step?"""
    return name in _STEPS or name.startswith(PLAYED) or (name != "episode" and has_time(schema, name))


def as_stored(schema: EntitySchema, fields: Shown, wanted: set[str]) -> Shown:
    """Those of an environment's fields that are wanted and known row by row, as they are stored."""
    return {name: x.to(DTYPES[schema.fields[name].dtype]) for name, x in fields.items()
            if name in wanted and "batch" in schema.fields[name].axes}
