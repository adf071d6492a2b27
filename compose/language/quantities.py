"""Counts as people write them: ``50000``, ``50k``, ``1.5M``, ``1e6``, ``1_000_000``; and what a torn number means."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

LARGEST = 10**15
QUANTITY = r"[0-9]+(?:[_,][0-9]{3})*(?:\.[0-9]+)?(?:[eE]\+?[0-9]{1,2})?(?:\s?[kKmM])?"
"""A pattern of counts; not all that it matches are whole."""
_UNITS = {"": 1, "k": 10**3, "m": 10**6}
_COMMA = re.compile(r"([-+]?[0-9]+),([0-9]+(?:[eE][-+]?[0-9]+)?)")
_ARITHMETIC = re.compile(r"[\w.() ]+(?:[-+*/^]+[\w.() ]+)+")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")


def quantity(text: str) -> int | None:
    """The whole number that a text such as ``1.5M`` stands for; None if it is none, or over 1e15."""
    if not re.fullmatch(QUANTITY, text):
        return None
    unit = text[-1].lower() if text[-1].isalpha() else ""
    digits = (text[:-1] if unit else text).strip().replace("_", "").replace(",", "")
    found = Decimal(digits) * _UNITS[unit]
    return int(found) if found == found.to_integral_value() and found <= LARGEST else None


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


def number_hint(raw: object) -> str:
    """What to write for text that was to be a number; empty if nothing is known."""
    if isinstance(raw, list | tuple) and len(raw) == 2 and all(type(x) is int for x in raw) and raw[1] >= 0:
        raw = f"{raw[0]},{raw[1]}"
    text = raw.strip() if isinstance(raw, str) else ""
    if match := _COMMA.fullmatch(text):
        return f"numbers have a decimal point: {match[1]}.{match[2]}"
    if _NUMBER.fullmatch(text):
        return f"write it without quotes: {text}"
    if text.endswith("%") and _NUMBER.fullmatch(text[:-1].strip()):
        return f"write {float(text[:-1]) / 100:g}"
    if _ARITHMETIC.fullmatch(text):
        return "a number is written out; expressions stand where it is used"
    found = quantity(text)
    return "" if found is None else f"write {found}"
