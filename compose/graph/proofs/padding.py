"""Padding: absent rows of agents and entities, and how many there are, change nothing."""

from __future__ import annotations

from collections.abc import Iterator

from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.masks import Masks
from compose.graph.proofs.proof import Proof
from compose.graph.proofs.rows import Mover, Operand, Place, operands, presences
from compose.graph.proofs.slots import SlotRows
from compose.language.axes import leads
from compose.language.nodes import Application


def _cone(graph: Graph) -> list[Node]:
    return graph.nodes(graph.outcomes())


def _weight_of_slots(graph: Graph) -> str | None:
    """A weight with rows (or columns) that grow with the slots for agents or entities."""
    return next((name for name, info in graph.weights.items() if any(map(graph.table.of_slots, info.axes))), None)


def padding(graph: Graph, slots: SlotRows) -> Proof:
    """Proved where every operation that joins rows counts only present ones, and losses count only real steps."""
    weight = _weight_of_slots(graph)
    if weight is not None:
        return Proof("padding", "not proved", f"weight '{weight}' has a row for every slot", (weight,))
    absent = _Absent(graph, slots)
    for node in _cone(graph):
        axis = absent.joined(node)
        if axis is not None:
            rule = node.op.counts()
            why = f"counts '{rule}' of axis '{axis}'" if rule != "present" else f"joins absent rows of axis '{axis}'"
            return Proof("padding", "not proved", f"'{node.name}' {why}", (node.name,))
    if slots.told:
        padded = SlotRows(graph, _cone(graph), padded=True)
        for node in _cone(graph):
            if (axis := padded.moved_on(node)) is not None:
                why = f"'{node.name}' takes a row of '{axis}' that is another's once there are more slots"
                return Proof("padding", "not proved", why, (node.name,))
    number = next((v for v in _numbers(graph) if v.axis is not None and graph.table.of_slots(v.axis)), None)
    if number is not None:
        why = f"the number of rows of '{number.axis}' is used as a number"
        return Proof("padding", "not proved", why, (f"axes.{number.axis}",))
    repeated = next((a for a in _repeats(graph) if graph.table.of_slots(a)), None)
    if repeated is not None:
        return Proof("padding", "not proved", f"a network is repeated for every slot of '{repeated}'", (repeated,))
    reach = _reach(graph, absent.masks)
    for name, term in graph.losses.items():
        at = (f"losses.{name}",)
        if term.count != "present" and term.presence:
            return Proof("padding", "not proved", f"loss '{name}' counts '{term.count}'", at)
        grows = next((a for a in (*term.mean, *term.sum) if a not in term.presence and graph.table.of_slots(a)), None)
        if grows is not None or absent.misplaced(term.value, term.presence):
            axis = grows or next(iter(term.presence))
            return Proof("padding", "not proved", f"loss '{name}' joins axis '{axis}', which grows with the slots", at)
        if "time" in term.value.type.axes and not absent.masks.within(term.where, "steps", "batch", "time"):
            how = f"loss '{name}' counts steps outside env.steps (its `where` stands for that mask)"
            return Proof("padding", "not proved", how, at)
        if reach.get(term.value, 0) > 1:
            return Proof("padding", "not proved", f"loss '{name}' reads steps that may not be filled", at)
    return Proof("padding", "proved", "rows that are absent and steps that are not filled count nowhere")


