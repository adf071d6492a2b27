"""Expressions in Python: handles stand for values of a spec, and operators on them write its expressions.

    env.visible & g.groups.within        ->  env.visible & groups.within
    square(g.q_tot - stop(g.y))          ->  square(q_tot - stop(y))

Nothing is computed: a handle is the text of an expression, and means what the text would mean in a file. Dots enter
outputs and applications (``groups.within``, ``q.h``); a name that Python keeps for itself takes a trailing underscore
(``g.lambda_``), and ``g["any name"]`` always works. ``==`` stays Python's; `Handle.equals` writes it. ``abs(x)`` is
Python's own ``abs``.
"""

from __future__ import annotations

import keyword
import math
from typing import Any, NoReturn

from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.expressions import Apply, ExpressionError, Number, Ref, Tree, Truth, parse, unparse


def spelled(name: str) -> str:
    """A name as a file writes it: ``lambda_`` is ``lambda``."""
    if not isinstance(name, str):
        misuse(f"a name is a text, not {name!r}")
    return name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name


def misuse(message: str, hint: str = "") -> NoReturn:
    """Refuse what cannot be said. Raises SpecError ``python.misuse``."""
    raise SpecError(Diagnostic("python.misuse", message, hint=hint))


def tree_of(value: object) -> Tree:
    """The expression that a handle, a text, a number or a truth value stands for. Raises SpecError."""
    match value:
        case Handle():
            return value._tree
        case bool():
            return Truth(value)
        case int():
            return Number(int(value))
        case float() if math.isfinite(value):
            return Number(float(value))
        case str():
            return _parse(value)
    kind = type(value).__name__
    hint = "give it a name first: graph.NAME = ..., then write graph.NAME" if isinstance(value, dict) else ""
    what = "a node that has no name" if hint else str(value) if kind == "float" else f"a value of type {kind}"
    misuse(f"an expression cannot hold {what}", hint)


def _parse(text: str) -> Tree:
    try:
        return parse(text)
    except ExpressionError as error:
        shown = text if len(text) < 80 else f"{text[:80]} ..."
        misuse(f"'{shown}' is no expression: {error.message}", error.hint)


class Handle:
    """A value of the spec, or an expression over such values: ``g.q``, ``env.visible & g.groups.within``.

    Operators and functions take handles, texts, numbers and truth values. All of them raise SpecError
    (``python.misuse``) for anything else, and so does whatever would be lost, such as setting an attribute.
    """

    __slots__ = ("_tree",)
    _tree: Tree

    def __init__(self, tree: Tree) -> None:
        object.__setattr__(self, "_tree", tree)

    def __str__(self) -> str:
        return unparse(self._tree)

    def __repr__(self) -> str:
        return f"<{self}>"

    # ----------------------------------------------------------------- names

    def __getitem__(self, name: str) -> Handle:
        """An output of a node, a node inside an application, a field of the environment.

        Raises SpecError for a part of an expression that has no name.
        """
        if not isinstance(self._tree, Ref):
            misuse(f"'{self}' is an expression; it has no '{name}'", "only named nodes have outputs")
        return Handle(Ref((*self._tree.parts, spelled(name))))

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: object) -> None:
        misuse(f"'{self}.{name}' cannot be set: a handle only reads", f"change a node with {self} = patch({name}=...)")

    # ------------------------------------------------------------- operators

    def _apply(self, function: str, *others: object) -> Handle:
        return apply(function, self, *others)

    def equals(self, other: object) -> Handle:
        """``self == other`` in the spec."""
        return self._apply("==", other)

    def __and__(self, other: object) -> Handle:
        return self._apply("&", other)

    def __rand__(self, other: object) -> Handle:
        return apply("&", other, self)

    def __or__(self, other: object) -> Handle:
        return self._apply("|", other)

    def __ror__(self, other: object) -> Handle:
        return apply("|", other, self)

    def __add__(self, other: object) -> Handle:
        return self._apply("+", other)

    def __radd__(self, other: object) -> Handle:
        return apply("+", other, self)

    def __sub__(self, other: object) -> Handle:
        return self._apply("-", other)

    def __rsub__(self, other: object) -> Handle:
        return apply("-", other, self)

    def __mul__(self, other: object) -> Handle:
        return self._apply("*", other)

    def __rmul__(self, other: object) -> Handle:
        return apply("*", other, self)

    def __truediv__(self, other: object) -> Handle:
        return self._apply("/", other)

    def __rtruediv__(self, other: object) -> Handle:
        return apply("/", other, self)

    def __lt__(self, other: object) -> Handle:
        return self._apply("<", other)

    def __le__(self, other: object) -> Handle:
        return self._apply("<=", other)

    def __gt__(self, other: object) -> Handle:
        return self._apply(">", other)

    def __ge__(self, other: object) -> Handle:
        return self._apply(">=", other)

    def __invert__(self) -> Handle:
        return self._apply("not")

    def __neg__(self) -> Handle:
        return self._apply("neg")

    def __abs__(self) -> Handle:
        return self._apply("abs")

    def __bool__(self) -> bool:
        misuse(f"'{self}' has no truth value yet", "write & | ~ for and, or, not; chain comparisons with &")

    def __iter__(self) -> Any:
        misuse(f"'{self}' cannot be iterated over")


