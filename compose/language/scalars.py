"""What an unquoted YAML scalar means: the core schema of YAML 1.2, less its doubtful numbers."""

from __future__ import annotations

import re

LARGEST_INTEGER = 10**15

UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\u200a\u200c-\u200d\u2010-\u2029\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd"
    "\U00010000-\U0010ffff]")
"""Characters that no spec may contain, escaped or not: controls, lone surrogates, byte order marks, zero-width spaces,
and those that turn the direction of writing, so that a line reads otherwise than it is."""

_CONSTANTS = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DOUBTFUL = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+|[-+]?[0-9][0-9_]*")


class BadNumber(ValueError):
    """A number that is not accepted; the text says why, ``hint`` what to write."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.hint = hint


def _meant(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0) if digits[1:2] in ("o", "x", "b") else int(digits)


def read(text: str) -> bool | int | float | str | None:
    """The value of an unquoted scalar. ``1e-4`` is a float; ``yes``, ``no``, ``on``, ``off`` are strings.

    Raises BadNumber for numbers that are not finite, over 1e15 as integers, or written in a way that YAML versions read
    differently (``010``, ``0x1f``, ``1_000``).
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > len(str(LARGEST_INTEGER)) + 1 or abs(int(text)) > LARGEST_INTEGER:
            raise BadNumber("whole numbers go up to 1e15")
        return int(text)
    if _NOT_FINITE.fullmatch(text):
        raise BadNumber("numbers must be finite")
    if _DOUBTFUL.fullmatch(text):
        raise BadNumber("numbers are plain decimals: no leading zeros, no '_', not octal, hexadecimal or binary",
                        f"write {_meant(text)}; quote it if it is text" if len(text) <= 20 else "")
    if _FLOAT.fullmatch(text):
        value = float(text)
        if value in (float("inf"), float("-inf")):
            raise BadNumber("numbers must be finite; this one is too large for a float")
        return value + 0.0  # there is one zero
    return text