class _Absent:
    """Where rows of absent slots stand, and who leaves them out."""

    def __init__(self, graph: Graph, slots: SlotRows) -> None:
        self.graph, self.masks, self.slots = graph, Masks(graph, _cone(graph)), slots
        self.paired = {t.node: t.axis for t in self.slots.told if t.axis not in t.node.op.orders(t.node)}

    def joined(self, node: Node) -> str | None:
        """An axis with absent rows that the node joins without leaving them out."""
        if node in self.paired:
            return self.paired[node]
        for output in node.values.values():  # more agents move the numbers of others on
            counted = output.type.counts
            drawn = bool(node.op.draws(node))  # one among all slots
            if counted is not None and counted.isidentifier() and (drawn or counted not in ("agent", "other")) \
                    and self.graph.table.of_slots(counted):
                return counted
        for operand in operands(node):
            if "batch" in operand.axes and self._joins(node, operand, "batch") \
                    and (axis := self._kept(node, operand)) is not None:
                return axis
            for axis in dict.fromkeys(operand.axes.values()):
                if self._grows(operand, axis) and self._joins(node, operand, axis) \
                        and not self._left_out(node, operand, axis):
                    return axis
        return None

    def _grows(self, operand: Operand, axis: str) -> bool:
        """Do slots stand on it, or as many rows as there are slots?"""
        slots = any(place.axis == axis for _, place in self.slots.seen(operand))
        return slots or (not leads(axis) and self.graph.table.of_slots(axis))

    def _kept(self, node: Node, operand: Operand) -> str | None:
        """An axis with slots that stays: who is there in one episode may be absent in another."""
        held = [place.axis for _, place in self.slots.seen(operand) if place.axis is not None]
        return next((axis for axis in held if not self._joins(node, operand, axis)), None)

    def _joins(self, node: Node, operand: Operand, axis: str) -> bool:
        if node.op.itself:
            return False
        return any(not Mover(self.graph.table, node, operand, name)(Place(axis)) for name in node.values)

    def _left_out(self, node: Node, operand: Operand, axis: str) -> bool:
        """Are absent rows left out: by presence that stands in the same rows, or by the mask itself?"""
        mine = {slot for slot in self.slots.seen(operand) if slot[1].axis == axis}
        if operand.value.type.dtype == "bool":
            facts = {fact.places[0] for fact in self.masks.of(operand.value) if fact.what == "present"}
            back = {seen: own for own, seen in operand.axes.items()}
            if mine and all(Place(back[axis], place.shift) in facts or side == "other" for side, place in mine):
                return True
        if node.op.counts() != "present":
            return False
        there = [self.slots.seen(counted) for known, counted in presences(node) if known == axis]
        return bool(there) and all(mine <= {slot for slot in slots if slot[1].axis == axis} for slots in there)

    def misplaced(self, value: Value, presence: dict[str, Value]) -> bool:
        """Do slots of a value stand in other rows than its presence says?"""
        mine = self.slots.of(value)
        return any(not {s for s in mine if s[1].axis == axis} <= self.slots.of(who) for axis, who in presence.items())


def _numbers(graph: Graph) -> Iterator[Value]:
    """Every value that something reads."""
    roots = graph.outcomes()
    yield from roots
    yield from (v for node in graph.nodes(roots) for v in node.operands())


def _repeats(graph: Graph) -> list[str]:
    bodies = [graph.spec.graph, *(network.nodes for network in graph.spec.networks.values())]
    nodes = [node for body in bodies for node in body.values() if isinstance(node, Application)]
    return [node.repeat for node in nodes if node.repeat is not None]


def _reach(graph: Graph, masks: Masks) -> dict[Value, float]:
    """How many steps ahead each value reads; the one after a step of the episode is filled, those after it may not be.

    What joins all steps reads as far as it can, unless a mask keeps it within the steps (and so many beyond); what
    joins episodes, step by step, reads those that have ended.
    """
    reach: dict[Value, float] = {}
    for node in _cone(graph):
        before = max((reach.get(v, 0) for v in node.operands()), default=0)
        mask, beyond = node.op.steps_in or ("", 0)
        ahead = beyond if masks.within(node.wires.get(mask), "steps", "batch", "time") else node.op.ahead
        timed = any({"batch", "time"} <= {*v.type.axes} for v in node.operands())
        for output in node.values.values():
            meets = node.joins("time", output) or (timed and node.joins("batch", output))
            reach[output] = before + (ahead if meets else 0)
    return reach
