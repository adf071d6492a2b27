"""One acting step written down for readers: the plain interpreter run on proxies, remembering whose code is whose.

Fields come without a time axis (one step has none); the program sees them with one of length 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import fx

from compose.compiler.interpret import Interpreter
from compose.compiler.model import Model
from compose.graph.graph import Graph
from compose.graph.node import Node
from compose.language.diagnostics import Diagnostic, SpecError


@dataclass(frozen=True)
class Source:
    """What a placeholder stands for: a ``weight``, ``target``, ``field``, ``draw``, ``state`` or ``param`` by name."""

    kind: str
    name: str


@dataclass
class Step:
    """One acting step as an ``fx.Graph``; its output is a dict: ``values``, ``where`` (unless all are allowed), and
    what is carried by its name."""

    graph: fx.Graph
    sources: dict[fx.Node, Source]
    owners: dict[fx.Node, Node]
    """The spec's node that each operation computes for; none at the edges (time axis in and out)."""
    names: dict[fx.Node, str]
    """Operation -> the spec's name of the value it gives (``q.a``)."""

    def of_kind(self, kind: str) -> list[str]:
        """Names of its inputs of one kind, in order of use."""
        return [s.name for s in self.sources.values() if s.kind == kind]

    def __iter__(self) -> Iterator[fx.Node]:
        """Operations in order, without inputs and output."""
        return (n for n in self.graph.nodes if n.op not in ("placeholder", "output"))

    @property
    def outputs(self) -> dict[str, Any]:
        """Name -> the operation (or input) that gives it."""
        (found,) = next(n for n in self.graph.nodes if n.op == "output").args
        assert isinstance(found, dict)
        return found


@dataclass
class _Reader:
    """Placeholders on demand. Implements :class:`compose.compiler.interpret.Sources`."""

    tracer: fx.proxy.GraphAppendingTracer
    timed: dict[str, int]
    made: dict[Source, fx.Proxy] = field(default_factory=dict)
    placeholders: dict[fx.Node, Source] = field(default_factory=dict)

    def read(self, kind: str, name: str) -> Any:
        source = Source(kind, name)
        if source not in self.made:
            graph = self.tracer.graph
            with graph.inserting_before(next((n for n in graph.nodes if n.op != "placeholder"), None)):
                node = graph.placeholder(f"input_{len(self.made)}")
            proxy = fx.Proxy(node, self.tracer)
            self.placeholders[node] = source
            timed = kind == "field" and name in self.timed
            self.made[source] = proxy.unsqueeze(self.timed[name]) if timed else proxy
        return self.made[source]


def require_acting(graph: Graph) -> None:
    """Raises SpecError (``export.act``) if a spec has no values to act on."""
    if graph.act_values is None or graph.spec.abstract:
        hint = "export a spec that extends it" if graph.spec.abstract else "give it a section 'act' with 'values'"
        what = "is abstract: it does not say everything" if graph.spec.abstract else "does not say how to act"
        raise SpecError(Diagnostic("export.act", f"{graph.spec.name} {what}", hint=hint))


def record(model: Model) -> Step:
    """Write down one acting step of a model.

    Raises:
        SpecError: ``export.act`` if the spec has nothing to act on.
    """
    graph = model.graph
    require_acting(graph)
    code = fx.Graph()
    fields = model.schema.fields if model.schema is not None else {}
    timed = {name: field.axes.index("time") for name, field in fields.items() if "time" in field.axes}
    reader = _Reader(fx.proxy.GraphAppendingTracer(code), timed)
    interpreter = Interpreter(graph, reader, model.dtype)
    expressions = {id(v): name for name, v in graph.values.items() if "#" in v.name and "#" not in name}
    owners: dict[fx.Node, Node] = {}
    names: dict[fx.Node, str] = {}
    for node in graph.nodes(graph.acted()):
        before = set(code.nodes)
        interpreter.compute(node)
        found = [interpreter.value(value) for value in node.values.values()]
        edge = {x.node for x in reader.made.values()}
        owners |= {n: node for n in code.nodes if n not in before and n not in edge}
        for value, result in zip(node.values.values(), found, strict=True):
            if isinstance(result, fx.Proxy):
                names.setdefault(result.node, expressions.get(id(value), value.name))
    outputs = model.programs["act"].body(interpreter)
    outputs.pop("variance", None)  # what is exported acts by the mean
    code.output({name: x.node if isinstance(x, fx.Proxy) else x for name, x in outputs.items()})
    return Step(code, reader.placeholders, owners, names)
