"""From a file's bytes to text that may be read as YAML: UTF-8, bounded, without characters that nobody sees."""

from __future__ import annotations

import codecs

from compose.language.diagnostics import Diagnostic, Span, SpecError
from compose.language.excerpt import named
from compose.language.scalars import UNPRINTABLE

MAX_BYTES = 2**20
MAX_LINE = 10_000
_MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def decode(text: str | bytes, file: str) -> str:
    """The text of a file, without its byte order mark.

    Raises SpecError: ``yaml.size``, ``yaml.encoding``, ``yaml.character``.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise SpecError(Diagnostic("yaml.size", f"{file} is larger than 1 MiB"))
    if isinstance(text, bytes):
        text = _utf8(text, file)
    text = text.removeprefix("\ufeff")
    for row, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_LINE:
            found = f"this line has {len(line):,} characters; at most {MAX_LINE:,} are allowed"
            raise SpecError(Diagnostic("yaml.size", found, "", Span(file, row, MAX_LINE + 1, MAX_LINE + 2, line)))
    if bad := UNPRINTABLE.search(text):
        found = f"the character {named(bad[0])} is not allowed"
        hint = "is this a binary file, or UTF-16 text?" if bad[0] == "\0" else "remove it"
        raise SpecError(Diagnostic("yaml.character", found, "", _at(text, bad.start(), file), hint))
    return text


def _utf8(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        kind = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), None)
        if kind is not None or b"\0" in raw:
            found = f"{file} is {kind} text, not UTF-8" if kind else f"{file} is not a text file"
            raise SpecError(Diagnostic("yaml.encoding", found, hint="save it as UTF-8" if kind else "")) from None
        found = f"the byte {raw[error.start]:#04x} is not UTF-8 text"
        span = _at(raw.decode("utf-8", "replace"), len(raw[: error.start].decode("utf-8")), file)
        raise SpecError(Diagnostic("yaml.encoding", found, "", span, "save the file as UTF-8")) from None


def _at(text: str, offset: int, file: str) -> Span:
    """The place of one character."""
    before = (text[:offset] + "x").splitlines()
    row, column = len(before), len(before[-1])
    line = (text[:offset] + "x" + text[offset + 1 :]).splitlines()[row - 1]
    return Span(file, row, column, column + 1, line[: column - 1] + text[offset] + line[column:])
