"""Where a search looks for a setting: ``uniform(0, 1)``, ``log(1e-4, 1e-2)``, ``int(1, 8)``, or a list of values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

FORM = "expected uniform(LOW, HIGH), log(LOW, HIGH), int(LOW, HIGH) or a list of values"
_PATTERN = re.compile(r"\s*(uniform|log|int)\s*\(\s*([^,()]+?)\s*,\s*([^,()]+?)\s*\)\s*")


@dataclass(frozen=True)
class Range:
    """Numbers between two bounds, both included, or a few values."""

    kind: Literal["uniform", "log", "int", "choice"]
    low: float = 0.0
    high: float = 0.0
    values: tuple[int | float | bool | str, ...] = ()

    @property
    def some(self) -> int | float | bool | str:
        """A value of it."""
        return self.values[0] if self.kind == "choice" else int(self.low) if self.kind == "int" else self.low

    @classmethod
    def read(cls, raw: object) -> Range:
        """From what a file says. Raises PydanticCustomError (``range``)."""
        if isinstance(raw, Range):
            return raw
        if isinstance(raw, list | tuple):
            return cls._choice(raw)
        match = _PATTERN.fullmatch(raw) if isinstance(raw, str) else None
        if match is None:
            raise _wrong(FORM, "such as log(1e-4, 1e-2)")
        kind, low, high = match[1], _number(match[2]), _number(match[3])
        if low is None or high is None:
            raise _wrong(f"'{match[2 if low is None else 3]}' is no number")
        if low >= high:
            raise _wrong(f"{match[2]} is not below {match[3]}")
        if kind == "log" and low <= 0:
            raise _wrong("log(LOW, HIGH) needs bounds above 0", "such as log(1e-4, 1e-2)")
        if kind == "int" and not (low.is_integer() and high.is_integer()):
            raise _wrong("int(LOW, HIGH) needs whole numbers")
        return cls(kind, low, high)  # type: ignore[arg-type]

    @classmethod
    def _choice(cls, raw: list[Any] | tuple[Any, ...]) -> Range:
        if len(raw) < 2 or not all(isinstance(x, int | float | bool | str) for x in raw):
            raise _wrong("a list to choose from holds two values or more: numbers, true, false or text")
        return cls("choice", values=tuple(raw))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.read)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": f"^{_PATTERN.pattern}$"}, {"type": "array", "minItems": 2}]}


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _wrong(text: str, hint: str = "") -> PydanticCustomError:
    return PydanticCustomError("range", "{text}", {"text": text, "hint": hint})
