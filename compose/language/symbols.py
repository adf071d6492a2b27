"""Symbols of other languages, and what they are in an expression here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Token = tuple[str, str, int]
"""Kind (``number``, ``name``, ``op``), text, where it starts."""

WORDS: Mapping[str, str] = {"and": "&", "or": "|", "not": "~"}
WITHOUT: Mapping[str, str] = {"if": "a choice between two values is a block's work", "in": "masks say what is in what",
                             "is": "'==' compares", "for": "axes are summed or averaged by blocks"}
TRUTHS: Mapping[str, str] = {"True": "true", "False": "false", "TRUE": "true", "FALSE": "false"}
_POWER = "there are no powers: square(x) is the square of x, sqrt(x) its root"
_WHOLE = "there is no rest and no whole division; floor(x / y) is the whole part"
_QUOTES = "a name stands without quotes"
SYMBOLS: Mapping[str, str] = {
    "^": _POWER, "**": _POWER, "&&": "one '&' is both", "||": "one '|' is either", "!": "'~' is not: ~mask",
    "!=": "write ~(x == y)", "=": "'==' compares", "===": "'==' compares", "%": _WHOLE, "//": _WHOLE, "'": _QUOTES,
    '"': _QUOTES, "`": _QUOTES, ";": "arguments are parted by ','", "{": "a name stands by itself",
    "$": "a name stands by itself", "[": "no rows are picked in an expression; that is a block's work",
    "@": "'*' multiplies element by element; sums of products are a block's work",
    "?": "a choice between two values is a block's work",
}  # fmt: skip
"""What has no meaning in an expression, and what to write."""


def symbol_hint(text: str, at: int) -> str:
    """What to write instead of the symbol at an offset; empty if nothing is known."""
    return next((SYMBOLS[text[at : at + n]] for n in (3, 2, 1) if text[at : at + n] in SYMBOLS), "")


def token_hint(tokens: Sequence[Token], at: int) -> str:
    """What to write instead of two tokens, the second at ``at``, that do not go together; empty if nothing is known."""
    (kind, left, start), (next_kind, right, after) = [*tokens, ("", "", -1)][at - 1], [*tokens, ("", "", -1)][at]
    for word in (left, right):
        if word.lower() in WORDS:
            return f"'{word}' is written '{WORDS[word.lower()]}'"
    if left == right and left * 2 in SYMBOLS:
        return SYMBOLS[left * 2]
    if kind == "number" and right == "," and [*tokens, ("", "", -1)][at + 1][0] == "number":
        return f"numbers have a decimal point: {left}.{tokens[at + 1][1]}"
    if kind == "number" and next_kind == "name":
        unit = {"k": 3, "m": 6, "b": 9}.get(right.lower())
        if right.startswith("_"):
            return "numbers have no '_'"
        joined = unit and after == start + len(left)
        return f"write {left}e{unit}" if joined else f"a product needs '*': {left} * {right}"
    if right in WITHOUT:
        return WITHOUT[right]
    if right == "." or (right == "(" and kind == "name" and tokens[at - 2 : at - 1] and tokens[at - 2][1] == "."):
        return "functions stand by themselves: square(x)"
    return f"'*' is missing between '{left}' and '{right}'?" if next_kind == "name" or right == "(" else ""
