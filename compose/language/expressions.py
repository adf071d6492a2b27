"""The expressions that wire a spec: ``env.visible & groups.within``, ``square(q_tot - y)``, ``ceil(eta * agent)``.

Grammar, loosest binding first (all binary operators associate to the left)::

    E       E | E     E & E     E < <= == >= > E     E + - E     E * / E     -E ~E     ATOM
    ATOM    NUMBER | true | false | NAME(.NAME)* | f(E, ...) | (E)

A comparison binds *tighter* than ``&``: ``a < b & c`` is ``(a < b) & c``, as mathematics reads it (Python differs).
Expressions are data: parsed once, never evaluated by Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from compose.language.excerpt import MIMICS, named
from compose.language.functions import FUNCTIONS
from compose.language.numbers import spelled
from compose.language.slips import function_hint
from compose.language.symbols import TRUTHS, WORDS, symbol_hint, token_hint

LEVELS = (("|",), ("&",), ("<", "<=", "==", ">=", ">"), ("+", "-"), ("*", "/"))
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<op><=|==|>=|[-+*/<>&|~().,]))"
)
MAX_LENGTH, MAX_DEPTH, LARGEST = 1000, 40, 10**15


class ExpressionError(ValueError):
    """The text is no expression; ``offset`` and ``length`` say where, ``hint`` what may help."""

    def __init__(self, message: str, offset: int, length: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.offset, self.length, self.hint = message, offset, length, hint


@dataclass(frozen=True)
class Tree:
    """A parsed expression; ``start`` and ``end`` are offsets into its text (not part of equality)."""

    start: int = field(compare=False, kw_only=True, default=0)
    end: int = field(compare=False, kw_only=True, default=0)


@dataclass(frozen=True)
class Number(Tree):
    value: float | int


@dataclass(frozen=True)
class Truth(Tree):
    value: bool


@dataclass(frozen=True)
class Ref(Tree):
    """``env.visible``, ``q``, ``q.layers.p``: a name and, after dots, what is inside it."""

    parts: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.parts)


@dataclass(frozen=True)
class Apply(Tree):
    """A function or an operator (``+``, ``&``, ``neg``, ``not`` ...) applied to arguments."""

    function: str
    arguments: tuple[Tree, ...]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.at, self.depth = text, list(self._scan(text)), 0, 0

    def _scan(self, text: str) -> Iterator[tuple[str, str, int]]:
        at = 0
        while text[at:].strip():
            match = TOKEN.match(text, at)
            if match is None:
                at += len(text[at:]) - len(text[at:].lstrip())
                odd = text[at]
                name = "" if odd.isascii() else f" ({named(odd)})"
                hint = f"Did you mean '{MIMICS[odd]}'?" if odd in MIMICS else symbol_hint(text, at)
                raise ExpressionError(f"'{odd}'{name} has no meaning in an expression", at, hint=hint)
            kind = match.lastgroup or ""
            yield kind, match[kind], match.start(kind)
            at = match.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def position(self) -> int:
        return self.tokens[self.at][2] if self.at < len(self.tokens) else max(0, len(self.text.rstrip()) - 1)

    def take(self) -> tuple[str, str, int]:
        if self.at >= len(self.tokens):
            raise ExpressionError("the expression ends too early", self.position())
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, symbol: str) -> int:
        if self.peek() != symbol:
            got = f"'{self.peek()}'" if self.peek() else "the end"
            hint = token_hint(self.tokens, self.at)
            raise ExpressionError(f"expected '{symbol}', found {got}", self.position(), max(1, len(self.peek())), hint)
        return self.take()[2] + len(symbol)

    def binary(self, level: int) -> Tree:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in LEVELS[level]:
            symbol = self.take()[1]
            right = self.binary(level + 1)
            left = Apply(symbol, (left, right), start=left.start, end=right.end)
        return left

    def unary(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError(f"more than {MAX_DEPTH} levels deep", self.position())
        try:
            if self.peek() in ("-", "~"):
                _, symbol, start = self.take()
                inner = self.unary()
                if symbol == "-" and isinstance(inner, Number):
                    return Number(-inner.value + 0, start=start, end=inner.end)
                return Apply("neg" if symbol == "-" else "not", (inner,), start=start, end=inner.end)
            return self.atom()
        finally:
            self.depth -= 1

    def atom(self) -> Tree:
        kind, text, start = self.take()
        if kind == "number":
            value = float(text) if re.search(r"[.eE]", text) else int(text)
            if value > LARGEST:
                raise ExpressionError("numbers go up to 1e15", start, len(text))
            return Number(value, start=start, end=start + len(text))
        if kind == "name":
            return self.named(text, start)
        if text == "(":
            inner = self.binary(0)
            self.expect(")")
            return inner
        hint = token_hint(self.tokens, self.at - 1)
        raise ExpressionError(f"expected a name or a number, found '{text}'", start, len(text), hint)

    def named(self, text: str, start: int) -> Tree:
        if text in TRUTHS:
            raise ExpressionError(f"'{text}' is no truth value", start, len(text), f"write {TRUTHS[text]}")
        if text in ("true", "false"):
            return Truth(text == "true", start=start, end=start + len(text))
        if self.peek() == "(":
            return self.call(text, start)
        parts, end = [text], start + len(text)
        while self.peek() == ".":
            self.take()
            kind, part, at = self.take()
            if kind != "name":
                raise ExpressionError("a name must follow '.'", at, len(part))
            parts.append(part)
            end = at + len(part)
        return Ref(tuple(parts), start=start, end=end)

    def call(self, name: str, start: int) -> Tree:
        if name not in FUNCTIONS:
            if name.lower() in WORDS:
                raise ExpressionError(f"no function '{name}'", start, len(name), token_hint(self.tokens, self.at - 1))
            raise ExpressionError(f"no function '{name}'", start, len(name), function_hint(name))
        self.expect("(")
        arguments = [self.binary(0)]
        while self.peek() == ",":
            self.take()
            arguments.append(self.binary(0))
        end = self.expect(")")
        if len(arguments) != (arity := FUNCTIONS[name].arity):
            few = f"'{name}' takes {arity} argument{'s' * (arity > 1)}, got {len(arguments)}"
            raise ExpressionError(few, start, end - start, "A function with other arguments is a block.")
        return Apply(name, tuple(arguments), start=start, end=end)


@lru_cache(maxsize=4096)
def parse(text: str) -> Tree:
    """The tree of an expression. Raises :class:`ExpressionError` with the offset of the first mistake."""
    if len(text) > MAX_LENGTH:
        found = f"an expression has at most {MAX_LENGTH:,} characters; this one has {len(text):,}"
        raise ExpressionError(found, 0, len(text))
    if not text.strip():
        raise ExpressionError("the expression is empty", 0)
    parser = _Parser(text)
    tree = parser.binary(0)
    if parser.at < len(parser.tokens):
        _, rest, at = parser.tokens[parser.at]
        hint = token_hint(parser.tokens, parser.at)
        raise ExpressionError(f"unexpected '{rest}' after the expression", at, len(rest), hint)
    return tree


def unparse(tree: Tree, level: int = 0) -> str:
    """Canonical text: one space around binary operators, no parenthesis that is not needed."""
    match tree:
        case Truth():
            return "true" if tree.value else "false"
        case Number():
            text = spelled(tree.value)
            return f"({text})" if tree.value < 0 and level > len(LEVELS) - 1 else text
        case Ref():
            return str(tree)
        case Apply(function="neg" | "not"):
            return ("-" if tree.function == "neg" else "~") + unparse(tree.arguments[0], len(LEVELS))
        case Apply():
            mine = next((i for i, symbols in enumerate(LEVELS) if tree.function in symbols), None)
            if mine is None:
                return f"{tree.function}({', '.join(unparse(a) for a in tree.arguments)})"
            left, right = tree.arguments
            text = f"{unparse(left, mine)} {tree.function} {unparse(right, mine + 1)}"
            return f"({text})" if mine < level else text
    raise TypeError(f"not an expression: {tree!r}")


def references(tree: Tree) -> Iterator[Ref]:
    """Every reference in the tree, from left to right."""
    if isinstance(tree, Ref):
        yield tree
    elif isinstance(tree, Apply):
        for argument in tree.arguments:
            yield from references(argument)
