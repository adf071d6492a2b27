"""Forms: values that are said to be the same are, whatever the numbers are; what cancels is found."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose.graph.forms import Forms
from compose.graph.functions import Elementwise, of_numbers
from compose.graph.node import Node, Value
from compose.language.axes import Type
from compose.language.functions import CLOSED
from compose.language.operation import ALWAYS, NEVER

NUMBERS = {name: row.arity for name, row in CLOSED.items()
           if row.number is not None and row.takes != "masks" and row.gives != "masks" and row.compute is not None}
MASKS = ("<", "<=", ">", ">=", "==", "&", "|", "not")


class Grown:
    """Expressions, operands before users, and what they are at some numbers."""

    def __init__(self, leaves: dict[str, float]) -> None:
        self.nodes: list[Node] = []
        self.numbers = {name: Value(name, Type((), "float")) for name in leaves}
        self.at = {value: leaves[name] for name, value in self.numbers.items()}

    def constant(self, number: float) -> Value:
        value = Value(str(number), Type((), "float"), constant=number)
        self.at[value] = number
        return value

    def node(self, name: str, *operands: Value) -> Value | None:
        """None where it has no value."""
        found: Any = of_numbers(name, [self.at[x] for x in operands])
        if found is None or (isinstance(found, float) and not abs(found) < 1e6):
            return None
        kind = operands[0].type.dtype if CLOSED[name].gives == "same" else "bool" if name in MASKS else "float"
        value = Value(name, Type((), kind))
        node = Node(name, Elementwise(name, len(operands)), (), None, {f"x{i}": x for i, x in enumerate(operands)})  # type: ignore[arg-type]
        value.node, node.values[""] = node, value
        self.nodes.append(node)
        self.at[value] = found
        return value


def grown(seed: int, size: int = 25) -> Grown:
    """At random, of few leaves, so that much is the same."""
    rng = random.Random(seed)
    game = Grown({"a": float(rng.randint(-3, 3)), "b": rng.choice([0.5, -2.0])})
    numbers = [*game.numbers.values(), game.constant(0.0), game.constant(1.0), game.constant(2.0)]
    masks: list[Value] = []
    for _ in range(size):
        name = rng.choice([*NUMBERS, *"+-*-+", "neg"]) if rng.random() < 0.5 else rng.choice(MASKS)
        from_masks = name in ("&", "|", "not") or (name in ("==", "stop") and masks and rng.random() < 0.5)
        pool = masks if from_masks else numbers
        if pool and (made := game.node(name, *rng.choices(pool, k=CLOSED[name].arity))) is not None:
            (masks if made.type.dtype == "bool" else numbers).append(made)
    return game


@given(st.integers(0, 10**9))
def test_what_is_the_same_is_the_same_number(seed: int) -> None:
    game = grown(seed)
    forms, seen = Forms(game.nodes), dict[Any, Value]()
    for node in game.nodes:
        value = node.values[""]
        at, of = game.at[value], forms.range(value)
        if of is not None:
            assert math.isclose(of[0], at, rel_tol=1e-6, abs_tol=1e-6), f"{seed}: {value} is {at}, not {of}"
        first = seen.setdefault((value.type.dtype, forms.of(value)), value)
        assert math.isclose(game.at[first], at, rel_tol=1e-6, abs_tol=1e-6), f"{seed}: {value} and {first}"


def test_what_cancels_is_found() -> None:
    game = Grown({"a": 3.0, "b": 5.0})
    a, b = game.numbers.values()

    def node(name: str, *operands: Value) -> Value:
        found = game.node(name, *operands)
        assert found is not None
        return found

    less = node("<", a, b)
    found = {
        node("-", a, a): (0, 0), node("/", b, b): (1, 1), node("-", a, node("stop", a)): (0, 0),
        node("-", node("*", a, b), node("*", b, a)): (0, 0),
        node("&", less, node("not", less)): NEVER, node("&", less, node(">=", a, b)): NEVER,
        node("|", less, node("<=", b, a)): ALWAYS, node("==", a, a): ALWAYS, node("<", a, a): NEVER,
        node("-", a, b): None, node("&", less, node("==", a, b)): None,
    }
    forms, strict = Forms(game.nodes), Forms(game.nodes, stops=True)
    assert {value: forms.range(value) for value in found} == found
    kept = [value for value in found if "stop" in [x.name for x in value.node.operands()]]  # type: ignore[union-attr]
    assert [strict.range(value) for value in kept] == [None]


@pytest.mark.parametrize("depth", [5000])
def test_long_chains_are_no_deep_recursion(depth: int) -> None:
    game = Grown({"a": 0.0})
    value = game.numbers["a"]
    for _ in range(depth):
        value = game.node("+", value, game.constant(1.0)) or value
    assert Forms(game.nodes).of(value) == frozenset({(1, 1.0), ((), float(depth))})
