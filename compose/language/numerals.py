"""Numbers as people write them, ``50000``, ``50k``, ``1.5M``, ``1e6``, ``1_000_000``, and as they read them."""

from __future__ import annotations

import re
from decimal import Decimal

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


def number(value: float | None) -> str:
    """``54,432``; a question mark for what is not known."""
    if value is None:
        return "?"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def bytes_text(count: int) -> str:
    """Bytes for people: ``1.5 GiB``."""
    number = float(count)
    for unit in ("B", "KiB", "MiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} GiB"
