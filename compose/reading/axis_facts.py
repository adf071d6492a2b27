"""What an axis is, how long it is, and who says so."""

from __future__ import annotations

from dataclasses import dataclass

from compose.graph.sizes import ENVIRONMENT, UnknownSize
from compose.language.diagnostics import Path
from compose.language.expressions import ExpressionError, parse, references
from compose.reading.explore import Exploration

STANDING = {"batch": "the episodes of a batch", "time": "the stored steps of an episode, one more than its transitions"}


@dataclass(frozen=True)
class AxisFact:
    """One axis: its rows (None while symbolic), who says how many, and where in the spec that is written; ``note`` says
    what else there is to it."""

    axis: str
    rows: int | None
    source: str
    at: Path = ()
    note: str = ""


def axis_fact(ex: Exploration, axis: str) -> AxisFact:
    """All there is to say of an axis."""
    base, spec = axis.rstrip("'"), ex.spec
    if base in STANDING:
        return AxisFact(axis, None, STANDING[base])
    rows = _rows(ex, base)
    note = f"the second copy of '{base}'" if base != axis else ""
    if base in spec.axes:
        joined = ex.table.joined.get(base)
        parts = f"rows of {' and '.join(joined)}" if joined and joined != (base,) else ""
        return AxisFact(axis, rows, f"axes.{base}: {spec.axes[base]}", ("axes", base), note or parts)
    if base in spec.params:
        return AxisFact(axis, rows, f"params.{base}", ("params", base), note)
    if base in ENVIRONMENT:
        who = ex.graph.schema.name if ex.graph.schema is not None else "the environment"
        return AxisFact(axis, rows, who, (), note)
    return AxisFact(axis, rows, _made_of(ex, base), (), note)


def _rows(ex: Exploration, axis: str) -> int | None:
    try:
        return ex.table.size(axis)
    except (UnknownSize, ExpressionError):
        return None


def _made_of(ex: Exploration, axis: str) -> str:
    """``4*embed`` is made of ``embed``."""
    try:
        names = dict.fromkeys(str(ref) for ref in references(parse(axis)))
    except ExpressionError:
        return "no axis"
    parts = [f"{name} {rows}" if (rows := _rows(ex, name)) is not None else name for name in names]
    return f"made of {', '.join(parts)}" if parts else "a number"
