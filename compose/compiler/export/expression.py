"""One recorded operation as a Python expression."""

from __future__ import annotations

import ast
import inspect
import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch import fx
from torch.nn import functional

from compose.language.media import literal as as_literal

BINARY: Mapping[Any, type[ast.operator]] = {
    operator.add: ast.Add, operator.sub: ast.Sub, operator.mul: ast.Mult, operator.truediv: ast.Div,
    operator.floordiv: ast.FloorDiv, operator.mod: ast.Mod, operator.pow: ast.Pow, operator.matmul: ast.MatMult,
    operator.and_: ast.BitAnd, operator.or_: ast.BitOr, operator.xor: ast.BitXor,
}  # fmt: skip
COMPARED: Mapping[Any, type[ast.cmpop]] = {
    operator.lt: ast.Lt, operator.le: ast.LtE, operator.eq: ast.Eq, operator.ne: ast.NotEq, operator.gt: ast.Gt,
    operator.ge: ast.GtE,
}  # fmt: skip
UNARY: Mapping[Any, type[ast.unaryop]] = {operator.neg: ast.USub, operator.invert: ast.Invert}

Operand = Callable[[fx.Node], ast.expr]


class UnknownFunction(Exception):
    """A function that is not torch's: a file that imports torch only cannot call it."""


def expression(node: fx.Node, operand: Operand) -> ast.expr:
    """The Python that computes ``node``, given the expressions of what it reads.

    Raises:
        UnknownFunction: if it calls a function that neither torch nor Python's operators have.
    """
    args = [literal(a, operand) for a in node.args]
    kwargs = [ast.keyword(k, literal(v, operand)) for k, v in _told(node).items()]
    if node.op == "call_method":
        return ast.Call(ast.Attribute(args[0], str(node.target), ast.Load()), args[1:], kwargs)
    target: Any = node.target
    if target in BINARY:
        return ast.BinOp(args[0], BINARY[target](), args[1])
    if target in COMPARED:
        return ast.Compare(args[0], [COMPARED[target]()], [args[1]])
    if target in UNARY:
        return ast.UnaryOp(UNARY[target](), args[0])
    if target is operator.getitem:
        return ast.Subscript(args[0], args[1], ast.Load())
    if target is getattr:
        return ast.Attribute(args[0], str(node.args[1]), ast.Load())
    return ast.Call(text(_public(target)), args, kwargs)


def literal(value: Any, operand: Operand) -> ast.expr:
    """An argument: an operation's result, a number, or a container of those."""
    match value:
        case fx.Node():
            return operand(value)
        case tuple():
            return ast.Tuple([literal(v, operand) for v in value], ast.Load())
        case list():
            return ast.List([literal(v, operand) for v in value], ast.Load())
        case slice():
            parts = (value.start, value.stop, value.step)
            return ast.Slice(*(None if p is None else literal(p, operand) for p in parts))
        case str():
            return text(as_literal(value))
        case float() if not math.isfinite(value):
            return text(f"{'-' * (value < 0)}torch.{'nan' if math.isnan(value) else 'inf'}")
        case float():
            return text(repr(value).replace("e+", "e"))
        case torch.dtype() | torch.layout() | torch.memory_format():
            return text(str(value))
        case torch.device():
            return text(f"torch.device({as_literal(str(value))})")
    return ast.Constant(value)


def text(source: str) -> ast.expr:
    """Source text that stands for itself."""
    return ast.Name(source, ast.Load())


def unparsed(tree: ast.expr) -> str:
    """The source of an expression."""
    return ast.unparse(ast.fix_missing_locations(tree))


def _told(node: fx.Node) -> dict[str, Any]:
    """Keyword arguments that differ from the function's defaults."""
    try:
        usual = inspect.signature(node.target).parameters if callable(node.target) else {}
    except ValueError:
        usual = {}
    return {k: v for k, v in node.kwargs.items() if k not in usual or usual[k].default is not v}


@cache
def _public_names() -> dict[int, str]:
    """Function -> how to call it after ``import torch`` and ``from torch.nn import functional as F``."""
    places = {"torch": torch, "torch.linalg": torch.linalg, "torch.special": torch.special, "F": functional}
    return {id(f): f"{place}.{name}" for place, module in places.items() for name, f in vars(module).items()
            if callable(f) and not name.startswith("_")}


def _public(function: Any) -> str:
    name = _public_names().get(id(function))
    if name is None:
        raise UnknownFunction(getattr(function, "__qualname__", repr(function)))
    return name
