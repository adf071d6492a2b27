"""Functions and operators of expressions, one row each: everything that the language, types, proofs and programs ask.

None takes an argument beyond tensors; whatever does is a block. Nothing here imports torch before it computes.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from compose.language import ranges
from compose.language.facts import NEVER, Range
from compose.language.ranges import Span

Signs = tuple[bool, ...]
"""Which operands are never negative."""


def nothing(*operands: Any) -> tuple[int, ...]:
    """No direction is known, no operand is dead."""
    return (0,) * len(operands)


@dataclass(frozen=True)
class Closed:
    """What is known of one function."""

    doc: str
    """What it is of x (and y)."""
    compute: Callable[..., Any] | None = None
    """On tensors; None: it is about rows or steps and has a class of its own (:mod:`compose.graph.structure`)."""
    number: Callable[..., float] | None = None
    """On plain numbers or truth values; None: it has no meaning there."""
    arity: int = 1
    takes: Literal["numbers", "masks", "alike", "anything"] = "numbers"
    """``alike``: two masks, or numbers twice."""
    gives: Literal["numbers", "masks", "same"] = "numbers"
    nonneg: Callable[[Signs], bool] = lambda signs: False
    """Is the result never negative?"""
    rises: Callable[[Signs], tuple[int, ...]] = lambda signs: nothing(*signs)
    """For each operand 1 if the result never falls when it rises, -1 if it never rises, 0 if that is not known."""
    span: Span = lambda *operands: None
    """The range of the result by those of the operands."""
    dead: Callable[..., tuple[int, ...]] = nothing
    """For each operand, by their ranges, 1 if its gradient is 0."""


def _up(signs: Signs) -> tuple[int, ...]:
    return (1,) * len(signs)


def _always(signs: Signs) -> bool:
    return True


def _functional(name: str) -> Callable[[Any], Any]:
    def call(x: Any) -> Any:
        import torch.nn.functional as F

        return getattr(F, name)(x)

    return call


def _method(name: str) -> Callable[[Any], Any]:
    return lambda x: getattr(x, name)()


def _stopped(x: Any) -> Any:
    return x if isinstance(x, bool | int | float) else x.detach()


def _bounded(x: Any, y: Any, low: bool) -> Any:
    import torch

    if isinstance(x, int | float):
        x, y = y, x
    if isinstance(y, int | float):
        return x.clamp(min=y) if low else x.clamp(max=y)
    return torch.maximum(x, y) if low else torch.minimum(x, y)


def _rising(doc: str, compute: Callable[[Any], Any], number: Callable[[float], float], *,
            nonneg: Callable[[Signs], bool] = lambda signs: False,
            dead: Callable[..., tuple[int, ...]] = nothing) -> Closed:
    """A function of one number that never falls, so that a range goes to the range of its ends."""
    return Closed(doc, compute, number, nonneg=nonneg, rises=_up, span=ranges.rising(number), dead=dead)


def _compared(symbol: str, doc: str, holds: Callable[[Any, Any], Any]) -> Closed:
    return Closed(doc, holds, holds, 2, gives="masks", span=ranges.compared(symbol, holds))


OPERATORS: Mapping[str, Closed] = {
    "+": Closed("x + y", operator.add, operator.add, 2, nonneg=all, rises=_up, span=ranges.added),
    "-": Closed("x - y", operator.sub, operator.sub, 2, rises=lambda signs: (1, -1), span=ranges.subtracted),
    "*": Closed("x y", operator.mul, operator.mul, 2, nonneg=all, rises=lambda signs: (int(signs[1]), int(signs[0])),
                span=ranges.multiplied, dead=lambda x, y: (int(y == NEVER), int(x == NEVER))),
    "/": Closed("x / y", operator.truediv, operator.truediv, 2, nonneg=all, rises=lambda signs: (int(signs[1]), 0),
                span=ranges.divided, dead=lambda x, y: (0, int(x == NEVER))),
    "<": _compared("<", "x < y", operator.lt), "<=": _compared("<=", "x <= y", operator.le),
    ">": _compared(">", "x > y", operator.gt), ">=": _compared(">=", "x >= y", operator.ge),
    "==": Closed("x is y", operator.eq, operator.eq, 2, "alike", "masks"),
    "&": Closed("both", operator.and_, operator.and_, 2, "masks", "masks", span=ranges.least),
    "|": Closed("one or both", operator.or_, operator.or_, 2, "masks", "masks", span=ranges.most),
    "neg": Closed("-x", operator.neg, operator.neg, rises=lambda signs: (-1,), span=lambda x: (-x[1], -x[0])),
    "not": Closed("~x", lambda x: not x if isinstance(x, bool) else ~x, operator.not_, 1, "masks", "masks",
                  span=lambda x: (1 - x[1], 1 - x[0])),
}  # fmt: skip
"""What expressions write as symbols; ``neg`` and ``not`` are ``-x`` and ``~x``."""

FUNCTIONS: Mapping[str, Closed] = {
    "stop": Closed("x, through which no gradient passes", _stopped, lambda x: x, 1, "anything", "same", nonneg=all,
                   rises=_up, span=lambda x: x, dead=lambda x: (1,)),
    "previous": Closed("x one step earlier; zeros at the first step", takes="anything"),
    "first": Closed("x at the first step of the episode", number=lambda x: x, takes="anything"),
    "agents": Closed("the agents' rows of x, on the axis `agent`", takes="anything"),
    "others": Closed("the other entities' rows of x, on the axis `other`", takes="anything"),
    "entities": Closed("rows of agents as rows of entities, zeros for others", takes="anything"),
    "square": Closed("x²", lambda x: x * x, lambda x: x * x, nonneg=_always, rises=lambda signs: (int(signs[0]),),
                     span=ranges.squared, dead=lambda x: (int(x == NEVER),)),
    "sqrt": _rising("√x; x must not be able to be negative", _method("sqrt"), math.sqrt, nonneg=_always),
    "abs": Closed("|x|", _method("abs"), abs, nonneg=_always, rises=lambda signs: (int(signs[0]),), span=ranges.size),
    "exp": _rising("eˣ", _method("exp"), math.exp, nonneg=_always),
    "log": Closed("ln x", _method("log"), math.log, rises=_up, span=ranges.logarithm),
    "relu": _rising("max(x, 0)", _functional("relu"), lambda x: max(x, 0.0), nonneg=_always,
                    dead=lambda x: (int(x[1] <= 0),)),
    "leaky_relu": _rising("max(x, 0.01 x)", _functional("leaky_relu"), lambda x: max(x, 0.01 * x)),
    "elu": _rising("x if x > 0, else eˣ - 1", _functional("elu"), lambda x: x if x > 0 else math.expm1(x)),
    "tanh": _rising("tanh x", _method("tanh"), math.tanh, nonneg=all),
    "sigmoid": _rising("1 / (1 + e⁻ˣ)", _method("sigmoid"), lambda x: 0.5 * (1 + math.tanh(x / 2)), nonneg=_always),
    "softplus": _rising("ln(1 + eˣ)", _functional("softplus"),
                        lambda x: max(x, 0.0) + math.log1p(math.exp(-abs(x))), nonneg=_always),
    "minimum": Closed("the lesser of x and y", lambda x, y: _bounded(x, y, False), min, 2, nonneg=all, rises=_up,
                      span=ranges.least, dead=lambda x, y: (int(_above(x, y)), int(_above(y, x)))),
    "maximum": Closed("the greater of x and y", lambda x, y: _bounded(x, y, True), max, 2, nonneg=any, rises=_up,
                      span=ranges.most, dead=lambda x, y: (int(_below(x, y)), int(_below(y, x)))),
    "ceil": _rising("x rounded up", _method("ceil"), math.ceil, nonneg=all, dead=lambda x: (1,)),
    "floor": _rising("x rounded down", _method("floor"), math.floor, nonneg=all, dead=lambda x: (1,)),
}  # fmt: skip
"""What expressions call by name."""

CLOSED: Mapping[str, Closed] = {**OPERATORS, **FUNCTIONS}
"""All of them."""


def _above(one: Range, other: Range) -> bool:
    """Is it never the lesser of two?"""
    return one[0] > other[1] or one[0] == other[1] < one[1]


def _below(one: Range, other: Range) -> bool:
    """Is it never the greater of two?"""
    return one[1] < other[0] or one[1] == other[0] > one[0]
