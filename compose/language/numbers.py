"""Numbers as people write them: one text for one number, whether it is whole by kind or only by value."""

from __future__ import annotations

from contextlib import suppress

GROUPED = 10**9
"""From here on a power of ten is easier to read than rows of digits."""


def spelled(number: float, group: str = "") -> str:
    """``5``, ``0.01``, ``1e-8``, ``-1e9``: equal texts mean equal numbers. ``group`` stands between thousands."""
    if isinstance(number, float) and not number.is_integer():
        return _power(repr(number))
    whole = int(number)
    digits, power = str(whole), ""
    if abs(whole) >= GROUPED:
        with suppress(OverflowError):  # an integer larger than any float
            power = _power(f"{whole:.{len(digits)}e}" if abs(whole) < 2**53 else repr(float(whole)))
            power = power if int(float(power)) == whole else ""
    return power if power and len(power) < len(digits) else f"{whole:,}".replace(",", group)


def _power(text: str) -> str:
    """``1.500000e+09`` as ``1.5e9``; text without a power as it is."""
    digits, mark, exponent = text.partition("e")
    if not mark:
        return text
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{int(exponent)}"
