"""What the names of one spec are called in another, and the sizes behind them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

from compose.graph.sizes import UnknownSize
from compose.language.expressions import Apply, ExpressionError, Number, Ref, Tree, parse, unparse
from compose.language.nodes import EMPTY, Application
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import COMMUTES, Kind, Symbol

Names = Callable[[Symbol], Symbol | None]
"""What a symbol is called in the second spec, if it is there."""


class Called:
    """Names of one side in terms of the second spec. What is only in the first has a mark that no name has."""

    def __init__(self, side: Side, names: Names) -> None:
        self.side, self.names = side, names
        self.axis = lru_cache(maxsize=None)(self._axis)

    def symbol(self, symbol: Symbol) -> Symbol:
        return self.names(symbol) or Symbol(symbol.kind, f"{symbol.name}~", symbol.owner)

    def weight(self, name: str) -> str:
        """The name of a weight."""
        network, node, last = name.split(".", 2)
        symbol = self.symbol(Symbol("node", node, "" if network == "graph" else network))
        return f"{symbol.owner or 'graph'}.{symbol.name}.{last}"

    def path(self, dotted: str) -> str:
        """The name of a node inside applications, such as ``q.layers[0].x``."""
        spec, owner, found = self.side.spec, "", []
        for part in dotted.split("."):
            name = re.split(r"[\[#]", part)[0]
            found.append(self.symbol(Symbol("node", name, owner)).name + part[len(name):])
            body = spec.networks[owner].nodes if owner else spec.graph
            node = body.get(name)
            owner = node.network if isinstance(node, Application) else owner
        return ".".join(found)

    def size(self, text: str, variables: Mapping[str, str] = EMPTY) -> tuple[str, str]:
        """Text that may name axes, in the words of the second spec; and how many rows they stand for, as far as known.

        ``variables`` are what the capitals of a network stand for.
        """
        parts = _parsed(" ".join(variables.get(word, word) for word in text.split()))
        named = [self._named(_filled(tree, variables), prime) for tree, prime in parts]
        return " ".join(named), " ".join(self._rows(_filled(tree, variables)) for tree, _ in parts)

    def _axis(self, axis: str) -> str:
        return self.size(axis)[0]

    def _named(self, tree: Tree | str, prime: str) -> str:
        return tree if isinstance(tree, str) else unparse(_sorted(self._renamed(tree))).replace(" ", "") + prime

    def _renamed(self, tree: Tree) -> Tree:
        spec = self.side.spec
        match tree:
            case Ref(parts=(name,)):
                kinds: tuple[tuple[Kind, Mapping[str, object]], ...] = (("axis", spec.axes), ("param", spec.params))
                kind = next((kind for kind, table in kinds if name in table), None)
                return tree if kind is None else Ref((self.symbol(Symbol(kind, name)).name,))
            case Apply():
                return replace(tree, arguments=tuple(map(self._renamed, tree.arguments)))
        return tree

    def _rows(self, tree: Tree | str) -> str:
        """The number of rows; where an environment would have to say, what it is made of."""
        if isinstance(tree, str):
            return ""
        try:
            value = self.side.graph.table.evaluate(tree)
        except UnknownSize:
            return ""
        return unparse(_sorted(self._spelled_out(tree))) if value is None else repr(float(value))

    def _spelled_out(self, tree: Tree) -> Tree:
        """A size in terms of numbers and of axes of the environment."""
        spec = self.side.spec
        match tree:
            case Ref(parts=(name,)) if name in spec.axes:
                return self._spelled_out(spec.axes[name].tree)
            case Ref(parts=(name,)) if isinstance(number := spec.params.get(name), int | float):
                return Number(number)
            case Apply():
                return replace(tree, arguments=tuple(map(self._spelled_out, tree.arguments)))
        return tree


def _parsed(text: str) -> list[tuple[Tree | str, str]]:
    """A size, or several axes in a row, as trees, each with its primes; what is no expression stays text."""
    base = text.rstrip("'")
    try:
        return [(parse(base), text[len(base):])]
    except ExpressionError:
        words = text.split()
    return [part for word in words for part in _parsed(word)] if len(words) > 1 else [(text, "")]


def _filled(tree: Tree | str, variables: Mapping[str, str]) -> Tree | str:
    match tree:
        case Ref(parts=(name,)) if name in variables:
            (found, _), *_ = _parsed(variables[name])
            return found
        case Apply():
            filled = [_filled(argument, variables) for argument in tree.arguments]
            return replace(tree, arguments=tuple(f for f in filled if isinstance(f, Tree)))
    return tree


def _sorted(tree: Tree) -> Tree:
    """The same with operands of what commutes in the order of their texts."""
    if not isinstance(tree, Apply):
        return tree
    arguments = tuple(map(_sorted, tree.arguments))
    return replace(tree, arguments=tuple(sorted(arguments, key=unparse)) if tree.function in COMMUTES else arguments)
