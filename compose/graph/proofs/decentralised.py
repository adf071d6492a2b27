"""Decentralised execution: what agents act on depends only on what each of them may see.

Every value gets labels that say what its elements depend on:

* ``own``  an element at index ``i`` of an axis of agents or entities holds what ``i`` itself may know;
* ``row``  an element at row ``e`` of an axis holds what is known now about ``e`` alone;
* a leak   it depends on something else, by a path of nodes.

A ``row`` becomes the reading agent's ``own`` where its axis is read under a mask contained in ``env.visible`` along
that axis, hidden rows being left out or replaced (a & b is contained in both, a | b in neither); under
``env.sight``, the same for every entity, it becomes the reading entity's ``own``. Whatever is
carried over time is ``own``: who sees an entity now has not seen its past. An agent may read its own row. Everything
else that joins rows, agents, episodes or later steps is a leak: two blocks of attention stacked let an agent read what
its neighbours see.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compose.graph.fields import KNOWN_FIELDS
from compose.graph.functions import Elementwise
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.proof import Proof

Path = tuple[str, ...]
Seen = tuple[str, str]
"""An axis, and the axis of those who see its rows."""
FIELDS: dict[str, Seen] = {"visible": ("entity", "agent"), "sight": ("entity'", "entity")}


@dataclass
class Info:
    """Labels of one value: (kind, axis) -> the path by which they came."""

    labels: dict[tuple[str, str], Path] = field(default_factory=dict)
    leak: Path | None = None
    seen: frozenset[Seen] = frozenset()
    """Of a mask: along which axes it holds only what whom may see."""

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
            path = next((p for (_, axis), p in info.labels.items() if axis != "agent"), None)
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
        if value.field is None:
            return Info()
        known = (KNOWN_FIELDS if self.graph.schema is None else self.graph.schema.fields)[value.field]
        info = Info(seen=frozenset([FIELDS[value.field]]) if value.field in FIELDS else frozenset())
        if known.scope == "public":
            return info
        if value.field == "sight":
            info.add("own", "entity", (value.name,))
        elif known.index is None:
            info.leak = (value.name,)
        else:
            info.add("own" if known.scope == "local" else "row", known.index, (value.name,))
        return info

    def node(self, node: Node) -> None:
        """Label the outputs of a node."""
        for output in node.values.values():
            self.known[output] = self._output(node, output)

    def _output(self, node: Node, output: Value) -> Info:
        info, guarded = Info(seen=self._seen(node, output)), self._guarded(node, output)
        for port, wire in node.wires.items():
            kinds = node.types[port]
            several = kinds if isinstance(kinds, tuple) else (kinds,)
            for value, kind in zip(wire if isinstance(wire, tuple) else (wire,), several, strict=True):
                here = dict(zip(value.type.axes, kind.axes, strict=True))
                self._flow(node, output, value, here, guarded.get(port, {}), info)
        counted = {key.split(":", 1)[1] for key in node.presence}
        if counted - set().union(*guarded.values()):
            info.leak = info.leak or ("env.present", node.name)
        if node.joins("time", output) and node.op.ahead > 0:
            info.leak = info.leak or ("later steps", node.name)
        if node.joins("batch", output):
            info.leak = info.leak or ("other episodes", node.name)
        return info

    def _flow(self, node: Node, output: Value, value: Value, here: dict[str, str], guarded: dict[str, str],
              info: Info) -> None:
        """Carry the labels of an operand over; ``here`` gives its axes as the node sees them."""
        source = self.of(value)
        if source.leak is not None:
            info.leak = info.leak or (*source.leak, node.name)
        renamed, mixed, late = node.op.renames(node), node.op.mixes(node), node.joins("time", output)
        for (kind, old), before in source.labels.items():
            axis, path = here[old], (*before, node.name)
            kept = renamed.get(axis, axis) in output.type.axes and axis not in mixed
            hidden = kind == "row" and axis in guarded and axis not in mixed and not late
            if kept and not hidden:
                info.add("own" if late else kind, renamed.get(axis, axis), path)
            elif node.op.itself or hidden:
                info.add("own", guarded[axis] if hidden else "agent", path)
            else:
                info.leak = info.leak or path

    def _guarded(self, node: Node, output: Value) -> dict[str, dict[str, str]]:
        """Data port -> its axes that are read under a mask contained in what the reader sees, each with who reads."""
        found = {}
        for port, guard in node.op.bounds.items():
            mask = node.wires.get(guard)
            if isinstance(mask, Value):
                here = dict(zip(mask.type.axes, node.type(guard).axes, strict=True))
                found[port] = {here[axis]: here[reader] for axis, reader in self.of(mask).seen
                               if here[reader] in output.type.axes}
        return found

    def _seen(self, node: Node, output: Value) -> frozenset[Seen]:
        """Where the result is a mask contained in what somebody may see."""
        operands = [v for w in node.wires.values() for v in (w if isinstance(w, tuple) else (w,))]
        if output.type.dtype != "bool":
            return frozenset()
        if isinstance(node.op, Elementwise) and node.op.name == "&":
            return frozenset[Seen]().union(*(self.of(v).seen for v in operands))
        if not node.op.passes_masks:
            return frozenset()
        renamed = node.op.renames(node)
        several = [v for v in operands if not renamed or set(renamed) & set(v.type.axes)]
        # a single row joined to others (a memory token) is the agent's own and needs no mask
        seen = [{(renamed.get(a, a), renamed.get(b, b)) for a, b in self.of(v).seen} for v in several]
        return frozenset(pair for pair in set.intersection(*seen) if set(pair) <= set(output.type.axes)) \
            if seen else frozenset()
