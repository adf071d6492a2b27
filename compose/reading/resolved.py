"""A resolved spec as YAML: ancestors merged, every line with what it comes to and the line that set it, as comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from compose.language.diagnostics import Path
from compose.language.dump import Line, lines
from compose.language.media import one_line
from compose.language.places import find
from compose.language.provenance import MISSING, dig, short_file, short_place
from compose.language.resolve import Document
from compose.language.roles import role
from compose.reading.explore import Exploration
from compose.reading.number_text import typed
from compose.reading.place_facts import is_node_path, results, show_number

WIDEST, WIDEST_SOURCE = 112, 48
"""Columns after which comments no longer stand under each other."""


APART: tuple[Path, ...] = (("params",), ("axes",), ("act",))
"""Mappings whose members stand on lines of their own."""


@dataclass(frozen=True)
class _Row:
    """One line of YAML, what it comes to, who set it."""

    text: str
    at: Path
    note: str = ""
    source: str = ""


def resolved(ex: Exploration, *, defaults: bool = False) -> str:
    """YAML that loads back as the same spec; with ``defaults``, also what no file sets."""
    document = ex.loaded.document
    data = filled(document.data, ex.spec.data(defaults=True)) if defaults else document.data
    rows = [_Row(line.text, line.at, _note(ex, line.at, data), _source(document, line, data))
            for line in lines(data, APART)]
    return "\n".join([*_header(ex, document), *_aligned(rows)]) + "\n"


def filled(said: Any, full: Any) -> Any:
    """What was said, and below it what was not but holds."""
    if not isinstance(said, dict) or not isinstance(full, dict):
        return said
    return {name: filled(value, full.get(name)) for name, value in said.items()} | \
        {name: value for name, value in full.items() if name not in said}


def _header(ex: Exploration, document: Document) -> Iterator[str]:
    schema = ex.graph.schema
    yield one_line(f"# {ex.spec.name}, resolved" + (f"; sizes of {schema.name}" if schema else ""))
    yield one_line(f"# made of {', '.join(map(short_file, document.files))}")
    yield f"# sha256 {ex.spec.identity()}"
    if ex.mistakes and not ex.spec.abstract:
        many = f"{len(ex.mistakes)} mistakes" if len(ex.mistakes) > 1 else "a mistake"
        yield f"# it does not type: {many}; `compose check` tells more"


def _aligned(rows: list[_Row]) -> Iterator[str]:
    """Comments in columns, section by section."""
    sections: dict[Path, list[_Row]] = {}
    for row in rows:
        sections.setdefault(_section(row.at), []).append(row)
    for members in sections.values():
        wide = max((len(r.text) for r in members if (r.note or r.source) and len(r.text) <= WIDEST), default=0)
        said = max((len(r.source) for r in members if r.note and len(r.source) <= WIDEST_SOURCE), default=0)
        for row in members:
            comment = f"{row.source.ljust(said)}  {row.note}".rstrip() if row.source else row.note
            yield f"{row.text.ljust(wide)}  # {one_line(comment)}" if comment else row.text


def _section(at: Path) -> Path:
    return at[:2] if at[:1] == ("networks",) else () if role(at[:1]).own or at[0] == "example_env" else at[:1]


def _note(ex: Exploration, at: Path, data: Any) -> str:
    """What stands on a line comes to."""
    if is_node_path(at):
        found = [(f".{r.output} " if r.output else "") + typed(ex.graph, r.type) if r.type else
                 show_number(r.number) for r in results(ex, find(ex.spec, at))]
        return f"{found[0]}, ..." if len(found) > 1 and not found[0].startswith(".") else ", ".join(found)
    match at:
        case ("axes", _):
            found = [show_number(r.number) for r in results(ex, find(ex.spec, at)) if r.number is not None]
            return f"= {found[0]}" if found and found[0] != str(dig(data, at)) else ""
        case ("losses", _) if isinstance(weight := dig(data, (*at, "weight")), str):
            found = [show_number(r.number) if r.between is None else f"{r.between[0]:g} to {r.between[1]:g}"
                     for r in results(ex, find(ex.spec, (*at, "weight")))]
            return f"weight {found[0]}" if found and found[0] not in ("", weight) else ""
    return ""


def _source(document: Document, line: Line, data: Any) -> str:
    """Who set what stands on a line: the place of most of it, then what comes from elsewhere."""
    value = dig(data, line.at)
    if line.text.endswith(":"):
        return ""
    if not isinstance(value, dict):
        return _place(document, line.at)
    places = {name: _places(document, (*line.at, name), member) for name, member in value.items()}
    counted = Counter(place for found in places.values() for place in found if place != "default")
    if not counted:
        return "default" if value or dig(document.data, line.at) is MISSING else _place(document, line.at)
    main = counted.most_common(1)[0][0]
    parts = [main]
    for name, found in places.items():
        parts += [f"{name} {place}" for place in found if place not in (main, "default")]
    left = [name for name, found in places.items() if found == ["default"]]
    return "; ".join(parts) + (f"; default {', '.join(left)}" if left else "")


def _places(document: Document, at: Path, value: Any) -> list[str]:
    """The places that set the parts of a value, each once."""
    if not isinstance(value, dict) or not value:
        return [_place(document, at)]
    return list(dict.fromkeys(p for name, member in value.items() for p in _places(document, (*at, name), member)))


def _place(document: Document, at: Path) -> str:
    return short_place(document.values[at]) if at in document.values else "default"
