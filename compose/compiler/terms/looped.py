"""A loop as one term: no pass looks into it, or past it in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compose.compiler.terms.term import Op, Term
from compose.compiler.unroll import Unrolled
from compose.graph.align import align


@dataclass(frozen=True)
class Looped(Op):
    """A loop over whole episodes; gives {"output": {name: tensor}}, as a call does."""

    unrolled: Unrolled

    def compute(self, term: Term, *tensors: Any) -> Any:
        given = [x if read.type is None else align(x, operand.axes, read.type.axes)
                 for read, x, operand in zip(self.unrolled.reads, tensors, term.operands, strict=True)]
        found = self.unrolled(*given)
        names = (value.name for value in self.unrolled.loop.gives)
        return {"output": dict(zip(names, found, strict=True)), "carry": {}}
