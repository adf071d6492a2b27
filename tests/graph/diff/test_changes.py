"""Nothing is silently equal, and B against A tells what A against B tells, the other way round."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from compose.graph.build import build_graph
from compose.graph.diff import Diff, data
from compose.graph.diff.anatomy import Anatomy
from compose.graph.diff.changes import Change, compare
from compose.language.diagnostics import Path, SpecError, dotted
from compose.language.load import load_data
from tests.graph.diff.sides import between, changed, loaded

PAIRS = [
    ("qmix_attention", "refil"), ("refil", "refil_official"), ("refil", "refil_vdn"),
    ("vdn_attention", "qmix_attention"), ("qmix_attention", "qmix_max_pooling"), ("refil", "refil_group_matching"),
    ("iql", "vdn"), ("vdn", "qmix"), ("vdn", "qtran"), ("qmix", "qplex"), ("qmix", "ow_qmix"),
    ("qmix_attention", "soft_roles"), ("qmix_attention", "qmix_updet"), ("iql", "qmix_attention"),
    ("refil_fixed_oracle", "refil_randomized_oracle"),
]


def facts(changes: list[Change] | tuple[Change, ...], *, mirrored: bool = False) -> Counter[tuple[object, ...]]:
    """Changes as plain facts; ``mirrored`` as they read from the other end."""
    found: Counter[tuple[object, ...]] = Counter()
    for change in changes:
        ends = [None if end is None else dotted(end.path) for end in (change.before, change.after)]
        how = {"added": "removed", "removed": "added"}.get(change.how, change.how) if mirrored else change.how
        values = [(field.before, field.after) for field in change.fields]
        turned = Counter((b, a) if mirrored else (a, b) for a, b in values)
        found[(how, *(reversed(ends) if mirrored else ends), frozenset(turned.items()))] += 1
    return found


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_other_way_round_is_the_mirror_image(before: str, after: str) -> None:
    there, back = between(before, after), between(after, before)
    assert facts(there.changes) == facts(back.changes, mirrored=True)
    assert {(b, a) for a, b in there.renames} == set(back.renames)
    assert there.consequences.numbers == back.consequences.numbers[::-1]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_change_is_told(before: str, after: str) -> None:
    found = between(before, after)
    told = data(found)
    places = {entry["after"] or entry["before"] for entry in (*told["wiring"], *told["settings"])}
    apart = ("axis", "variable")  # among the consequences; within the inputs that use them
    missing = {dotted(change.symbol.path) for change in found.changes
               if change.symbol.kind not in apart and change.symbol.name != "claims"} - places
    new = {change.symbol.name for change in found.changes
           if change.how in ("added", "removed") and change.symbol.kind == "network"}
    assert {path for path in missing if not any(path.startswith(f"networks.{name}.inputs") for name in new)} == set()
    axes = {effect["name"] for effect in told["consequences"]["axes"]}
    assert axes >= {change.symbol.name for change in found.changes if change.symbol.kind == "axis"}


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every plain value of nested data with its path."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*at, index))
    else:
        yield at, value


REFIL = loaded("refil").spec.data(defaults=True)
PROSE = ("compose", "name", "summary", "paper", "abstract", "example_env")
COPIES = ("b1", "w2", "v")
"""Networks built as w1; one of the four will do."""
LEAVES = [(at, value) for at, value in leaves(REFIL)
          if at[0] not in PROSE and not (at[0] == "networks" and at[1] in COPIES)]
WORDS = ["slots", "max", "abs", "elu", "greedy", "soft", "none", "proved", "polyak", "2 per episode", "100 updates",
         "bool batch time agent entity", "batch time agent mixing", "agent", "hyper", "seen", "env.visible", "true"]


def edits(at: Path, value: Any) -> list[Any]:
    """Other values for one leaf, many of which a spec may have there."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [number for number in (value * 2, value + 1, value / 2) if number != value]
    near = {str(other) for place, other in LEAVES if isinstance(other, str) and place[-1] == at[-1]}
    return [*sorted(near - {value})[:3], *(word for word in WORDS[len(at[-2:]) + len(value) :: 5] if word != value)]


def meaningless(at: Path) -> bool:
    """Does nothing depend on it? The axes that a network says it returns are a check; without `repeat`, nothing is
    `tied`."""
    return (len(at) == 4 and at[0] == "networks" and at[2] == "returns") or at[-1] == "tied"


@pytest.mark.parametrize("at", [at for at, _ in LEAVES if not meaningless(at)], ids=dotted)
def test_every_edit_of_one_value_is_told(at: Path) -> None:
    before = Anatomy(loaded("refil").spec)
    for edit in edits(at, dict(LEAVES)[at]):
        mutant = copy.deepcopy(REFIL)
        inside = mutant
        for part in at[:-1]:
            inside = inside[part]
        inside[at[-1]] = edit
        try:
            after = load_data(mutant)
        except SpecError:
            continue
        if compare(before, Anatomy(after.spec))[1]:
            continue
        with pytest.raises(SpecError):  # what is told as equal is no spec, or is a difference
            build_graph(after)


def test_a_node_that_moves_into_a_network_is_told_as_moved() -> None:
    node = {"block": "linear", "of": "q", "to": "action"}
    outside = changed("vdn_attention", graph={"more": node, "taken": {"of": "more"}})
    inside = changed("vdn_attention", networks={"utility": {"nodes": {"more": node}}},
                     graph={"taken": {"of": "q.more"}})
    assert ("moved", "networks.utility.nodes.more") in told(between(outside, inside))
    assert ("moved", "graph.more") in told(between(inside, outside))


def test_a_node_like_another_elsewhere_has_not_moved() -> None:
    found = told(between("qmix_attention", "qmix_updet"))
    assert {("removed", "networks.utility.nodes.a"), ("added", "networks.transformer.nodes.a")} <= found


def told(found: Diff) -> set[tuple[str, str]]:
    return {(change.how, dotted(change.symbol.path)) for change in found.changes}
