"""What the typed graph knows about the nodes of a body: types, zones, weights, proofs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs import Proof
from compose.graph.proofs.decentralised import Infos
from compose.language.axes import Axes, signature
from compose.language.nodes import AnyNode, Application
from compose.language.numerals import number
from compose.reading.number_text import count, sized

Places = dict[str, list[str]]


@dataclass(frozen=True)
class Body:
    """The main graph or a network: its nodes, and where the flat graph has them."""

    name: str
    """The network, or ``graph``."""
    nodes: Mapping[str, AnyNode]
    prefix: str
    """What its keys start with: "" or ``utility.``."""
    places: tuple[str, ...]
    """What its values' names start with in the flat graph, one for each application: ``q.``, ``q_bar.``."""
    inputs: Mapping[str, str] = field(default_factory=dict)


def bodies(graph: Graph) -> list[Body]:
    """The main graph, then the networks in the order of the spec."""
    spec, places = graph.spec, Places()
    _places(graph, spec.graph, "", places)
    main = Body("graph", spec.graph, "", ("",))
    return [main, *(Body(name, net.nodes, f"{name}.", tuple(places.get(name, ())), net.inputs)
                    for name, net in spec.networks.items())]


def _places(graph: Graph, nodes: Mapping[str, AnyNode], prefix: str, found: Places) -> None:
    for name, node in nodes.items():
        if isinstance(node, Application):
            inner = f"{prefix}{name}{'[0]' if node.repeat else ''}."
            found.setdefault(node.network, []).append(inner)
            _places(graph, graph.spec.networks[node.network].nodes, inner, found)


def short(axes: Axes) -> str:
    """Axes for a figure: without batch and time."""
    return " ".join(a for a in axes if a not in ("batch", "time"))


class Facts:
    """Facts about the boxes of one graph, asked for by the names of the flat graph."""

    def __init__(self, graph: Graph, proofs: list[Proof]) -> None:
        self.graph, self.proofs = graph, proofs
        self.infos = Infos(graph, graph.nodes())
        self.acting = set(graph.nodes(graph.acted()))
        wired = [w for node in self.acting for w in node.wires.values()]
        self.read = {*graph.acted(), *(v for w in wired for v in (w if isinstance(w, tuple) else (w,)))}

    def value(self, body: Body, place: str, name: str) -> Value | None:
        """The value that a reference in a body means in one application; None if nothing makes it."""
        if name in body.inputs:
            scope = self.graph.applications.get(place)
            return scope.inputs.get(name) if scope is not None else None
        return self.graph.values.get(name if name.startswith("env.") else f"{place}{name}")

    def values(self, body: Body, name: str) -> list[tuple[str, Value]]:
        """The same in every application that has it."""
        found = [(place, self.value(body, place, name)) for place in body.places]
        return [(place, value) for place, value in found if value is not None]

    def axes(self, body: Body, name: str) -> str:
        """Short axes of a value; where applications differ, by the variables of the network's signatures."""
        if name in body.inputs:
            return short(tuple(token.name for token in signature(body.inputs[name]).tokens))
        found = {place: value.type.axes for place, value in self.values(body, name)}
        if len(set(found.values())) <= 1:
            return short(next(iter(found.values()), ()))
        place = next(iter(found))
        scope = self.graph.applications.get(place)
        named = {axis: variable for variable, axis in scope.variables.items()} if scope is not None else {}
        return short(tuple(named.get(axis, axis) for axis in found[place]))

    def is_mask(self, body: Body, name: str) -> bool:
        """Is a value a mask?"""
        if name in body.inputs:
            return signature(body.inputs[name]).dtype == "bool"
        return any(value.type.dtype == "bool" for _, value in self.values(body, name))

    def node(self, body: Body, name: str) -> Node | None:
        """The first flat node that a block's name means."""
        outputs = [self.graph.values.get(f"{place}{name}") for place in body.places]
        return next((v.node for v in outputs if v is not None and v.node is not None), None)

    def is_local(self, value: Value) -> bool:
        """Does acting read it, and can every agent compute it from what it may see?"""
        return (value in self.read or value.node in self.acting) and self.infos.of(value).leak is None

    def weights(self, network: str, node: str) -> tuple[str, ...]:
        """The weights of one node, with axes and counts."""
        start, graph = f"{network}.{node}.", self.graph
        return tuple(f"{name} [{sized(graph, info.axes)}] {number(count(graph, info.axes))}"
                     for name, info in graph.weights.items() if name.startswith(start))

    def proofs_of(self, body: Body, name: str) -> tuple[str, ...]:
        """Proofs whose path runs through a node."""
        flat = [f"{place}{name}" for place in body.places]
        return tuple(told(p) for p in self.proofs if any(_runs(step, flat) for step in p.path))


def told(proof: Proof) -> str:
    """A proof on one line."""
    path = f" ({' -> '.join(proof.path)})" if proof.outcome != "proved" and len(proof.path) > 1 else ""
    return f"{proof.name}: {proof.outcome}" + (f", {proof.how}{path}" if proof.how else "")


def _runs(step: str, flat: list[str]) -> bool:
    return any(step == name or step.startswith((f"{name}.", f"{name}#", f"{name}[")) for name in flat)
