"""What follows from the changes: axes, weights, losses, acting, proofs, data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.intervals import ends, interval
from compose.graph.sizes import UnknownSize
from compose.language.axes import Axes
from compose.language.diagnostics import SpecError
from compose.reading.diff.called import Called
from compose.reading.diff.changes import Change
from compose.reading.diff.matching import Matching
from compose.reading.diff.meaning import Meaning, meanings
from compose.reading.diff.side import Side
from compose.reading.diff.spec_terms import Symbol


@dataclass(frozen=True)
class AxisEffect:
    """An axis that came, went or has another size; what it did not have is None."""

    name: str
    before: str | None
    after: str | None
    rows_before: int | None
    rows_after: int | None


@dataclass(frozen=True)
class WeightEffect:
    """A weight under its name in the second spec (in the first, if it is gone); numbers are None while symbolic."""

    name: str
    network: str
    before: Axes | None
    after: Axes | None
    numbers_before: int | None
    numbers_after: int | None


@dataclass(frozen=True)
class LossEffect:
    """What became of a loss; the range of its weight, (0.5, 0.5) for 0.5, and its first and last value (None where they
    depend on more than clocks)."""

    name: str
    measures: Literal["new", "gone", "the same", "something else"]
    weight_before: tuple[float, float] | None
    weight_after: tuple[float, float] | None
    course_before: tuple[float, float] | None
    course_after: tuple[float, float] | None
    weighs_same: bool
    """Has it the same weight at all times?"""


@dataclass(frozen=True)
class ProofEffect:
    """One check, before and after, and what the specs claim of it."""

    name: str
    before: str
    after: str
    how: str
    """Why it comes out so now."""
    path: tuple[str, ...]
    claimed_before: str | None
    claimed_after: str | None
    as_claimed: bool

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Consequences:
    """All that follows. Pairs are (before, after)."""

    axes: tuple[AxisEffect, ...]
    weights: tuple[WeightEffect, ...]
    numbers: tuple[int | None, int | None]
    """All weights together; None while symbolic."""
    networks: dict[str, tuple[int | None, int | None]]
    """The numbers of every network whose weights changed; "graph" for nodes outside networks."""
    losses: tuple[LossEffect, ...]
    values_same: bool
    """Do agents act on the same values, among the same actions?"""
    choice_same: bool
    """Do they choose in the same way (greedy, epsilon)?"""
    proofs: tuple[ProofEffect, ...]
    updates: tuple[float | None, float | None]
    """Gradient updates for each collected episode; None where pieces of them are collected."""
    environments: tuple[str | None, str | None]


def consequences(before: Side, after: Side, matching: Matching, changes: Iterable[Change]) -> Consequences:
    """Compare two typed graphs under a matching of their names."""
    mine, theirs = meanings(*_comparable(before, after), matching.pairs.get)
    act = next((c for c in changes if c.symbol == Symbol("part", "act")), None)
    choice_same = act is None or all(f.wire for f in act.fields)
    values_same = all(mine.of(getattr(mine.graph, name)) == theirs.of(getattr(theirs.graph, name))
                      for name in ("act_values", "act_variance", "act_where"))
    then, now = (None if (one := side.spec.learner.updates).horizon else one.updates / one.episodes
                 for side in (before, after))
    return Consequences(
        axes=tuple(_axes(before, after, matching)),
        weights=(weights := tuple(_weights(before, after, matching))),
        numbers=(numbers(before.graph), numbers(after.graph)),
        networks=_networks(before, after, matching, weights),
        losses=tuple(_losses(before, after, matching, mine, theirs)),
        values_same=values_same, choice_same=choice_same,
        proofs=tuple(_proofs(before, after)),
        updates=(then, now),
        environments=(before.environment, after.environment),
    )  # fmt: skip


def _comparable(before: Side, after: Side) -> tuple[Side, Side]:
    """Both in one environment: the one they share, else with symbolic sizes."""
    sides = [before, after]
    schemas = [side.graph.schema for side in sides]
    if schemas[0] != schemas[1]:
        with suppress(SpecError):  # one of them may read a field that only its own environment has
            sides = [Side(side.loaded, build_graph(side.loaded), side.title) for side in sides]
    return sides[0], sides[1]


def numbers(graph: Graph, network: str | None = None) -> int | None:
    """How many numbers all weights hold, or those of one network; None while symbolic."""
    counts = [count(graph, info.axes) for info in graph.weights.values() if network in (None, info.network)]
    known = [n for n in counts if n is not None]
    return sum(known) if len(known) == len(counts) else None


def count(graph: Graph, axes: Axes) -> int | None:
    """How many numbers a tensor over ``axes`` holds; None while symbolic."""
    sizes = [rows(graph, axis) for axis in axes]
    known = [n for n in sizes if n is not None]
    return math.prod(known) if len(known) == len(sizes) else None


def rows(graph: Graph, axis: str) -> int | None:
    """Rows of an axis; None while symbolic."""
    try:
        return graph.table.size(axis)
    except UnknownSize:
        return None


def _axes(before: Side, after: Side, matching: Matching) -> Iterable[AxisEffect]:
    mine, theirs = before.spec.axes, after.spec.axes
    for name, size in theirs.items():
        old = matching.back.get(Symbol("axis", name))
        said = None if old is None else str(mine[old.name])
        now, then = rows(after.graph, name), None if old is None else rows(before.graph, old.name)
        same = old is not None and matching.same(before.parts.items[old].fields[""],
                                                 after.parts.items[Symbol("axis", name)].fields[""])
        if not same or (now != then and before.environment == after.environment):
            yield AxisEffect(name, said, str(size), then, now)
    for name, size in mine.items():
        if Symbol("axis", name) not in matching.pairs:
            yield AxisEffect(name, str(size), None, rows(before.graph, name), None)


def _weights(before: Side, after: Side, matching: Matching) -> Iterable[WeightEffect]:
    """Weights that came, went or have other axes or, in one environment, another size."""
    names = Called(before, matching.pairs.get)
    own = Called(after, lambda symbol: symbol)
    old = {names.weight(name): info for name, info in before.graph.weights.items()}
    for name, info in after.graph.weights.items():
        then = old.pop(name, None)
        now, past = count(after.graph, info.axes), None if then is None else count(before.graph, then.axes)
        alike = then is not None and tuple(map(names.axis, then.axes)) == tuple(map(own.axis, info.axes))
        if not alike or (now != past and before.environment == after.environment):
            yield WeightEffect(name, info.network, None if then is None else then.axes, info.axes, past, now)
    for info in old.values():
        yield WeightEffect(info.name, info.network, info.axes, None, count(before.graph, info.axes), None)


def _networks(before: Side, after: Side, matching: Matching,
              weights: Iterable[WeightEffect]) -> dict[str, tuple[int | None, int | None]]:
    old = {b.name: a.name for b, a in matching.back.items() if b.kind == "network"}
    touched = dict.fromkeys((weight.network, weight.after is None) for weight in weights)
    found = {}
    for network, gone in touched:
        then = old.get(network, "") if not gone else network
        now = network if not gone else next((b for b, a in old.items() if a == network), "")
        both = "graph" if network == "graph" else None
        found[both or now or then] = (numbers(before.graph, both or then), numbers(after.graph, both or now))
    return found


def _losses(before: Side, after: Side, matching: Matching, mine: Meaning, theirs: Meaning) -> Iterable[LossEffect]:
    for name, term in theirs.graph.losses.items():
        old = matching.back.get(Symbol("loss", name))
        now, course = interval(term.weight), ends(after.spec, term.weight)
        if old is None:
            yield LossEffect(name, "new", None, now, None, course, weighs_same=False)
            continue
        held = mine.graph.losses[old.name]
        fate: Literal["the same", "something else"] = (
            "the same" if mine.loss(held) == theirs.loss(term) else "something else")
        yield LossEffect(name, fate, interval(held.weight), now, ends(before.spec, held.weight), course,
                         mine.of(held.weight) == theirs.of(term.weight))
    for name, term in before.graph.losses.items():
        if Symbol("loss", name) not in matching.pairs:
            then = interval(term.weight)
            yield LossEffect(name, "gone", then, None, ends(before.spec, term.weight), None, weighs_same=False)


def _proofs(before: Side, after: Side) -> Iterable[ProofEffect]:
    for then, now in zip(before.proofs, after.proofs, strict=True):
        yield ProofEffect(now.name, then.outcome, now.outcome, now.how, now.path, then.expected, now.expected,
                          now.as_claimed)
