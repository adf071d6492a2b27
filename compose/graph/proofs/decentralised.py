"""Decentralised execution: what agents act on depends only on what each of them may see.

Every value gets labels that say what its elements depend on:

* ``own``  an element at the row where ``i`` stands (an agent or an entity) holds what ``i`` itself may know;
* ``row``  an element at the row where ``e`` stands holds what is known now about ``e`` alone;
* a leak   it depends on something else, by a path of nodes.

A ``row`` becomes the reading agent's ``own`` where it is read under a mask contained in ``env.visible``, the same rows
standing at the same places, hidden rows being left out or replaced (a & b is contained in both, a | b in neither);
under ``env.sight``, the same for every entity, it becomes the reading entity's ``own``. Whatever is carried over time
is ``own``: who sees an entity now has not seen its past. An agent may read its own row. Everything else that joins
rows, agents, episodes or later steps is a leak: two blocks of attention stacked let an agent read what its neighbours
see. Where rows stand: :mod:`.rows`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.masks import Masks
from compose.graph.proofs.proof import Proof
from compose.graph.proofs.rows import Mover, Operand, Place, nowhere, operands, presences
from compose.graph.proofs.shift import ROUNDS

Path = tuple[str, ...]
Label = tuple[str, Place]
Guards = dict[str, dict[Place, tuple[Place, ...]]]
"""Data port -> places that are read under a mask of who may see them -> where the reader stands in the output."""
AGENT = Place("agent")


@dataclass
class Info:
    """Labels of one value -> the path by which they came."""

    labels: dict[Label, Path] = field(default_factory=dict)
    leak: Path | None = None

    def add(self, kind: str, place: Place, path: Path) -> None:
        self.labels.setdefault((kind, place), path)


def decentralised(graph: Graph) -> Proof:
    """Check what `act` reads."""
    expected, acted = graph.spec.claims.decentralised, graph.acted()
    if not acted:
        return Proof("decentralised", "not applicable", "nothing is acted on", expected=expected)
    infos = Infos(graph, graph.nodes(acted))
    for value in acted:
        info = infos.of(value)
        path = info.leak or next((p for (_, place), p in info.labels.items() if place != AGENT), None)
        if path is not None:
            how = f"{value.name} depends on {path[0]} beyond what an agent may see"
            return Proof("decentralised", "not proved", how, path, expected)
    how = "every row is read under a mask contained in env.visible, or by its own agent"
    return Proof("decentralised", "proved", how, expected=expected)


class Infos:
    """Labels of all values, operands before users."""

    def __init__(self, graph: Graph, nodes: list[Node]) -> None:
        self.graph, self.known, self.masks = graph, dict[Value, Info](), Masks(graph, nodes)
        before: list[object] = []
        for _ in range(ROUNDS):  # in a loop an operand has no labels yet, so again until nothing is new
            for node in nodes:
                for name, output in node.values.items():
                    self.known[output] = self._output(node, name)
            after: list[object] = [(set(i.labels), i.leak is None) for i in self.known.values()]
            if after == before:
                return
            before = after
        for output in self.known:  # a loop that moves rows on and on
            self.known[output].leak = (output.name,)

    def of(self, value: Value) -> Info:
        if value not in self.known:
            self.known[value] = self._leaf(value)
        return self.known[value]

    def _leaf(self, value: Value) -> Info:
        info = Info()
        if value.field is None:
            return info
        known = self.graph.field(value.field)
        shown = next((axes for what, axes in known.facts if what == "shown"), None)
        if known.scope == "public":
            return info
        if known.scope == "global" and shown is not None:  # what entities see, each its own
            info.add("own", Place(shown[1]), (value.name,))
        elif known.index is None:
            info.leak = (value.name,)
        else:
            info.add("own" if known.scope == "local" else "row", Place(known.index), (value.name,))
        return info

    def _output(self, node: Node, name: str) -> Info:
        info, guards = Info(), self._guards(node, name)
        for operand in operands(node):
            self._flow(node, name, operand, guards.get(operand.port, {}), info)
        shown = {place: readers for hidden in guards.values() for place, readers in hidden.items()}
        for _, operand in presences(node):
            self._flow(node, name, operand, shown, info)
        return info

    def _flow(self, node: Node, name: str, operand: Operand, hidden: dict[Place, tuple[Place, ...]],
              info: Info) -> None:
        """Carry the labels of an operand over."""
        source, move = self.of(operand.value), Mover(self.graph.table, node, operand, name)
        late = "time" in operand.axes and not move(Place("time"))
        if source.leak is not None:
            info.leak = info.leak or (*source.leak, node.name)
        if late and node.op.ahead > 0:
            info.leak = info.leak or ("later steps", node.name)
        if "batch" in operand.axes and not move(Place("batch")):
            info.leak = info.leak or ("other episodes", node.name)
        for (kind, old), before in source.labels.items():
            place, path = operand.seen(old), (*before, node.name)
            if kind == "row" and place in hidden and not late:
                for reader in hidden[place]:
                    info.add("own", reader, path)
            elif moved := move(place):
                for new in moved:
                    if not nowhere(self.graph.table, new):
                        info.add("own" if late else kind, new, path)
            elif node.op.itself and place.shift == AGENT.shift:
                info.add("own", AGENT, path)
            else:
                info.leak = info.leak or path

    def _guards(self, node: Node, name: str) -> Guards:
        """What is read under a mask contained in what the reader sees."""
        masks = {port: mask for port, mask in node.op.bounds.items() if isinstance(node.wires.get(mask), Value)}
        found: Guards = {}
        for operand in operands(node) if masks else ():
            move = Mover(self.graph.table, node, operand, name)
            for fact in self.masks.of(operand.value):
                if fact.what == "shown" and (readers := move(operand.seen(fact.places[1]))):
                    for port in (port for port, mask in masks.items() if mask == operand.port):
                        found.setdefault(port, {})[operand.seen(fact.places[0])] = readers
        return found


