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

from compose.compiler.terms import Term, Terms


def needed_rows(terms: Terms) -> dict[Term, set[str]]:
    """For every term: the axes along which what stands in rows of those absent can change a result."""
    read: dict[Term, set[str]] = {root: set(root.axes) for root in terms.roots.values()}
    for term in reversed(terms.order()):
        for place, operand in enumerate(term.operands):
            found = {a for a in operand.axes if term.op.reads_absent(term, place, a, read[term])}
            if not operand.axes:  # a call: whatever is read of its outputs
                found = read[term]
            read[operand] = read.get(operand, set()) | found
    return read
