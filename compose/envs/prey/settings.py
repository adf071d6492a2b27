"""What a name may change of predator-prey, and which capabilities there are. No torch here."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Limits

from compose.graph.fields import Model

Counts = Annotated[str, BeforeValidator(str)]
"""Numbers of which every episode draws one, joined by +."""
SIDE = 50
"""Cells along a side of the map, at most."""


class Pools(NamedTuple):
    """What capabilities are drawn from, without replacement."""

    first: tuple[int, int] | None
    """Of the first predator and the first prey; None: they are drawn like the others."""
    agents: tuple[int, ...]
    preys: tuple[tuple[int, ...], ...]
    """One pool, or one for each strength that the strongest of the drawn predators may have: 1, 2 and 3."""


_AGENTS, _PREYS = (1, 1, 1, 2, 2, 2, 3, 3), (2, 2, 2, 3, 3, 3, 4, 4)
_FEWER_AGENTS, _FEWER_PREYS = (1, 1, 2, 2, 2, 3, 3), (2, 2, 3, 3, 3, 4, 4)
_MATCHED = ((2,) * 8, (2,) * 4 + (3,) * 4, _PREYS)
_STRONGER = (4, 5)


class Settings(Model):
    """One game; the defaults are those of OPT's released predator-prey (Liu et al. 2024)."""

    split: Literal["train", "test"] = "train"
    """``test``: episodes of the numbers and capabilities that training never shows. Slots are the same."""
    agents: Counts = "2+3+5+8"
    """How many predators; every episode draws one of the numbers."""
    preys: Counts = "2+3+5+8"
    """How many preys."""
    landmarks: Counts = "2+4"
    """How many cells that nobody can enter."""
    test_agents: Counts = "4+6+7+9"
    """The same for ``split=test``."""
    test_preys: Counts = "4+6+7+9"
    """The same for ``split=test``."""
    test_landmarks: Counts = "3+5"
    """The same for ``split=test``."""
    capability: Literal["equal", "drawn", "matched"] = "equal"
    """``equal``: two predators capture a prey (1 and 2). ``drawn``: predators have 1 to 3, preys need 2 to 4.
    ``matched``: the same, and the preys are no stronger than the predators make sense of."""
    size: Annotated[int, Limits(ge=2, le=SIDE)] = 12
    """Cells along a side of the map."""
    sight: Annotated[int, Limits(ge=0, le=2 * SIDE)] = 4
    """How far entities see, in cells as the crow flies."""
    limit: Annotated[int, Limits(ge=1, le=1_000_000)] = 50
    """Steps after which the episode is truncated."""
    flat: bool = False
    """True: the fields ``observation`` and ``state`` too, for flat methods. They are not of the released code."""

    @property
    def numbers(self) -> tuple[tuple[int, ...], ...]:
        """Of predators, preys and landmarks in the split that is played."""
        return self.of("test_" if self.split == "test" else "")

    @property
    def slots(self) -> tuple[int, int, int]:
        """Of predators, preys and landmarks: the most of both splits."""
        agents, preys, landmarks = (max(a + b) for a, b in zip(self.of(""), self.of("test_"), strict=True))
        return agents, preys, landmarks

    @property
    def pools(self) -> Pools:
        """What capabilities are drawn from in the split that is played."""
        test = self.split == "test"
        if self.capability == "equal":
            agents, preys, _ = self.slots
            return Pools(None, (1,) * agents, ((2,) * preys,))
        first = _STRONGER if test else None
        if self.capability == "matched":
            return Pools(first, _AGENTS, _MATCHED)
        return Pools(first, _FEWER_AGENTS, (_FEWER_PREYS,)) if test else Pools(first, _AGENTS, (_PREYS,))

    def of(self, prefix: str) -> tuple[tuple[int, ...], ...]:
        """Numbers of predators, preys and landmarks by the beginning of their options."""
        options = (getattr(self, f"{prefix}{kind}") for kind in ("agents", "preys", "landmarks"))
        return tuple(tuple(map(int, text.split("+"))) for text in options)

    @model_validator(mode="after")
    def _numbers_are_numbers(self) -> Self:
        for prefix in ("", "test_"):
            for kind in ("agents", "preys", "landmarks"):
                name = prefix + kind
                text, least = getattr(self, name), int(kind != "landmarks")
                if not re.fullmatch(r"(0|[1-9]\d{0,2})(\+(0|[1-9]\d{0,2}))*", text, re.ASCII):
                    raise ValueError(f"{name} are numbers joined by +, such as 2+3+5, got '{text}'")
                numbers = [int(part) for part in text.split("+")]
                if min(numbers) < least:
                    raise ValueError(f"{name} are at least {least}, got '{text}'")
                if len({*numbers}) < len(numbers):
                    raise ValueError(f"{name} has a number twice: '{text}'")
        return self

    @model_validator(mode="after")
    def _there_is_room(self) -> Self:
        cells, slots = self.size**2, sum(self.slots)
        if slots > cells:
            raise ValueError(f"{slots} predators, preys and landmarks have no room on {self.size} x {self.size} cells")
        return self

    @model_validator(mode="after")
    def _pools_are_large_enough(self) -> Self:
        pools, (agents, preys, _) = self.pools, map(max, self.numbers)
        given = int(pools.first is not None)
        for kind, most, pool in (("predators", agents, pools.agents), ("preys", preys, pools.preys[0])):
            if most > given + len(pool):
                text = f"capability={self.capability} has capabilities for {given + len(pool)} {kind}, not for {most}"
                raise ValueError(f"{text} (split={self.split})")
        return self
