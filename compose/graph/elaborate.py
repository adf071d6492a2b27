"""From a spec to a typed graph. Collects every independent mistake; what follows from one stays silent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from compose.graph.apply import apply
from compose.graph.blame import blame
from compose.graph.fields import COUNTS, KNOWN_FIELDS, LEAD, PLAYED, Field, known_fields
from compose.graph.functions import of_numbers
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.presence import Presences
from compose.graph.schema import EntitySchema
from compose.graph.scope import Element, Failed, Scope
from compose.graph.sizes import ENVIRONMENT, AxisTable, UnknownSize
from compose.language.axes import Type, join
from compose.language.diagnostics import Diagnostic, Path, Span, did_you_mean, dotted
from compose.language.expressions import Apply, Ref, Tree, parse, references
from compose.language.functions import CLOSED
from compose.language.load import Loaded
from compose.language.moving import Moving
from compose.language.nodes import Application
from compose.language.overrides import FILE
from compose.language.values import Expr

PER_APPLICATION = ("graph.axes", "graph.sign", "graph.weights")
"""Mistakes whose text may differ from one application of a network to the next."""
Causes = tuple[tuple[Span, str], ...]
"""Places that may be to blame for a mistake, and what each says (nothing: it goes without saying)."""
LONGEST = 1000
"""Turns of a `repeat` or `each`."""


FOLDED = {"numbers": ({False},), "masks": ({True},), "alike": ({False}, {True}), "anything": ({False}, {True})}
"""Whether operands may be truth values, by what a function takes."""


class Elaboration:
    """The state of one elaboration; :func:`compose.graph.build.build_graph` drives it."""

    def __init__(self, loaded: Loaded, schema: EntitySchema | None) -> None:
        self.loaded, self.spec, self.schema = loaded, loaded.spec, schema
        self.table = AxisTable(self.spec, schema)
        self.graph = Graph(self.spec, schema, self.table)
        self.errors: dict[tuple[str, str, str], Diagnostic] = {}
        self.unsized: set[str] = set()
        self.first_use: dict[str, str] = {}
        self.trail: list[tuple[Scope, str]] = []
        self.stacked: dict[str, Value] = {}
        self.applied: dict[str, list[Scope]] = {}
        self.applying: list[str] = []
        self.late: list[tuple[Node, Scope, str, Expr]] = []
        """Wires that are drawn last, as they may close a loop: node, scope, port, what is read."""
        self._fields: dict[str, Value] = {}
        self._recording: list[str] = []
        self.floats: dict[Value, Value] = {}
        self._numbers: dict[str, int] = {}
        self.main = Scope(self, self.spec.graph, ("graph",))
        self.presences = Presences(self)

    # --------------------------------------------------------------- mistakes

    def span(self, at: Path, part: Tree | None = None) -> Span:
        """Where the value at a path stands in its file; of an expression, the part that is meant."""
        found = self.loaded.span(at)
        if part is None or not part.end:
            return found
        return found.at(part.start, part.end - part.start)

    def report(self, code: str, at: Path, message: str, hint: str = "", part: Tree | None = None, *,
               key: bool = False, notes: tuple[str, ...] = (), causes: Causes = ()) -> None:
        """Remember a mistake, once: applications of a network, and networks like it, may all run into it.

        ``part`` is the part of an expression that is meant; ``key`` points at the key instead of the value. ``causes``
        are places that may be to blame; where the mistake shows in an ancestor, the main file's own cause is cited.
        """
        shows = self.loaded.document.key_span(at) if key else self.span(at, part)
        inside = at[0] == "networks" and code in PER_APPLICATION
        place = "" if code == "graph.size" else str(shows)
        applied = [(s.applied, "") for s, _ in self.trail if s.applied] if inside else []
        span, said = self._blamed(shows, at, (*causes, *applied))
        known = tuple(f"{what} at {cause}" for cause, what in causes if what and cause != span)
        known += blame(self.spec, self.loaded.document, at, span)
        found = Diagnostic(code, message, dotted(at), span, hint, (*said, *known, *notes))
        self.errors.setdefault((code, place, "" if inside else message), found)

    def _blamed(self, shows: Span, at: Path, causes: Causes) -> tuple[Span, tuple[str, ...]]:
        """The place to cite for a mistake, and notes that say where it shows."""
        own = (self.loaded.document.file, FILE)
        mine = next((cause for cause, _ in causes if cause.file in own), None)
        if mine is None or shows.file in own:
            return shows, ()
        return mine, (f"'{at[-1]}' stands at {shows}",)

    def fail(self, code: str, at: Path, message: str, hint: str = "", part: Tree | None = None, *,
             key: bool = False, notes: tuple[str, ...] = (), causes: Causes = ()) -> NoReturn:
        """Report, then give up on this value."""
        self.report(code, at, message, hint, part, key=key, notes=notes, causes=causes)
        raise Failed

    def set_at(self, *trees: Tree) -> Causes:
        """Where the params and axes that expressions name are set, and to what."""
        notes = {}
        for ref in (r for tree in trees for r in references(tree)):
            for table in ("params", "axes"):
                at = (table, str(ref))
                if at in self.loaded.document.values:
                    span = self.loaded.document.values[at]
                    notes[at] = (span, f"{ref} is {span.text[span.column - 1 : span.end - 1]}")
        return tuple(notes.values())

    def gone(self, *places: Path) -> tuple[str, ...]:
        """A note for each of some places that a descendant deleted."""
        deleted = self.loaded.document.deleted
        return tuple(f"'{at[-1]}' is deleted at {deleted[at]}" for at in places if at in deleted)

    def cycle(self, scope: Scope, name: str, ref: Ref, at: Path) -> NoReturn:
        names = [n for s, n in self.trail if s is scope]
        loop = " -> ".join([*names[names.index(name) :], name])
        hint = "a loop must run through `previous`"
        self.fail("graph.cycle", at, f"cycle without a delay: {loop}", hint, ref)

    # ----------------------------------------------------------------- leaves

    def fields(self) -> Mapping[str, Field]:
        """Fields that `env.` may name."""
        return self.schema.fields if self.schema is not None else known_fields(self.spec.act.over == "part")

    def env(self, ref: Ref, at: Path) -> Value:
        name = ".".join(ref.parts[1:])
        if name not in self._fields:
            fields = self.fields()
            if name not in fields and self.schema is not None and name in KNOWN_FIELDS:
                text = f"{self.spec.name} needs field '{name}'; {self.schema.name} has none"
                self.fail("env.field", at, text, part=ref)
            if name not in fields:
                hint = did_you_mean(name, fields).replace("'", "'env.", 1)
                self.fail("env.field", at, f"environments have no field '{name}'", hint, ref)
            field = fields[name]
            counts = COUNTS.get(name) if field.dtype == "int" else None
            self._fields[name] = Value(f"env.{name}", Type(join(field.axes), field.dtype, counts=counts), field=name)
            self.graph.values[f"env.{name}"] = self._fields[name]
        return self._fields[name]

    def played(self, ref: Ref, at: Path) -> Value:
        """What acting has recorded, as a field with the type of what it is made of."""
        name, recorded = ".".join(ref.parts[1:]), self.spec.record
        if not name:
            hint = f"say which: {', '.join(map(PLAYED.__add__, recorded)) or 'record: {NAME: ...}'}"
            self.fail("name.unknown", at, "'played' is everything that acting records", hint, ref)
        if name not in recorded:
            hint = did_you_mean(name, recorded).replace("'", "'played.", 1) or f"record: {{{name}: ...}}"
            gone = self.gone(("record", name))
            self.fail("name.unknown", at, f"nothing is recorded as '{name}'", "" if gone else hint, ref, notes=gone)
        full = f"{PLAYED}{name}"
        if name in self._recording:
            text = f"'{full}' is recorded from itself: {' -> '.join([*self._recording, name])}"
            self.fail("graph.cycle", ("record", name), text)
        if full not in self._fields:
            self._recording.append(name)
            try:
                value = self.main.expression(recorded[name], ("record", name))
            finally:
                self._recording.pop()
            self.graph.recorded[name] = value
            kind = Type(join(LEAD, value.type.axes), value.type.dtype, counts=value.type.counts)
            self._fields[full] = self.graph.values[full] = Value(full, kind, field=full)
        return self._fields[full]

    def field(self, name: str) -> Value:
        return self.env(Ref(("env", name)), ("graph",))

    def constant(self, number: float | bool) -> Value:
        number = number if isinstance(number, bool) else number + 0  # -0.0 is 0.0: there is one zero
        dtype, sign = ("bool", "any") if isinstance(number, bool) else ("float", "nonneg" if number >= 0 else "any")
        kind = Type((), dtype, sign)  # type: ignore[arg-type]
        return Value(str(number).lower(), kind, constant=number, range=(float(number), float(number)))

    def scalar(self, name: str) -> Value | None:
        """A param or the size of an axis as a number; None if there is no such name."""
        param = self.spec.params.get(name)
        if isinstance(param, Moving):
            low, high = param.range()
            return Value(name, Type((), "float", "nonneg" if low >= 0 else "any"), param=name, range=(low, high))
        if param is not None:
            return self.constant(param)
        if name in self.spec.axes:
            if name in self.unsized:
                raise Failed
            size = self.table.size(name)
            span = None if size is None else (size, size)
            return Value(name, Type((), "float", "nonneg"), constant=size, axis=name, range=span)
        return None

    def fold(self, tree: Apply, operands: list[Value], at: Path) -> Value | None:
        """A function of plain numbers, or of plain truth values, is one itself. Raises Failed if it has no value."""
        name, given, closed = tree.function, [v.constant for v in operands], CLOSED[tree.function]
        if closed.number is None or None in given or {isinstance(n, bool) for n in given} not in FOLDED[closed.takes]:
            return None
        found = of_numbers(name, [n if isinstance(n, bool) else float(n) for n in given if n is not None])
        if found is None:
            self.fail("graph.number", at, f"'{name}' has no value at {', '.join(v.name for v in operands)}", part=tree)
        made = self.constant(found if isinstance(found, bool) else float(found))
        return replace(made, axis=next((v.axis for v in operands if v.axis), None))

    def fresh(self, name: str) -> str:
        """A name for a value that has none of its own: ``q_in#1``."""
        self._numbers[name] = self._numbers.get(name, 0) + 1
        return f"{name}#{self._numbers[name]}"

    def measure(self, size: Expr, at: Path) -> float | None:
        """The number a size stands for; None while symbolic. Raises Failed if it names nothing or is no size."""
        if any(str(ref) in self.unsized for ref in references(size.tree)):
            raise Failed
        at = self.loaded.narrow(at, str(size))
        fixed = next((ref for ref in references(size.tree) if str(ref) in ("batch", "time")), None)
        if fixed is not None:
            self.fail("name.size", at, f"'{fixed}' differs from batch to batch; nothing can have its size", part=fixed)
        try:
            value = self.table.evaluate(size.tree)
        except UnknownSize as error:
            part = next((r for r in references(size.tree) if str(r) == error.name), None)
            gone = self.gone(("params", error.name), ("axes", error.name))
            self.fail("name.size", at, str(error), did_you_mean(error.name, error.known), part, notes=gone)
        if value is not None and not (1 <= value <= 1e15 and value == int(value)):
            text = f"'{size}' is {value:g}; a size is a whole number of at least 1"
            self.fail("name.size", at, text, causes=self.set_at(size.tree))
        return value

    def turns(self, axis: str, at: Path) -> int:
        """How often `each` or `repeat` over an axis happens."""
        turns = int(self.measure(Expr(axis), at) or 1)
        if turns > LONGEST:
            self.fail("name.size", at, f"'{axis}' is {turns}; at most {LONGEST} turns can be made of a node")
        return turns

    def join_axis(self, node: Node, axis: str, rows: tuple[str, ...]) -> None:
        """Axis ``axis`` holds the rows of others; its declared size must be theirs together. Of the environment's axes
        only actions are made of other rows, such as one number for each: nobody is absent among them."""
        at = self.loaded.narrow(node.where, axis)
        slots = any(row.rstrip("'") in ENVIRONMENT or self.table.has_presence(row) for row in rows)
        if axis.rstrip("'") in ENVIRONMENT and (axis != "action" or slots):
            hint = "give it a name of its own, with its size under `axes`"
            self.fail("graph.axes", at, f"'{axis}' is the environment's; it cannot be made of other rows", hint)
        self.measure(Expr(axis.rstrip("'")), at)
        fixed = next((row for row in rows if row in ("batch", "time")), None)
        if fixed is not None:
            self.fail("graph.axes", at, f"rows of '{fixed}' cannot be joined or renamed")
        held = self.table.joined.setdefault(axis, rows)
        if held != rows:
            self.fail("graph.axes", at, f"'{axis}' joins {' + '.join(rows)} here and {' + '.join(held)} elsewhere")
        have, parts = self.table.size(axis), [self.table.size(r) for r in rows]
        known = [p for p in parts if p is not None]
        if have is not None and len(known) == len(parts) and have != sum(known):
            self.unsized.add(axis)
            text = f"'{axis}' has {have} rows; {' + '.join(rows)} are {sum(known)}"
            self.fail("graph.size", at, text, causes=self.set_at(parse(axis)))

    # ------------------------------------------------------------------ nodes

    def node(self, scope: Scope, name: str) -> Element:
        """Make the node ``name`` of a scope. Raises Failed."""
        raw = scope.nodes[name]
        if isinstance(raw, Expr):
            value = scope.expression(raw, (*scope.where, name))
            self.graph.values.setdefault(f"{scope.prefix}{name}", value)
            return Element({"": value})
        if isinstance(raw, Application):
            return apply(scope, name, raw)
        return scope.block(name, raw)
