"""Decentralised execution: what agents act on depends only on what each of them may see.

Every value gets labels that say what its elements depend on:

* ``own``  an element at agent ``a`` holds what agent ``a`` may know;
* ``row``  an element at row ``e`` of an axis of entities holds what is known about entity ``e`` alone;
* a leak   it depends on something else, by a path of nodes.

A ``row`` becomes ``own`` where its axis is read under a mask contained in ``env.visible`` (a & b is contained in both,
a | b in neither), or where an agent reads its own row. Everything else that joins rows, or agents, is a leak: two
blocks of attention stacked let an agent read what its neighbours see.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compose.graph.fields import KNOWN_FIELDS
from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof

Path = tuple[str, ...]


@dataclass
class Info:
    """Labels of one value: (kind, axis) -> the path by which they came; ``seen``: a mask contained in env.visible."""

    labels: dict[tuple[str, str], Path] = field(default_factory=dict)
    leak: Path | None = None
    seen: bool = False

    def add(self, kind: str, axis: str, path: Path) -> None:
        self.labels.setdefault((kind, axis), path)


def decentralised(graph: Graph) -> Proof:
    """Check what `act` reads."""
    expected, acted = graph.spec.claims.decentralised, graph.acted()
    if not acted:
        return Proof("decentralised", "not applicable", "nothing is acted on", expected=expected)
    infos = Infos(graph)
    infos.settle(graph.nodes(acted))
    for value in acted:
        info = infos.of(value)
        path = info.leak
        if path is None:
            path = next((p for (kind, axis), p in info.labels.items() if (kind, axis) != ("own", "agent")), None)
        if path is not None:
            how = f"{value.name} depends on {path[0]} beyond what an agent may see"
            return Proof("decentralised", "not proved", how, path, expected)
    how = "every row is read under a mask contained in env.visible, or by its own agent"
    return Proof("decentralised", "proved", how, expected=expected)


class Infos:
    """Labels of all values, operands before users."""

    def __init__(self, graph: Graph) -> None:
        self.graph, self.known = graph, dict[Value, Info]()

    def settle(self, nodes: list[Node]) -> None:
        """Label all nodes. In a loop an operand has no labels yet, so again until nothing is new (labels only grow)."""
        before: list[object] = []
        while True:
            for node in nodes:
                self.node(node)
            after: list[object] = [(set(i.labels), i.leak is None) for i in self.known.values()]
            if after == before:
                return
            before = after

    def of(self, value: Value) -> Info:
        if value not in self.known:
            self.known[value] = self._leaf(value)
        return self.known[value]

    def _leaf(self, value: Value) -> Info:
        info = Info(seen=value.field == "visible")
        if value.field is None:
            return info
        fields = KNOWN_FIELDS if self.graph.schema is None else self.graph.schema.fields
        scope, name = fields[value.field].scope, (value.name,)
        if scope == "local":
            info.add("own", "agent", name)
        elif scope == "row":
            info.add("row", "entity", name)
        else:
            info.leak = name
        return info

    def node(self, node: Node) -> None:
        """Label the outputs of a node."""
        info = Info(seen=self._seen(node))
        bounded = {port for port, mask in node.op.bounds.items() if self._is_seen(node, mask)}
        for port, wire in node.wires.items():
            for i, value in enumerate(wire if isinstance(wire, tuple) else (wire,)):
                self._flow(node, port, i, value, info, port in bounded)
        if node.presence and not bounded:
            info.leak = info.leak or ("env.present", node.name)
        for value in node.values.values():
            self.known[value] = info

    def _flow(self, node: Node, port: str, i: int, value: Value, info: Info, bounded: bool) -> None:
        source = self.of(value)
        if source.leak is not None:
            info.leak = info.leak or (*source.leak, node.name)
        kinds = node.types[port]
        seen_as = dict(zip(value.type.axes, (kinds[i] if isinstance(kinds, tuple) else kinds).axes, strict=True))
        renamed, mixed = node.op.renames(node), node.op.mixes(node)
        kept = {a for v in node.values.values() for a in v.type.axes}
        for (kind, axis), path in source.labels.items():
            here = seen_as.get(axis, axis)
            there, path = renamed.get(here, here), (*path, node.name)
            if kind == "row" and node.op.itself and here not in kept:
                info.add("own", "agent", path)
            elif there in kept and here not in mixed:
                if there == "agent" and kind == "row":
                    info.add("own", "agent", path)
                elif there != "agent" and kind == "own" and here != there:
                    info.add("row", there, path)
                else:
                    info.add(kind, there, path)
            elif kind == "row" and bounded and axis not in mixed:
                info.add("own", "agent", path)
            else:
                info.leak = info.leak or path

    def _is_seen(self, node: Node, port: str) -> bool:
        wire = node.wires.get(port)
        return isinstance(wire, Value) and self.of(wire).seen

    def _seen(self, node: Node) -> bool:
        """Is the result a mask contained in env.visible?"""
        if any(v.type.dtype != "bool" for v in node.values.values()):
            return False
        operands = [v for w in node.wires.values() for v in (w if isinstance(w, tuple) else (w,))]
        if isinstance(node.op, Elementwise):
            return node.op.name == "&" and any(self.of(v).seen for v in operands)
        if not node.op.passes_masks:
            return False
        joined = node.op.renames(node)  # a single row joined to others (a memory token) is the agent's own
        return all(self.of(v).seen or (joined and not set(joined) & set(v.type.axes)) for v in operands)

