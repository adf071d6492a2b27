"""Nodes made up from what the catalogue says of its blocks: their ports' signatures and their fields' types."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from compose.graph.match import Mismatch, match
from compose.language.annotations import mentions
from compose.language.axes import Axes, Signature, Type, signature
from compose.language.block import AXIS, Block
from compose.language.expressions import LEVELS
from compose.language.functions import FUNCTIONS
from compose.language.registry import catalogue
from compose.language.values import Expr
from tests.generator.workbench import Body, Entry, Workbench

OPERATORS = [symbol for level in LEVELS for symbol in level]
WIDTHS = ["width", "wide"]
GUARDED = {"log": "log(1 + abs({}))", "exp": "exp(-abs({}))"}
"""Functions that need care to stay finite."""


def choice(rng: random.Random, entries: Sequence[Entry]) -> Entry:
    """One of them; what is new, and what agents and actions are about, more often."""

    def weight(entry: Entry) -> float:
        about = 1.5 if {"agent", "entity"} & {a.rstrip("'") for a in entry.axes} else 1.0
        return (4.0 if entry.fresh else 1.0) * about * (0.5 if "." in entry.text and not entry.fresh else 1.0)

    return rng.choices(entries, [weight(e) for e in entries])[0]


def block(bench: Workbench, body: Body, tag: str, pool: list[Entry]) -> dict[str, Any] | None:
    """A node of this block with something at every port that fits it as far as can be told; None if nothing does."""
    rng, cls = bench.rng, catalogue()[tag]
    bound: dict[str, Axes] = {}
    raw: dict[str, Any] = {"block": tag}
    arrived: list[Entry] = []
    for port, text in cls.port_signatures().items():
        info = cls.model_fields[port]
        if not info.is_required() and rng.random() < 0.5:
            continue
        fits = signature(text)
        if get_origin(info.annotation) is tuple:
            several = [
                _operand(rng, pool, fits, {}, like=arrived, port=port, cls=cls) for _ in range(rng.choice([2, 2, 3]))
            ]
            if None in several:
                return None
            arrived += [e for e in several if e is not None]
            raw[cls.spelled(port)] = [e.text for e in several if e is not None]
            continue
        found = _operand(rng, pool, fits, bound, like=arrived, port=port, cls=cls)
        if found is None:
            return None
        arrived.append(found)
        raw[cls.spelled(port)] = found.text
        with contextlib.suppress(Mismatch):
            match(fits, found.type, bound)
    axes = list(dict.fromkeys(a for e in arrived for a in e.axes))
    for field, info in cls.model_fields.items():
        if field in ("block", "target", *cls.port_signatures()):
            continue
        value = _argument(bench, field, info, axes)
        if value is not None:
            raw[cls.spelled(field)] = value
    return raw


def _operand(
    rng: random.Random,
    pool: list[Entry],
    wanted: Signature,
    bound: dict[str, Axes],
    *,
    like: list[Entry],
    port: str,
    cls: type[Block],
) -> Entry | None:
    """Something for a port: it fits the signature given what is bound, or at least has the right kind of number."""

    def fits(kind: Type) -> bool:
        try:
            match(wanted, kind, dict(bound))
        except Mismatch:
            return False
        return True

    used = {e.text for e in like}
    right = [e for e in pool if fits(e.type)]
    right = [e for e in right if e.text not in used] or right
    if like and rng.random() < 0.7:
        have = {a for e in like for a in e.axes}
        right = [e for e in right if set(e.axes) <= have] or right
    if wanted.dtype == "bool" and rng.random() < 0.08:
        return Entry("true", Type((), "bool"))
    if wanted.dtype in ("float", "any") and not wanted.tokens and like and rng.random() < 0.1:
        return Entry(rng.choice(["0", "1", "0.5"]), Type((), sign="nonneg"))
    loose = [e for e in pool if wanted.dtype in ("any", e.type.dtype)] if not right or rng.random() < 0.1 else right
    if not loose:
        return None
    entry = choice(rng, loose)
    if port in cls.nonneg and entry.type.sign != "nonneg":
        return Entry(f"{rng.choice(['abs', 'softplus', 'sigmoid', 'square'])}({entry.text})", entry.type)
    if rng.random() < 0.12 and entry.type.dtype == "float":
        return Entry(f"{rng.choice(['stop', 'relu', '-'])}({entry.text})", entry.type)
    return entry


def _argument(bench: Workbench, field: str, info: FieldInfo, axes: list[str]) -> Any:
    """A value for a field that is no port; None leaves it at its default."""
    rng, kind = bench.rng, info.annotation
    optional = not info.is_required()
    if field == "each":
        return rng.choice([*axes, *bench.data.get("axes", {})]) if rng.random() < 0.08 else None
    if optional and rng.random() < 0.5:
        return None
    parts = [p for p in get_args(kind) if p is not NoneType] or [kind]
    if get_origin(kind) is dict:
        return _division(bench, axes)
    if mentions(info, AXIS):
        one = axis_name(bench, axes)
        many = get_origin(kind) is tuple or any(get_origin(p) is tuple for p in parts)
        return [one, axis_name(bench, axes)] if many and rng.random() < 0.2 else one
    if get_origin(kind) is Literal:
        return rng.choice(get_args(kind))
    if Expr in parts or kind is Expr or mentions(info, Expr):
        many = get_origin(kind) is tuple
        one = width(bench, axes)
        return [one, width(bench, axes)] if many and rng.random() < 0.25 else one
    if kind is bool:
        return rng.random() < 0.5
    if kind is int:
        return rng.choice([1, 2, 3])
    if kind is float:
        return round(rng.uniform(0.05, 0.95), 2)
    return None


def axis_name(bench: Workbench, axes: list[str]) -> str:
    """The name of an axis: mostly one that is there, else a declared one, else a second copy."""
    rng, declared = bench.rng, list(bench.data.get("axes", {}))
    at = rng.random()
    inner = [a for a in axes if a not in ("batch", "time")] or axes
    if at < 0.7 and inner:
        return rng.choice(inner)
    if at < 0.8 and axes:
        return rng.choice(axes)
    return rng.choice(
        [*declared, *declared, *(a + "'" for a in inner if not a.endswith("'")), "agent", "entity", "action"]
    )


def width(bench: Workbench, axes: list[str]) -> str:
    """A size: a width, an axis of the environment or of the spec, one that is there already, none, arithmetic."""
    rng = bench.rng
    at = rng.random()
    if at < 0.45:
        return rng.choice(WIDTHS)
    if at < 0.6:
        return "scalar"
    if at < 0.75 and axes:
        return rng.choice([a for a in axes if a.isidentifier()] or WIDTHS)
    if at < 0.9:
        return rng.choice(["agent", "entity", "action", "other", *bench.data.get("axes", {})])
    return rng.choice(["1", "2", "2 * width", "agent + 1"])


def _division(bench: Workbench, axes: list[str]) -> dict[str, str]:
    """Two stretches of an axis, which may be as long as one that is there."""
    rng, names = bench.rng, ["1", "agent", "entity", "other", *bench.data.get("axes", {})]
    lengths = {bench.size(a) for a in axes if a not in ("batch", "time")}
    pairs = [(a, b) for a in names for b in names if ((bench.size(a) or 0) + (bench.size(b) or 0)) in lengths]
    first, second = rng.choice(pairs) if pairs else ("1", "1")
    return {"head": first, "rest": second}


def expression(bench: Workbench, pool: list[Entry]) -> str:
    """An operator or a function of things that can be read."""
    rng = bench.rng
    if rng.random() < 0.5:
        name = rng.choice(list(FUNCTIONS))
        operands = [choice(rng, pool)]
        if FUNCTIONS[name].arity > 1:
            operands.append(_beside(rng, pool, operands[0]))
        if name in GUARDED and rng.random() < 0.95:
            return GUARDED[name].format(operands[0].text)
        return f"{name}({', '.join(e.text for e in operands)})"
    first = choice(rng, pool)
    if first.type.dtype == "bool":
        second = _beside(rng, pool, first)
        return rng.choice(
            [
                f"{first.text} & {second.text}",
                f"{first.text} | {second.text}",
                f"~{first.text}",
                f"{first.text} & ~{second.text}",
                f"{first.text} == {second.text}",
            ]
        )
    symbol = rng.choice([s for s in OPERATORS if s not in "&|"])
    second = _beside(rng, pool, first)
    if symbol == "/" and rng.random() < 0.95:
        return f"{first.text} / (1 + abs({second.text}))"
    if rng.random() < 0.15:
        return f"{first.text} {symbol} {rng.choice(['0', '1', '0.5', '-1', 'agent', 'rate'])}"
    return f"{first.text} {symbol} {second.text}"


def _beside(rng: random.Random, pool: list[Entry], first: Entry) -> Entry:
    """A second operand: of the same kind, mostly with axes that the first one has."""
    others = [e for e in pool if e.text != first.text] or pool
    alike = [e for e in others if (e.type.dtype == "bool") == (first.type.dtype == "bool")] or others
    near = [e for e in alike if set(e.axes) <= set(first.axes)]
    return choice(rng, near if near and rng.random() < 0.75 else alike)


def grow(bench: Workbench, body: Body, tries: int = 25, pool: list[Entry] | None = None) -> list[Entry]:
    """Add one node of a random kind to a body; what it offers (nothing if no try types)."""
    rng = bench.rng
    tags = [tag for tag in sorted(catalogue()) if "/" not in tag]
    weights = [3 if makes_axes(catalogue()[tag]) else 1 for tag in tags]
    for _ in range(tries):
        some = pool if pool is not None else bench.pool(body)
        if rng.random() < 0.75:
            raw: Any = block(bench, body, rng.choices(tags, weights)[0], some)
        else:
            raw = expression(bench, some)
        if raw is not None and (made := bench.add(body, raw)):
            return made
    return []


@cache
def makes_axes(cls: type[Block]) -> bool:
    """Can a block give its result axes that its operands lack?"""
    fields = [info for name, info in cls.model_fields.items() if name not in cls.port_signatures()]
    return not cls.aligned or any(info.annotation is Expr or mentions(info, Expr) for info in fields)


def chain(bench: Workbench, body: Body, length: int) -> list[Entry]:
    """Several nodes, each made of the one before and of little else."""
    rng = bench.rng
    last = grow(bench, body)
    for _ in range(length - 1):
        others = rng.sample(bench.pool(body), min(6, len(bench.pool(body))))
        last = grow(bench, body, pool=[*last, *last, *last, *others]) or last
    return last


def shaped(bench: Workbench, body: Body, entry: Entry, axes: Axes) -> Entry | None:
    """The value made to fit: axes that it has too many are reduced, those it lacks stay away (it broadcasts)."""
    rng = bench.rng
    for _ in range(6):
        extra = [a for a in entry.axes if a not in axes]
        if not extra:
            return entry
        if {"batch", "time"} & set(extra):
            return None
        axis = rng.choice(extra)
        tags = [t for t, cls in sorted(catalogue().items()) if "over" in cls.model_fields and "/" not in t]
        for _ in range(12):
            tag = rng.choice(["sum", "mean", "max", rng.choice(tags)])
            if entry.type.dtype == "bool":
                raw: Any = {"block": "where", "test": entry.text, "then": 1, "otherwise": rng.choice([0, -1])}
            elif axis == entry.axes[-1] and rng.random() < 0.3:
                raw = {"block": "linear", "of": entry.text, "to": "scalar"}
            else:
                raw = block(bench, body, tag, [entry, *rng.sample(bench.pool(body), min(12, len(bench.pool(body))))])
                if raw is None:
                    continue
                raw["over"] = axis
                port = next(iter(catalogue()[tag].port_signatures()))
                raw[catalogue()[tag].spelled(port)] = entry.text
            made = bench.add(body, raw)
            better = [
                e
                for e in made
                if (e.type.dtype == "float" and len([a for a in e.axes if a not in axes]) < len(extra))
                or (entry.type.dtype == "bool" and e.type.dtype == "float")
            ]
            if better:
                entry = better[0]
                break
        else:
            return None
    return None
