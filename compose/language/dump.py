"""Plain data to YAML text as people write specs: block style outside, one line for each node.

What is written loads back equal.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from compose.language.diagnostics import Diagnostic, Path, SpecError, dotted
from compose.language.scalars import LARGEST_INTEGER, UNPRINTABLE, BadNumber, read
from compose.language.source import MAX_DEPTH, MAX_KEY, MAX_NODES, MAX_PROBLEMS

WIDTH = 120
_ALIGNED = 24

_INDICATORS = "?:,[]{}#&*!|>'\"%@`"
_BREAKS = re.compile("[\t\n\r\x85\u2028\u2029]")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r",
            "\x85": "\\N", "\u2028": "\\L", "\u2029": "\\P"}


class Line(NamedTuple):
    """One line of YAML; ``at`` is the path of the value that it holds, or that starts on it."""

    text: str
    at: Path


def dump(data: Mapping[str, Any]) -> str:
    """YAML text of a mapping; ``load(dump(data)).data == data``. Tuples are written as lists.

    Raises SpecError as :func:`lines`.
    """
    return "\n".join(line.text for line in lines(data)) + "\n"


def lines(data: Mapping[str, Any], apart: Collection[Path] = ()) -> list[Line]:
    """The lines of :func:`dump`; every member of the mappings at the paths ``apart`` has one of its own.

    Raises SpecError with everything that a spec cannot hold: ``data.type``, ``data.number``, ``data.character``,
    ``data.key``, ``data.depth``, ``data.size``.
    """
    cleaner = _Cleaner()
    clean = cleaner.clean(data, ())
    if not isinstance(data, Mapping):
        cleaner.report("data.type", f"a spec is a mapping, not {_article(data)}", ())
    if cleaner.problems:
        raise SpecError(*cleaner.problems)
    return _block(clean, (), 0, apart) if clean else [Line("{}", ())]


def one_line(value: Any) -> str:
    """A value as YAML on one line."""
    return _flow(value, inside=False)


class _Cleaner:
    """Data as the loader would give it."""

    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []
        self.values = 0

    def report(self, code: str, message: str, at: Path) -> None:
        self.problems.append(Diagnostic(code, message, dotted(at)))
        if len(self.problems) == MAX_PROBLEMS:
            raise SpecError(*self.problems)

    def clean(self, value: Any, at: Path) -> Any:
        self.values += 1
        if len(at) > MAX_DEPTH:
            self.report("data.depth", f"values are nested more than {MAX_DEPTH} deep", at[:3])
            raise SpecError(*self.problems)
        if self.values > MAX_NODES:
            self.report("data.size", f"more than {MAX_NODES} values", ())
            raise SpecError(*self.problems)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self.text(value, at)
        if isinstance(value, int | float):
            return self.number(value, at)
        if isinstance(value, Mapping):
            return {self.key(name, at): self.clean(member, (*at, str(name))) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item, (*at, index)) for index, item in enumerate(value)]
        allowed = "text, numbers, true, false, null, lists and mappings"
        self.report("data.type", f"a spec holds {allowed}, not {_article(value)}", at)
        return None

    def text(self, value: str, at: Path) -> str:
        if bad := UNPRINTABLE.search(value):
            self.report("data.character", f"the character U+{ord(bad[0]):04X} is not allowed", at)
        return str.__str__(value)

    def number(self, value: int | float, at: Path) -> int | float:
        if isinstance(value, float):
            if not math.isfinite(value):
                self.report("data.number", "numbers must be finite", at)
            return float(value)
        if abs(value) > LARGEST_INTEGER:
            self.report("data.number", "integers go up to 1e15", at)
        return int(value)

    def key(self, name: Any, at: Path) -> str:
        if not isinstance(name, str) or len(name) > MAX_KEY:
            self.report("data.key", f"keys are texts of at most {MAX_KEY} characters", at)
            return ""
        return self.text(name, at)


def _block(value: Any, at: Path, indent: int, apart: Collection[Path]) -> list[Line]:
    """The lines of a mapping or list that is not empty."""
    blank = " " * indent
    found: list[Line] = []
    if isinstance(value, list):
        for index, item in enumerate(value):
            here = (*at, index)
            if _is_flow(item, here, indent + 2):
                found.append(Line(f"{blank}- {_flow(item, inside=False)}", here))
            else:
                first, *rest = _block(item, here, indent + 2, apart)
                found += [Line(f"{blank}- {first.text.lstrip()}", first.at), *rest]
        return found
    heads = {name: _head(name) + ":" for name in value}
    pad = _alignment(at, heads)
    for name, member in value.items():
        here, head = (*at, name), blank + heads[name]
        if not (member and here in apart) and _is_flow(member, here, len(head) + 1):
            text = _flow(member, inside=False)
            wide = indent + pad + len(text) >= WIDTH
            found.append(Line(f"{head if wide else head.ljust(indent + pad)} {text}", here))
        else:
            found += [Line(head, here), *_block(member, here, indent + 2, apart)]
    return found


def _alignment(at: Path, heads: dict[str, str]) -> int:
    """Nodes and losses stand in columns."""
    match at:
        case ("graph" | "losses" | "log",) | ("networks", _, "nodes"):
            return max((len(head) for head in heads.values() if len(head) <= _ALIGNED), default=0)
        case _:
            return 0


def _is_flow(value: Any, at: Path, column: int) -> bool:
    """Does this stand on one line?"""
    if not isinstance(value, dict | list) or not value:
        return True
    if isinstance(value, dict) and any(isinstance(member, dict) for member in value.values()):
        match at:
            case ("graph" | "networks" | "losses" | "learner",) | ("networks", _):
                return False
            case ("networks", _, "nodes") | ("learner", "optimizers"):
                return False
    return column + len(_flow(value, inside=False)) <= WIDTH


def _flow(value: Any, *, inside: bool = True) -> str:
    """A value on one line; ``inside`` another flow collection, more characters need quotes."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(name)}: {_flow(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str):
        return _text(value, inside=inside)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return re.sub(r"^(-?\d+)e", r"\1.0e", repr(value))  # other YAML readers take 1e-05 for text
    return "null" if value is None else str(value)


def _head(name: str) -> str:
    """A key in a block; at the start of a line, ``---`` and ``...`` would be document marks."""
    return _quoted(name) if f"{name} ".startswith(("--- ", "... ")) else _text(name, inside=False)


def _text(text: str, *, inside: bool = True) -> str:
    return text if _is_plain(text, inside) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def _is_plain(text: str, inside: bool) -> bool:
    """Would this be read back as the same text without quotes?"""
    if not text or text != text.strip() or _BREAKS.search(text) or text[0] in _INDICATORS or text == "<<":
        return False
    if text.startswith("- ") or text == "-" or ": " in text or text.endswith(":") or " #" in text:
        return False
    if inside and (any(mark in text for mark in ",?[]{}") or text.count("(") != text.count(")")):
        return False
    try:
        return isinstance(read(text), str)
    except BadNumber:
        return False


def _article(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
