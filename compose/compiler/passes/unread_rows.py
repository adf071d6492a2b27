"""Whose absent rows does anybody read?

``read[x]`` holds every axis of sides along which rows of ``x`` of those never present in an episode can change a
result. What is missing there may hold any finite numbers, so it must never be too small. Why it is not:

1. Roots are read everywhere. A term's operands come after it, so when they are looked at, ``read`` of all their
   readers is complete, and an operand's is the union over its readers: one reader is enough.
2. A reader that treats rows alike along an axis (pointwise functions; a softmax along another axis; what is
   ``rowwise``; a recurrence along its leading axes; renamed rows under their new name) reads an absent row only to make
   an absent row, so it passes on its own ``read``. Whatever is not known to be such a reader reads everything.
3. A softmax hides what its mask does: logits in absent rows are not read if the mask is true among the present alone
   (``within``). The mask's own rows are always read, and so is all presence.
4. A sum of products reads no absent row of an operand if another operand is zero there (``zero``) and does not vary:
   the *first* such operand is the witness. It is read like any other, so it is computed in full, down to the softmax
   or share that the zeros come from; were it not, two operands could each rest on the zeros of the other.
5. A node that counts presence along an axis declares that it reads no numbers of absent rows (``counted``, which the
   contract test attacks). Masks are not numbers: a denominator may count their absent rows.

Zeros are those of a softmax or of a share under such a mask, and products that have them for a factor; a bias, or any
other sum, is no product. Numbers in absent rows are finite (they are copies of others), so that 0 times them is 0, in
values and in gradients.
"""

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
        pairs = enumerate(zip(term.operands, op.labels, strict=True))
        witness = next((i for i, (x, found) in pairs if label in found and zero(x, x.axes[found.index(label)])), place)
        if witness != place and term.operands[witness] is not term.operands[place]:
            return False
        return label not in op.out or dict(zip(op.out, term.axes, strict=True))[label] in self.read[term]

    def _call(self, term: Term, call: Call, place: int, axis: str) -> bool:
        node, mine = call.node, self.read[term]
        read = call.reads[place]
        seen = self._seen(call, place, axis)
        if read.value is None or read.local in node.presence:
            return True
        if isinstance(node.op, Average):
            return read.local != "of" or axis not in node.op.counted_axes or node.op.count == "all"
        if any(key.partition(":")[2] == seen for key in node.presence):
            return read.value.type.dtype == "bool"
        if seen in (new := node.op.renames(node)):
            return new[seen] in mine
        if node.rowwise((seen,)) or (node.op.over_steps and seen in node.bound["..."] and seen != "time"):
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
    if isinstance(op, Product) and not op.bias:
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


