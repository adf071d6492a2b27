"""One place of a spec, explained: for people and for tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.views.learner import moving
from compose.graph.graph import Graph
from compose.graph.readers import Reading
from compose.graph.typed_spec import environment
from compose.language.diagnostics import Path, SpecError, dotted
from compose.language.dump import one_line
from compose.language.load import Loaded, validate
from compose.language.moving import Moving
from compose.language.numerals import number
from compose.language.places import parse_path
from compose.language.provenance import MISSING, dig, place, short_place
from compose.language.resolve import Document, resolve
from compose.reading.explanation import Explanation, explain, explain_raw
from compose.reading.explore import Exploration
from compose.reading.number_text import count, sized, typed
from compose.reading.place_facts import Result, is_node_path, show_number

READERS, MISTAKES = 12, 3
"""So many are shown; the rest are counted."""


@dataclass(frozen=True)
class Explained:
    """An explanation, and what was asked."""

    about: Explanation
    document: Document
    env: str | None
    loaded: Loaded | None
    """None if the form of the spec is wrong."""
    graph: Graph | None

    @property
    def spec(self) -> str:
        return str(self.document.data.get("name", self.document.file))


def explained(spec: str, path: str, env: str | None, overrides: Sequence[str]) -> Explained:
    """Explain a place of a spec. Raises SpecError: there is no such place, spec or environment."""
    at, schema = parse_path(path), environment(env)
    document = resolve(spec, overrides)
    try:
        loaded = validate(document)
    except SpecError as error:
        return Explained(explain_raw(document, at, error.diagnostics), document, env, None, None)
    ex = Exploration(loaded, schema)
    return Explained(explain(ex, at), document, schema.name if schema else None, loaded, ex.graph)


def show(found: Explained) -> None:
    """Print an explanation."""
    about = found.about
    page.line(Cell(about.path, "title"), Cell(f"  {found.spec}{f' in {found.env}' if found.env else ''}", "dim"))
    if about.kind:
        page.line(about.kind, indent=2)
    for text in about.meaning.replace("``", "`").split("\n\n") if about.meaning else ():
        page.line()
        page.paragraph(" ".join(text.split()), indent=2)
    facts = _facts(found)
    if facts:
        page.line()
        page.table((Cell(what, "name"), text) for what, text in facts)
    _show_origins(found)
    _show_members(found)
    if about.bindings:
        page.title("variables", "of the signatures, and the port that says what they stand for")
        page.table((Cell(b.variable, "name"), f"[{_sized(found, b.axes)}]", f"from {b.by}") for b in about.bindings)
    if about.axes:
        page.title("axes", "rows, and who says how many")
        page.table((Cell(a.axis, "name"), Cell(number(a.rows) if a.rows is not None else "", right=True),
                    f"{a.source}{_at(found, a.at)}{f'; {a.note}' if a.note else ''}") for a in about.axes)
    if about.weights:
        page.title("weights")
        page.table((Cell(w.name, "name"), Cell(number(_count(found, w.axes)), right=True),
                    f"[{_sized(found, w.axes)}]") for w in about.weights)
    if about.reads:
        page.title("reads")
        page.table((Cell(dotted(at), "name"), _short(one_line(value), 40), Cell(_line(found, at), "dim"))
                   for at, value in about.reads)
    _show_readings(found, "wired to", about.wired)
    _show_readings(found, "read by", about.readers)
    _show_mistakes(about)


def _facts(found: Explained) -> list[tuple[str, str]]:
    about = found.about
    rows = [("it is", dotted(about.at))] if about.written and not about.path.startswith(dotted(about.at)) else []
    if about.written and not (about.members and isinstance(about.value, dict)):
        rows.append(("value", one_line(about.value) + ("   (the default: nobody sets it)" if about.default else "")))
    param = found.loaded.spec.params.get(str(about.at[-1])) if found.loaded and about.at[:1] == ("params",) else None
    if isinstance(param, Moving):
        rows.append(("moves", moving(param)))
    for result in about.results:
        text = _result(found, result)
        where = f"   in {', '.join(result.where)}" if result.where else ""
        if text != one_line(about.value):
            rows.append((f".{result.output}" if result.output else "comes to", f"{text}{where}"))
    if not about.results and about.mistakes and (about.expects or about.bindings or is_node_path(about.at)):
        rows.append(("comes to", "nothing: it does not type, see below"))
    if about.expects:
        rows.append(("must be", about.expects + (f", here {about.asked}" if about.asked else "")))
    return rows


def _result(found: Explained, result: Result) -> str:
    if result.type is not None and found.graph is not None:
        return typed(found.graph, result.type)
    if result.between is not None:
        return f"a number between {result.between[0]:g} and {result.between[1]:g}"
    return show_number(result.number)


def _show_origins(found: Explained) -> None:
    """Who set the value, and what that overrode, newest first, each with its line."""
    about = found.about
    if not about.origins or (about.members and isinstance(about.value, dict) and len(about.origins) == 1):
        return
    page.title("set by", "what it overrode stands below" if len(about.origins) > 1 else "it overrode nothing")
    for origin in about.origins:
        why = f"   with all of {dotted(origin.inside)}" if origin.inside else ""
        room = max(20, page.width() - len(place(origin.span)) - len(why) - 5)
        value = f"   {_short(one_line(origin.value), room)}" if len(about.origins) > 1 else ""
        page.line(Cell(place(origin.span), "name"), value, Cell(why, "dim"), indent=2)
        text = " ".join(origin.span.text.split())
        if not place(origin.span).endswith(text):
            page.paragraph(text, indent=6, style="dim")


def _show_members(found: Explained) -> None:
    about = found.about
    if not about.members:
        return
    rows: list[list[str]] = []
    for member in about.members:
        value, result = one_line(member.value), member.results[0] if len(member.results) == 1 else None
        kind = _result(found, result) if result is not None and not result.output else ""
        rows.append([str(member.at[-1]), value, "" if kind == value else _short(kind, 36), _whence(member)])
    if not any(kind for _, _, kind, _ in rows):
        rows = [[name, value, where] for name, value, _, where in rows]
    taken = sum(max(len(row[i]) for row in rows) + 2 for i in range(len(rows[0])) if i != 1)
    room = max(20, page.width() - taken - 4)
    page.title("members")
    page.table([Cell(row[0], "name"), _short(row[1], room), *row[2:-1], Cell(row[-1], "dim")] for row in rows)


def _whence(member: Explanation) -> str:
    """Who set a member, and what that overrode."""
    if not member.origins:
        return "default"
    first, *rest = member.origins
    was = f" (was {_short(one_line(rest[0].value), 20)})" if rest else ""
    return short_place(first.span) + was


def _show_readings(found: Explained, heading: str, readings: Sequence[Reading]) -> None:
    if not readings:
        return
    page.title(heading)
    page.table((Cell(dotted(r.at), "name"), _short(r.text, 40), Cell(_line(found, r.at), "dim"))
               for r in readings[:READERS])
    if len(readings) > READERS:
        page.line(Cell(f"and {len(readings) - READERS} more (--json lists all)", "dim"), indent=2)


def _show_mistakes(about: Explanation) -> None:
    if not about.mistakes:
        return
    if about.mistakes[0].code == "spec.abstract":
        page.line()
        page.paragraph(f"{about.mistakes[0].message}.", style="dim")
        return
    path = dotted(about.at)
    first = sorted(about.mistakes, key=lambda d: not d.where.startswith(path))
    page.title(f"this spec has {_mistakes(len(first))}", "compose check tells all" if len(first) > MISTAKES else "")
    for problem in first[:MISTAKES]:
        for text in problem.render().splitlines():
            page.line(Cell(text, "wrong" if "error[" in text else ""), indent=2)


def _mistakes(n: int) -> str:
    return "a mistake" if n == 1 else f"{n} mistakes"


def _line(found: Explained, at: Path) -> str:
    return short_place(found.document.span(at)) if dig(found.document.data, at) is not MISSING else "default"


def _at(found: Explained, at: Path) -> str:
    return f", {_line(found, at)}" if at else ""


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _sized(found: Explained, axes: tuple[str, ...]) -> str:
    return sized(found.graph, axes) if found.graph is not None else " ".join(axes)


def _count(found: Explained, axes: tuple[str, ...]) -> int | None:
    return count(found.graph, axes) if found.graph is not None else None


def data(found: Explained) -> dict[str, Any]:
    """The same for tools."""
    about = found.about
    return {
        "path": about.path, "at": list(about.at), "spec": found.spec, "env": found.env, "kind": about.kind,
        "meaning": about.meaning, **_value_data(about),
        "must_be": about.expects or None,
        "variables": {b.variable: {"axes": list(b.axes), "from": b.by} for b in about.bindings},
        "axes": [{"axis": a.axis, "rows": a.rows, "source": a.source, "note": a.note or None, **_span(found, a.at)}
                 for a in about.axes],
        "weights": {w.name: {"axes": list(w.axes), "count": _count(found, w.axes)} for w in about.weights},
        "reads": [{"path": dotted(at), "value": value, **_span(found, at)} for at, value in about.reads],
        "wired_to": [_reading(found, r) for r in about.wired],
        "read_by": [_reading(found, r) for r in about.readers],
        "members": {str(member.at[-1]): _value_data(member) for member in about.members},
        "mistakes": [problem.as_json() for problem in about.mistakes],
    }


def _value_data(about: Explanation) -> dict[str, Any]:
    said = [{"value": o.value, "file": o.span.file, "line": o.span.line, "column": o.span.column, "text": o.span.text,
             "within": dotted(o.inside) or None} for o in about.origins]
    return {"value": about.value, "default": about.default, "set_by": said[0] if said else None, "overrode": said[1:],
            "comes_to": [_result_data(result) for result in about.results]}


def _result_data(result: Result) -> dict[str, Any]:
    kind = result.type
    return {"type": str(kind) if kind else None, "axes": list(kind.axes) if kind else None, "number": result.number,
            "between": result.between, "output": result.output or None, "in": list(result.where)}


def _reading(found: Explained, reading: Reading) -> dict[str, Any]:
    return {"path": dotted(reading.at), "text": reading.text, **_span(found, reading.at)}


def _span(found: Explained, at: Path) -> dict[str, Any]:
    written = bool(at) and dig(found.document.data, at) is not MISSING
    span = found.document.span(at) if written else None
    return {"file": span.file if span else None, "line": span.line if span else None}
