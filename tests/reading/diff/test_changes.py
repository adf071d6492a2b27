"""Nothing is silently equal, and B against A tells what A against B tells, the other way round."""

from __future__ import annotations

from collections import Counter

import pytest

from compose.language.diagnostics import dotted
from compose.reading.diff import Diff, data
from compose.reading.diff.changes import Change
from tests.marked import first
from tests.reading.diff.sides import Side, between, changed

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


@pytest.mark.parametrize(("before", "after"), first(PAIRS[::3], PAIRS))
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


def test_long_sums_and_chains_take_no_time() -> None:
    """What commutes can be paired in many ways, and names can stand for names; neither is tried out."""
    def summed(first: int) -> Side:
        terms = {f"t{i}": f"taken * {first + i}" for i in range(24)}
        chain = {f"c{i}": f"{f'c{i - 1}' if i else ' + '.join(terms)} + {first * i + 1}" for i in range(24)}
        return changed("vdn_attention", graph={**terms, **chain, "q_tot": {"of": "c23"}})

    found = between(summed(2), summed(100))
    assert len(found.changes) > 40
