"""What the files of a run may say. They are read as strictly as anything that a person writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Limits

from compose.language.diagnostics import dotted

Count = Annotated[int, Limits(ge=0, lt=2**63)]
Number = Annotated[float, Limits(allow_inf_nan=False)]
Chunk = Annotated[str, Limits(pattern=r"^[0-9]{9,18}-[0-9]{9,18}$")]
Level = TypeVar("Level", bound=BaseModel)


class Record(BaseModel):
    """Base of all: strict about types; what a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", defer_build=True)


class Chance(Record):
    """A chance level in ``run.json``."""

    episodes: Annotated[int, Limits(ge=1, lt=2**63)]
    success: Annotated[float, Limits(ge=0, le=1)]
    returned: Number
    length: Number


class About(Record):
    """``run.json``, as far as it is read."""

    spec_hash: str
    schema_hash: str
    env: str
    seed: int
    settings: dict[str, int | float | str | bool | list[str] | dict[str, float | str] | None] = \
        Limits(default_factory=dict)
    threads: int | None = None
    processes: int = 1
    """That train it together."""
    versions: dict[str, str] = Limits(default_factory=dict)
    chance: dict[str, Chance] = Limits(default_factory=dict)
    made: dict[str, str | int] = Limits(default_factory=dict)
    """Where and when it was begun."""


class ClockRecord(Record):
    """The clocks in ``state.json``."""

    model_config = ConfigDict(extra="forbid")
    env_steps: Count
    episodes: Count
    updates: Count


class IntervalRecord(Record):
    """Sums since the last row of metrics; null is a sum that is no number."""

    sums: dict[str, Number | None]
    counts: dict[str, Annotated[int, Limits(ge=1, lt=2**63)]]


class State(Record):
    """``state.json`` of a checkpoint."""

    clocks: ClockRecord
    target_last: Count
    interval: IntervalRecord
    logs: dict[str, Count]
    evaluations: Annotated[int, Limits(ge=-1, lt=2**63)]
    logged: Count
    wall_seconds: Annotated[float, Limits(ge=0, allow_inf_nan=False)]
    chunks: list[Chunk]


class Chunks(Record):
    """Of ``state.json``, which chunks of the replay the checkpoint needs."""

    chunks: list[Chunk]


class Standing(Record):
    """Of ``state.json``, where the run stood."""

    clocks: ClockRecord


class Wall(Record):
    """Of a summary or a row of metrics, what the clock on the wall said."""

    seconds: Annotated[float, Limits(ge=0, allow_inf_nan=False)]


class Clocked(Record):
    """Of a row of ``metrics.jsonl``, when it was."""

    env_steps: Count
    episodes: Count
    updates: Count
    wall: Wall

    @property
    def clocks(self) -> dict[str, int]:
        """All clocks by name."""
        return {"env_steps": self.env_steps, "episodes": self.episodes, "updates": self.updates}


class Summary(Clocked):
    """``summary.json``, as far as studies read it."""

    recent: dict[str, Number]
    early: str = ""


class Evaluated(Record):
    """A row of ``evals.jsonl``."""

    env_steps: Count
    updates: Count
    episode: Count
    length: Count
    returned: Number = Limits(alias="return")
    success: bool
    task: str


def checked(kind: type[Level], data: Any) -> Level:
    """Plain data as what it should be. Raises ValueError with the first thing that is wrong and where."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = dotted(first["loc"])
        raise ValueError(f"{where}: {first['msg'].lower()}" if where else first["msg"].lower()) from None


def parsed(text: str) -> dict[str, Any]:
    """A JSON object. Raises ValueError if it is none, or says numbers that JSON does not have."""
    data = json.loads(text, parse_constant=_no_number)
    if not isinstance(data, dict):
        raise ValueError(f"expected an object, got {type(data).__name__}")
    return data


def numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same with null for every number that is not finite, at any depth: JSON has no others."""
    def plain(x: Any) -> Any:
        if isinstance(x, Mapping):
            return {name: plain(part) for name, part in x.items()}
        return None if isinstance(x, float) and not isfinite(x) else x

    return {name: plain(x) for name, x in row.items()}


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
