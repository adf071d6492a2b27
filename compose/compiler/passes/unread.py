"""Whose absent rows does anybody read?"""

from __future__ import annotations

from compose.compiler.call import Call
from compose.compiler.passes.pack import Packed, Unpacked
from compose.compiler.passes.select import AGENT, ENTITY, Selected
from compose.compiler.passes.stacking import Unbound
from compose.compiler.product import Product
from compose.compiler.terms import Leaf, Map, Pick, Relabel, Share, Simplex, Term, Terms
from compose.graph.average import Average
from compose.graph.structure import First, Renamed, Rows

SIDES = ("agent", "entity")


class Unread:
    """``read[term]``: the axes along which what stands in absent rows of a term can change a result."""

    def __init__(self, terms: Terms) -> None:
        self.read: dict[Term, set[str]] = {}
        for root in terms.roots.values():
            self.read[root] = set(root.axes)
        for term in reversed(terms.order()):
            for place, operand in enumerate(term.operands):
                found = {a for a in operand.axes if self._reads(term, place, a)}
                if not operand.axes:  # a call: whatever is read of its outputs
                    found = self.read[term]
                self.read[operand] = self.read.get(operand, set()) | found

    def _reads(self, term: Term, place: int, axis: str) -> bool:
        op, mine = term.op, self.read[term]
        if isinstance(op, Product):
            return self._product(term, op, place, axis)
        if isinstance(op, Call):
            return self._call(term, op, place, axis)
        if isinstance(op, Simplex) and op.axis == axis:
            return place > 0 or len(term.operands) == 1 or not within(term.operands[1], axis)
        if isinstance(op, Share) and op.axis == axis:
            return True
        if isinstance(op, Relabel):
            return term.axes[term.operands[0].axes.index(axis)] in mine
        if isinstance(op, Selected) and axis == ENTITY:
            return AGENT in mine
        return axis in mine if axis in term.axes or isinstance(op, Unbound) else True

    def _product(self, term: Term, op: Product, place: int, axis: str) -> bool:
        label = op.labels[place][term.operands[place].axes.index(axis)]
        for other, labels in zip(term.operands, op.labels, strict=True):
            if other is not term.operands[place] and label in labels and zero(other, other.axes[labels.index(label)]):
                return False
        return label not in op.out or dict(zip(op.out, term.axes, strict=True))[label] in self.read[term]

    def _call(self, term: Term, call: Call, place: int, axis: str) -> bool:
        node, mine = call.node, self.read[term]
        read = call.reads[place]
        seen = self._seen(call, place, axis)
        if read.value is None or read.local in node.presence:
            return True
        if isinstance(node.op, Average):
            return axis not in node.op.counted_axes or node.op.count == "all"
        if any(key.partition(":")[2] == seen for key in node.presence):
            return False
        if seen in (new := node.op.renames(node)):
            return new[seen] in mine
        if node.rowwise((seen,)) or (node.op.over_steps and seen != "time"):
            return seen in mine
        return True

    def _seen(self, call: Call, place: int, axis: str) -> str:
        """What the operation calls an axis of an operand."""
        read, node = call.reads[place], call.node
        found = node.types.get(read.local)
        if read.value is None or found is None or isinstance(found, tuple):
            return axis
        pairs: dict[str, str] = dict(zip(read.value.type.axes, found.axes, strict=True))
        return pairs.get(axis, axis)


def zero(term: Term, axis: str) -> bool:
    """Is it zero in absent rows along an axis?"""
    op = term.op
    if isinstance(op, Simplex | Share) and op.axis == axis:
        return within(term.operands[-1], axis) and (isinstance(op, Share) or len(term.operands) == 2)
    if isinstance(op, Product):
        label = dict(zip(term.axes, op.out, strict=True))[axis]
        return any(label in labels and zero(x, x.axes[labels.index(label)])
                   for x, labels in zip(term.operands, op.labels, strict=True))
    if isinstance(op, Map) and op.function == "*":
        return any(axis in x.axes and zero(x, axis) for x in term.operands)
    return False


def within(mask: Term, axis: str) -> bool:
    """Is a mask true only in rows that are present along an axis?"""
    op = mask.op
    if axis not in mask.axes:
        return False
    if isinstance(op, Leaf):
        return (op.kind, op.label) == ("field", "present")
    if isinstance(op, Map):
        return op.function == "&" and any(within(x, axis) for x in mask.operands)
    if isinstance(op, Relabel):
        return within(mask.operands[0], mask.operands[0].axes[mask.axes.index(axis)])
    if isinstance(op, Pick):
        call = mask.operands[0]
        assert isinstance(call.op, Call)
        node = call.op.node
        if not isinstance(node.op, First | Renamed | Rows):
            return False
        back = {new: old for old, new in node.op.renames(node).items()}
        return within(call.operands[0], back.get(axis, axis))
    if isinstance(op, Selected):
        return axis == AGENT and AGENT not in mask.operands[0].axes and within(mask.operands[0], ENTITY)
    return isinstance(op, Packed | Unpacked) and within(mask.operands[0], axis)


