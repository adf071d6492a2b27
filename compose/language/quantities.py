"""Fields of specs that count: ``5k`` and ``1e6`` are read too."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from compose.language.numerals import number_hint, quantity


def _counted(raw: object) -> object:
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if not isinstance(raw, str) or raw.isdecimal():
        return raw
    found = quantity(raw.strip())
    if found is None:
        text = f"expected a whole number such as 5000, 5k or 1M, got {raw!r}"
        raise PydanticCustomError("count", "{text}", {"text": text, "hint": number_hint(raw)})
    return found


COUNTED = BeforeValidator(_counted)
"""Marks fields that count."""

Count = Annotated[int, COUNTED, Field(gt=0)]
"""A whole number above 0; ``5k`` and ``1e6`` are read too."""
