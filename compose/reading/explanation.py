"""Everything there is to say of one place of a spec, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from compose.graph.readers import Reading, readings
from compose.graph.sizes import ENVIRONMENT
from compose.language.axes import Axes, Type, join
from compose.language.block import Block
from compose.language.diagnostics import Diagnostic, Path, SpecError, did_you_mean, dotted
from compose.language.meaning import kind, meaning
from compose.language.nodes import Application
from compose.language.places import Place, find, members, step
from compose.language.provenance import MISSING, Origin, dig, origins
from compose.language.resolve import Document
from compose.language.roles import bare
from compose.language.values import Expr
from compose.language.write import write
from compose.reading.axis_facts import AxisFact, axis_fact
from compose.reading.explore import Exploration
from compose.reading.place_facts import (
    Binding,
    Result,
    asked,
    bindings,
    expected,
    is_node,
    read_by,
    results,
    sizes_named,
)


@dataclass(frozen=True)
class Weight:
    """A weight of a node, by its full name."""

    name: str
    axes: Axes


@dataclass
class Explanation:
    """One place: ``value`` is plain data, ``origins`` who set it (nobody: a default) and what that overrode, newest
    first; ``members`` are the paths inside it."""

    path: str
    at: Path
    kind: str = ""
    value: Any = None
    meaning: str = ""
    origins: list[Origin] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    expects: str = ""
    asked: str = ""
    bindings: list[Binding] = field(default_factory=list)
    axes: list[AxisFact] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)
    wired: list[Reading] = field(default_factory=list)
    """Of a network's input: what its applications give it."""
    reads: list[tuple[Path, Any]] = field(default_factory=list)
    """Of an expression: the names it reads, by their paths, and what those are set to."""
    readers: list[Reading] = field(default_factory=list)
    members: list[Explanation] = field(default_factory=list)
    mistakes: list[Diagnostic] = field(default_factory=list)
    written: bool = True
    """Does a file (or an override) set it? Fields of environments and axes are not written in specs at all."""

    @property
    def default(self) -> bool:
        """Is it a value that no file sets?"""
        return self.written and not self.origins


def explain(ex: Exploration, path: Path) -> Explanation:
    """What stands at a path. Raises SpecError (``path.unknown``) if nothing does."""
    found = _elsewhere(ex, path) or _place(ex, find(ex.spec, path))
    found.mistakes = ex.mistakes
    return found


def explain_raw(document: Document, path: Path, mistakes: tuple[Diagnostic, ...]) -> Explanation:
    """The same for a spec whose form is wrong: values and who set them, and no more. Raises SpecError."""
    data: Any = document.data
    if path[0] not in data:
        holders = [at for at in bare() if isinstance(dig(data, at), dict)]
        path = next(((*at, *path) for at in holders if path[0] in dig(data, at)), path)
    for n, part in enumerate(path):
        inside = dict(enumerate(data)) if isinstance(data, list) else data if isinstance(data, dict) else {}
        if part not in inside:
            where = f" in {dotted(path[:n])}" if n else " in the spec"
            hint = did_you_mean(part, map(str, inside))
            raise SpecError(Diagnostic("path.unknown", f"there is no '{part}'{where}", hint=hint), *mistakes)
        data = inside[part]
    found = _raw(document, path, data)
    found.members = [_raw(document, (*path, name), member) for name, member in data.items()] \
        if isinstance(data, dict) else []
    found.mistakes = list(mistakes)
    return found


def _raw(document: Document, at: Path, value: Any) -> Explanation:
    return Explanation(dotted(at), at, value=value, origins=origins(document, at))


def _elsewhere(ex: Exploration, path: Path) -> Explanation | None:
    """A field of the environment, or one of its axes: not written in the spec."""
    name = str(path[-1])
    if path[0] == "env" and len(path) == 2:
        fields = ex.elaboration.fields()
        if name not in fields:
            near = did_you_mean(name, fields).replace("'", "'env.", 1)
            hint = near or f"fields: {', '.join(fields)}"
            raise SpecError(Diagnostic("path.unknown", f"environments have no field '{name}'", hint=hint))
        held = fields[name]
        axes = join(held.axes)
        return Explanation(
            f"env.{name}", path, f"field of the environment, {held.scope}", None, held.what, [],
            [Result(Type(axes, held.dtype))], axes=[axis_fact(ex, axis) for axis in axes],
            readers=readings(ex.spec).get(("env", name), []), written=False)
    taken = {*ex.spec.graph, *ex.spec.params, *ex.spec.axes, *ex.spec.losses, *ex.spec.networks}
    if len(path) == 1 and name.rstrip("'") in ENVIRONMENT and name not in taken:
        fact = axis_fact(ex, name)
        return Explanation(
            name, path, "axis of the environment", None, "", [], [Result(number=fact.rows)] if fact.rows else [],
            axes=[fact], readers=readings(ex.spec).get(("axis", name.rstrip("'")), []), written=False)
    return None


def _place(ex: Exploration, place: Place) -> Explanation:
    found = _one(ex, place)
    found.expects, found.asked, found.bindings = expected(ex, place), asked(ex, place), bindings(ex, place)
    named = [a for r in found.results if r.type is not None for a in r.type.axes]
    named += [*(a for b in found.bindings for a in b.axes), *sizes_named(ex, place)]
    found.axes = [axis_fact(ex, axis) for axis in dict.fromkeys(named)]
    found.readers = read_by(ex, place)
    if isinstance(place.value, Expr):
        document = ex.loaded.document
        targets = [t for t, uses in readings(ex.spec).items() if any(use.at == place.at for use in uses)]
        found.reads = [(t, dig(document.data, t)) for t in targets if dig(document.data, t) is not MISSING]
    if is_node(place) and isinstance(place.value, Block):
        scope = next(iter(ex.scopes(place.at, place.through)), None)
        node = ex.node(scope, str(place.at[-1])) if scope else None
        held = [use.name for use in node.weights.values()] if node else []
        found.weights = [Weight(name, ex.graph.weights[name].axes) for name in held]
    match place.at:
        case ("networks", str(network), "inputs", port):
            found.wired = [Reading((*at, name), str(e)) for at, name, e in ex.inputs(network) if name == port]
    inside = {} if place.output or isinstance(place.value, tuple) else members(place.value)
    for name, value in inside.items():
        if name in ("block", "network") and isinstance(place.value, Block | Application):
            continue
        shown = _one(ex, step(ex.spec, place, name))
        if value is not None or shown.origins:
            found.members.append(shown)
    found.members.sort(key=lambda member: member.default)
    return found


def _one(ex: Exploration, place: Place) -> Explanation:
    """Value, provenance, kind and what it comes to."""
    document, at = ex.loaded.document, place.at
    value = dig(document.data, at)
    said = origins(document, at)
    if not said:
        value = write(place.value, defaults=True)
        if isinstance(at[-1], int):
            said = origins(document, at[:-1])
    through = ".".join(place.through)
    path = f"{through}.{dotted(at[3:])}" if through else dotted(at)
    path = f"{path}.{place.output}" if place.output else path
    return Explanation(path, at, kind(place), value, meaning(place), said, results(ex, place))
