"""Names mean nothing: whatever is renamed, however, only renames are told."""

from __future__ import annotations

import random
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.graph.sizes import ENVIRONMENT
from compose.language.load import load_data
from compose.language.nodes import MODIFIERS
from compose.reading.diff.changes import compare
from compose.reading.diff.spec_parts import SpecParts
from tests.marked import first
from tests.reading.diff.renaming import Names, renamed
from tests.reading.diff.sides import PACKAGED, SPECS, between, changed, loaded, made
from tests.specs.handful import few

TAKEN = {*ENVIRONMENT, *MODIFIERS, "env", "true", "false", "scalar"}


def other_names(seed: int) -> Names:
    """Random names from a small stock, so that many a name goes over to something else."""
    chance = random.Random(seed)
    given: dict[tuple[str, str], str] = {}

    def another(where: str, name: str) -> str:
        while (where, name) not in given:
            fresh = chance.choice([*(old for _, old in given), *(f"{a}{b}" for a in "abcdefgh" for b in "xyz")])
            beside = {new for (place, _), new in given.items() if place == where or "sizes" in (place, where)}
            if fresh not in beside | TAKEN:
                given[where, name] = fresh
        return given[where, name]

    return another


FEW = ("refil", "ptm_group_matching", "vast", "qplex", "iql_epymarl", "updet", "transformer")


@pytest.mark.parametrize("spec", first(FEW, SPECS))
def test_renaming_everything_leaves_only_renames(spec: str) -> None:
    only_renames(spec, crc32(Path(spec).stem.encode()))


@pytest.mark.more
@pytest.mark.parametrize("spec", ["vdn_attention", "refil_multi_group", "vast_vdn"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=3, deadline=None)
def test_renaming_in_any_way_leaves_only_renames(spec: str, seed: int) -> None:
    only_renames(spec, seed)


def only_renames(spec: str, seed: int) -> None:
    before, names = loaded(spec), other_names(seed)
    after = load_data(renamed(before.document.data, names))
    matching, changes = compare(SpecParts(before.spec), SpecParts(after.spec))
    assert not changes
    assert matching.pairs.keys() == set(matching.before.items)
    places = {"param": "sizes", "axis": "sizes", "network": "networks", "loss": "losses", "optimizer": "optimizers"}
    for a, b in matching.pairs.items():
        if a.kind not in ("variable", "part"):
            assert names(places.get(a.kind, f"networks.{a.owner}" if a.owner else "graph"), a.name) == b.name


@pytest.mark.parametrize("spec", ["refil", "refil_group_matching"])
def test_what_is_renamed_computes_the_same(spec: str) -> None:
    found = between(spec, made(load_data(renamed(loaded(spec).document.data, other_names(7)))))
    assert found.equal
    assert len(found.renames) > 40
    after = found.consequences
    assert after.values_same
    assert after.choice_same
    assert not after.weights
    assert not after.axes
    assert {loss.measures for loss in after.losses} == {"the same"}
    assert not [proof for proof in after.proofs if proof.changed]


@pytest.mark.parametrize("spec", few([name for name in PACKAGED if "taken_bar" in loaded(name).spec.graph]))
def test_two_names_exchanged(spec: str) -> None:
    data = loaded(spec).document.data
    swap = {"taken": "taken_bar", "taken_bar": "taken"}

    def names(where: str, name: str) -> str:
        return swap.get(name, name) if where == "graph" else name

    matching, changes = compare(SpecParts(loaded(spec).spec), SpecParts(load_data(renamed(data, names)).spec))
    assert not changes
    assert {(a.name, b.name) for a, b in matching.renamed()} == set(swap.items())


def test_a_node_that_is_renamed_and_changed_is_one_node() -> None:
    after = changed("refil", graph={"groups": None, "parts": {"block": "random_partition", "of": "first(env.present)",
                                                              "parts": 3},
                                    "q_in": {"visible": "env.visible & parts.within"},
                                    "q_out": {"visible": "env.visible & parts.across"},
                                    "w1_in": {"mask": "parts.within"}, "w1_out": {"mask": "parts.across"}})
    found = between("refil", after)
    assert [(a.name, b.name) for a, b in found.renames] == [("groups", "parts")]
    assert [line.text for line in found.settings] == ["parts 2 -> 3"]
    assert not found.wiring


def test_what_has_little_in_common_is_not_one_thing() -> None:
    after = changed("refil", graph={"groups": None, "theirs": {"block": "given_partition", "same": "env.truth_groups"},
                                    "q_in": {"visible": "env.visible & theirs.within"},
                                    "q_out": {"visible": "env.visible & theirs.across"},
                                    "w1_in": {"mask": "theirs.within"}, "w1_out": {"mask": "theirs.across"}})
    found = between("refil", after)
    assert not found.renames
    hows = {(change.how, change.symbol.name) for change in found.changes if change.how != "changed"}
    assert hows == {("added", "theirs"), ("removed", "groups")}
