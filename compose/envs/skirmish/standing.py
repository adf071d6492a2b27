"""How battles stand: what steps change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from torch import Tensor

from compose.envs.skirmish.battle import Battle
from compose.envs.skirmish.spotting import Spotted

if TYPE_CHECKING:
    from compose.envs.skirmish.environment import Skirmish

T = TypeVar("T")


@dataclass(slots=True)
class Standing:
    """What steps change."""

    battle: Battle
    last: Tensor
    """int64 [battle ally]: the action before."""
    facing: Tensor
    """int64 [battle ally]: the direction that agents look in, where sight is a cone."""
    running: Tensor
    """Bool [battle]."""
    spotted: Spotted | None = None
    """Where sight is not shared."""


class Part(Generic[T]):
    """An attribute that is a part of it. The kernel keeps them to itself until somebody looks, and is told what is set.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name.removeprefix("_")

    def __get__(self, env: Skirmish, owner: type) -> T:
        found: T = getattr(env.standing(), self._name)
        return found

    def __set__(self, env: Skirmish, value: T) -> None:
        setattr(env.standing(), self._name, value)
        env.told = False
