"""What an operation takes itself apart with: implements :class:`compose.language.operation.Parts`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from compose.compiler.terms import Divided, Leaf, Pick, Share, Simplex, Term, constant, joint, mapped, relabelled
from compose.compiler.terms.call import Call
from compose.compiler.terms.product import Product, product
from compose.graph.node import Node, Value
from compose.language.axes import Axes
from compose.language.operation import By, Of


@dataclass
class CallParts:
    """The inputs of one call as terms, and the operations on them."""

    whole: Term

    @property
    def call(self) -> Call:
        assert isinstance(self.whole.op, Call)
        return self.whole.op

    @property
    def node(self) -> Node:
        return self.call.node

    def port(self, name: str) -> Any:
        value = self.node.wires[name]
        assert isinstance(value, Value)
        if value.constant is not None:
            return value.constant
        term = self._operand("value", name)
        named = dict(zip(value.type.axes, self.node.type(name).axes, strict=True))
        return relabelled(term, tuple(named[a] for a in term.axes))

    def weight(self, name: str) -> Term:
        use = self.node.weights[name]
        kind, skip = "target" if use.target else "weight", len(use.index)
        whole = self._operand(kind, name)
        leaf = Term(Leaf(kind, use.name, use.index), (), whole.axes[skip:], whole.shape[skip:], "float", whole.name)
        return mapped("stop", leaf, name=whole.name) if use.frozen else leaf

    def present(self, port: str, axis: str) -> Term | None:
        value = self.node.presence.get(f"{port}:{axis}")
        if value is None or value.constant is True:
            return None
        return self._operand("value", f"{port}:{axis}")

    def product(self, *factors: tuple[Any, Axes], out: Axes) -> Term:
        given = [(x if isinstance(x, Term) else constant(float(x)), labels) for x, labels in factors]
        return product(given, out, name=self.node.name)

    def share(self, mask: Any, axis: str, of: Of) -> Term:
        op = Share(axis, of, self.call.dtype)
        return Term(op, (mask,), mask.axes, mask.shape, "float", self.node.name)

    def map(self, function: str, *operands: Any, dtype: Any = "float") -> Term:
        given = [x if isinstance(x, Term) else constant(x) for x in operands]
        return mapped(function, *given, dtype=dtype, name=self.node.name)

    def simplex(self, by: By, logits: Any, allowed: Any, axis: str) -> Term:
        operands = (logits,) if allowed is True else (logits, allowed)
        return Term(Simplex(axis, by), operands, *joint(operands), "float", self.node.name)

    def divided(self, term: Any, axis: str, rows: int, names: tuple[str, str]) -> Term:
        at = term.axes.index(axis)
        axes = (*term.axes[:at], *names, *term.axes[at + 1 :])
        shape = (*term.shape[:at], rows, term.shape[at] // rows, *term.shape[at + 1 :])
        return Term(Divided(axis, rows), (term,), axes, shape, "float", term.name)

    def named(self, term: Any, axes: Axes) -> Term:
        return replace(term, axes=axes) if isinstance(term.op, Product) else relabelled(term, axes)

    def _operand(self, kind: str, local: str) -> Term:
        at = next(i for i, r in enumerate(self.call.reads) if (r.kind, r.local) == (kind, local))
        return self.whole.operands[at]


def taken_apart(term: Term) -> Term | None:
    """The output of a call as products and maps; None if its operation does not say how."""
    if not isinstance(term.op, Pick) or term.op.kind != "output" or not isinstance(term.operands[0].op, Call):
        return None
    parts = CallParts(term.operands[0])
    found: Term | None = parts.node.op.pieces(parts)
    return found