def apply(function: str, *operands: object) -> Handle:
    """A function or operator over expressions. Raises SpecError where one cannot be an operand."""
    return Handle(_parse(unparse(Apply(function, tuple(map(tree_of, operands))))))


env = Handle(Ref(("env",)))
"""The environment: ``env.visible``."""
played = Handle(Ref(("played",)))
"""What acting has recorded: ``played.log_mu``."""


def stop(x: object) -> Handle:
    """x, through which no gradient passes."""
    return apply("stop", x)


def previous(x: object) -> Handle:
    """x one step earlier; zeros at the first step."""
    return apply("previous", x)


def first(x: object) -> Handle:
    """x at the first step of the episode."""
    return apply("first", x)


def agents(x: object) -> Handle:
    """The agents' rows of x."""
    return apply("agents", x)


def others(x: object) -> Handle:
    """The rows of x of entities that are no agents."""
    return apply("others", x)


def entities(x: object) -> Handle:
    """The agents' rows of x as rows of entities; zeros for those who are no agents."""
    return apply("entities", x)


def square(x: object) -> Handle:
    """``x^2``"""
    return apply("square", x)


def sqrt(x: object) -> Handle:
    """The square root; its gradient at 0 is infinite."""
    return apply("sqrt", x)


def exp(x: object) -> Handle:
    """``e^x``"""
    return apply("exp", x)


def log(x: object) -> Handle:
    """The natural logarithm."""
    return apply("log", x)


def relu(x: object) -> Handle:
    """``max(x, 0)``"""
    return apply("relu", x)


def leaky_relu(x: object) -> Handle:
    """``max(x, 0.01 x)``"""
    return apply("leaky_relu", x)


def elu(x: object) -> Handle:
    """``x``, or ``e^x - 1`` where x is negative."""
    return apply("elu", x)


def tanh(x: object) -> Handle:
    """``(e^x - e^-x) / (e^x + e^-x)``"""
    return apply("tanh", x)


def sigmoid(x: object) -> Handle:
    """``1 / (1 + e^-x)``"""
    return apply("sigmoid", x)


def softplus(x: object) -> Handle:
    """``log(1 + e^x)``"""
    return apply("softplus", x)


def minimum(x: object, y: object) -> Handle:
    """The smaller of the two."""
    return apply("minimum", x, y)


def maximum(x: object, y: object) -> Handle:
    """The larger of the two."""
    return apply("maximum", x, y)


def ceil(x: object) -> Handle:
    """The next whole number above."""
    return apply("ceil", x)


def floor(x: object) -> Handle:
    """The next whole number below."""
    return apply("floor", x)
