"""What a place of a spec means: what it comes to, which axes it binds, who reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from compose.graph.intervals import interval
from compose.graph.match import describe
from compose.graph.node import Node, Value
from compose.graph.readers import Reading, readings
from compose.graph.scope import Scope
from compose.language.acting import Act
from compose.language.annotations import mentions
from compose.language.axes import Axes, Type, signature
from compose.language.block import AXIS, Block
from compose.language.diagnostics import Path
from compose.language.expressions import parse, references
from compose.language.models import Igm, Loss
from compose.language.moving import Moving
from compose.language.nodes import Application
from compose.language.places import Place
from compose.language.values import Expr
from compose.reading.axis_facts import axis_fact
from compose.reading.explore import Exploration, application


@dataclass(frozen=True)
class Result:
    """What a place comes to in some applications of its network (none for the main graph): a type, or a number.

    ``output`` is the output of a block, ``between`` the range of a number that moves.
    """

    type: Type | None = None
    number: float | bool | None = None
    between: tuple[float, float] | None = None
    output: str = ""
    where: tuple[str, ...] = ()


@dataclass(frozen=True)
class Binding:
    """A variable of a signature, the axes it stands for, and the port that said so."""

    variable: str
    axes: Axes
    by: str


def results(ex: Exploration, place: Place) -> list[Result]:
    """What a node, a port, a size, a loss or a param comes to; results that are alike stand together."""
    found: dict[tuple[Any, ...], tuple[Result, list[str]]] = {}
    for scope, result in _results(ex, place):
        key = (result.type, result.number, result.between, result.output)
        found.setdefault(key, (result, []))[1].append(application(scope) if scope else "")
    return [Result(r.type, r.number, r.between, r.output, tuple(dict.fromkeys(filter(None, where))))
            for r, where in found.values()]


def _results(ex: Exploration, place: Place) -> Iterator[tuple[Scope | None, Result]]:
    value = place.value
    if is_node(place):
        for scope, output, made in ex.outputs(place):
            yield scope, _of(made, output)
    elif place.at[:1] == ("params",) and len(place.at) == 2:
        low, high = value.range() if isinstance(value, Moving) else (value, value)
        yield None, Result(between=(low, high)) if isinstance(value, Moving) else Result(number=value)
    elif place.at[:1] == ("networks",) and place.at[2:3] == ("inputs",) and len(place.at) == 4:
        for scope in ex.scopes(place.at):
            yield scope, _of(scope.inputs[str(place.at[3])])
    elif isinstance(value, Expr) and is_wire(place):
        for scope in ex.scopes(place.at, place.through):
            wired = ex.value(scope, value, place.at)
            if wired is not None:
                yield scope, _of(wired)
    elif isinstance(value, Expr) or (isinstance(value, tuple) and not is_wire(place) and value != ()):
        sizes = [axis_fact(ex, axis).rows for axis in sizes_named(ex, place)]
        if len(sizes) == 1 and sizes[0] is not None:
            yield None, Result(number=sizes[0])


def _of(value: Value, output: str = "") -> Result:
    if value.type.axes or value.type.dtype != "float":
        return Result(value.type, output=output)
    low, high = interval(value)
    return Result(None if value.constant is not None or value.param else value.type, value.constant,
                  (low, high) if value.constant is None and high < float("inf") else None, output)


def is_node(place: Place) -> bool:
    """Is it a node of a graph or network, not something of one?"""
    return is_node_path(place.at)


def is_node_path(at: Path) -> bool:
    """Does a node stand at this path?"""
    match at:
        case ("graph", _) | ("networks", _, "nodes", _):
            return True
    return False


def is_wire(place: Place) -> bool:
    """Does an expression at this place name nodes (not the size of an axis)?"""
    owner = place.owner
    if isinstance(owner, Block):
        return place.field in type(owner).port_signatures()
    return isinstance(owner, Application | Loss | Act | Igm)


def sizes_named(ex: Exploration, place: Place) -> Axes:
    """The axes that a width or the name of an axis means, where it is one."""
    value, found = place.value, dict[str, None]()
    info = type(place.owner).model_fields.get(place.field) if place.owner is not None else None
    if place.at[:1] == ("axes",) and len(place.at) == 2:
        return (str(place.at[1]),)
    for item in value if isinstance(value, tuple) else (value,):
        if isinstance(item, Expr) and not is_wire(place):
            for scope in ex.scopes(place.at, place.through):
                found |= dict.fromkeys(ex.size_axes(scope, item, place.at) or ())
        elif isinstance(item, str) and info is not None and (mentions(info, AXIS) or place.field in ("each", "repeat")):
            found[item] = None
    return tuple(found)


def expected(ex: Exploration, place: Place) -> str:
    """The signature that a port or an input asks for; empty for anything else, and for ports that take anything."""
    owner, name = place.owner, str(place.at[-1])
    if isinstance(owner, Block) and place.field in type(owner).port_signatures():
        text = str(signature(type(owner).port_signatures()[place.field]))
        return "" if text == "[...]" else text
    if isinstance(owner, Application) and not place.field and owner.network in ex.spec.networks:
        wanted = ex.spec.networks[owner.network].inputs.get(name)
        return str(signature(wanted)) if wanted else ""
    return ""


def bindings(ex: Exploration, place: Place) -> list[Binding]:
    """What the variables of a node's signatures stand for, or of one port's; from the first application there is."""
    at = place.at if is_node(place) else place.at[: 2 if place.at[0] == "graph" else 4]
    node = place.value if is_node(place) else place.owner
    port = "" if is_node(place) else place.field or str(place.at[-1])
    for scope in ex.scopes(at, place.through):
        if isinstance(node, Block):
            made = ex.node(scope, str(at[-1]))
            return _block_bindings(made, port) if made is not None else []
        if isinstance(node, Application) and node.network in ex.spec.networks:
            prefix = f"{scope.prefix}{at[-1]}"
            bodies = [body for body in ex.scopes(("networks", node.network)) if body.prefix.startswith(prefix)]
            inputs = ex.spec.networks[node.network].inputs
            bound = {name: (axis,) for name, axis in bodies[0].variables.items()} if bodies else {}
            return _bindings(inputs, bound, port)
    return []


def _block_bindings(node: Node, port: str) -> list[Binding]:
    return _bindings(node.op.ports(), node.bound, port)


def _bindings(ports: Mapping[str, str], bound: Mapping[str, Axes], only: str) -> list[Binding]:
    found: dict[str, Binding] = {}
    for port, text in ports.items():
        parsed = signature(text)
        names = [*(["..."] if parsed.lead else []), *(token.name for token in parsed.tokens if token.variable)]
        for name in names:
            if bound.get(name):
                found.setdefault(name, Binding(name, bound[name], port))
    wanted = signature(ports[only]) if only in ports else None
    return [b for b in found.values() if wanted is None or b.variable in {t.name for t in wanted.tokens}
            or (b.variable == "..." and wanted.lead)]


def asked(ex: Exploration, place: Place) -> str:
    """The signature of a port with what is bound filled in; empty where that says nothing more."""
    text = expected(ex, place)
    bound = {b.variable: b.axes for b in bindings(ex, place)} if text else {}
    if not bound or not isinstance(place.owner, Block):
        return ""
    full = describe(signature(type(place.owner).port_signatures()[place.field]), bound)
    return full if full != text else ""


def read_by(ex: Exploration, place: Place) -> list[Reading]:
    """Who reads a place: for an input of an application, those that read it in the network."""
    at = place.at
    if isinstance(place.owner, Application) and not place.field:
        at = ("networks", place.owner.network, "inputs", str(at[-1]))
    found = readings(ex.spec).get(at, [])
    if not place.output:
        return found
    named = (str(at[-1]), place.output)
    return [reading for reading in found if any(ref.parts[-2:] == named for ref in references(parse(reading.text)))]


def show_number(value: float | bool | None) -> str:
    """A number as text: ``0.5``, ``true``; nothing for none."""
    if value is None or isinstance(value, bool):
        return "" if value is None else str(value).lower()
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
