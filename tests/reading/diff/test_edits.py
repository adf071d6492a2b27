"""Single edits of whole specs: what changes the program is told, also at losses it reaches; what does not, is not."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from functools import cache

import pytest

from compose.cli.views.diff_markdown import markdown
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.language.diagnostics import Path, SpecError
from compose.language.load import load_data
from compose.reading.diff import Diff, data
from tests.reading.diff.edits import Data, Edit, changing, neutral
from tests.reading.diff.sides import Side, between, made, side
from tests.reading.diff.test_changes import facts

SPECS = ("refil", "vast_qtran", "qmix_attention_popart", "local_ac")
FEW = 4


@cache
def whole(spec: str) -> Data:
    """A spec with every default."""
    found: Data = side(spec).spec.data(defaults=True)
    return found


def edited(spec: str, edits: Iterable[Edit]) -> Iterator[tuple[Edit, Side]]:
    """Edits with the specs that they make; without those that make none, or the same."""
    for edit in edits:
        try:
            after = made(load_data(edit.of(whole(spec))))
        except SpecError:
            continue
        if after.spec != side(spec).spec or edit.kind in ("parentheses", "spelling", "whole"):
            yield edit, after


def reached(graph: Graph, at: Path) -> set[str]:
    """Losses for which a node of the spec is computed or looked at, and ``act``."""
    roots = {name: [term.value, term.where, *term.presence.values()] for name, term in graph.losses.items()}
    roots["act"] = graph.acted()
    return {name for name, values in roots.items() if any(n.where[: len(at)] == at for n in _behind(graph, values))}


def _behind(graph: Graph, roots: list[Value]) -> list[Node]:
    nodes = graph.nodes(roots)
    later = graph.nodes([*roots, *(value for node in nodes for value in node.late.values())])
    return later if len(later) == len(nodes) else _behind(graph, [v for n in later for v in n.values.values()])


def otherwise(found: Diff) -> set[str]:
    """Losses that are told to measure something else, and ``act``."""
    after = found.consequences
    return {*(loss.name for loss in after.losses if loss.measures != "the same"),
            *(() if after.values_same else ("act",))}


def unsaid(found: Diff) -> list[str]:
    """Lines that tell a change from something to the same."""
    lines = markdown(found).splitlines()[1:]
    parts = [(line, part) for line in lines for part in re.split(r"\*\*: |; |, ", line)]
    same = [line for line, part in parts if (turn := re.fullmatch(r"(?:\S+ |\S+: )?(.+) → (.+?)", part.strip()))
            and turn[1] == turn[2]]
    was = [line for line in lines if (turn := re.search(r"\*\*: (.*); was: (.*)$", line)) and turn[1] == turn[2]]
    return [*same, *was]


def told_as_changed(spec: str, edit: Edit, after: Side) -> None:
    before, found, back = side(spec), between(spec, after), between(after, spec)
    assert not found.equal, edit
    assert not back.equal, edit
    assert facts(found.changes) == facts(back.changes, mirrored=True), edit
    assert not unsaid(found), edit
    plain = data(found)
    axes = [change for change in found.changes if change.symbol.kind == "axis"]
    assert plain["equal"] is False, edit
    assert plain["wiring"] or plain["settings"] or axes, edit
    if edit.node[:1] in (("graph",), ("networks",)):
        meant = reached(before.graph, edit.node) | reached(after.graph, edit.node)
        assert meant <= otherwise(found), edit


def told_as_equal(spec: str, edit: Edit, after: Side) -> None:
    for found in (between(spec, after), between(after, spec)):
        follows = found.consequences
        assert found.equal, edit
        assert data(found)["equal"] is True, edit
        assert not otherwise(found), edit
        assert follows.choice_same, edit
        assert all(loss.weighs_same for loss in follows.losses), edit
        assert not follows.weights, edit
        assert not follows.axes, edit


@pytest.mark.parametrize("spec", SPECS)
def test_what_changes_the_program_is_told(spec: str) -> None:
    edits = list(changing(whole(spec)))
    random.Random(spec).shuffle(edits)
    for (edit, after), _ in zip(edited(spec, edits), range(FEW), strict=False):
        told_as_changed(spec, edit, after)


@pytest.mark.parametrize("spec", SPECS)
def test_what_changes_nothing_is_not_told(spec: str) -> None:
    edits = list(neutral(whole(spec)))
    random.Random(spec).shuffle(edits)
    kinds: dict[str, Edit] = {}
    for edit in edits:
        kinds.setdefault(edit.kind, edit)
    for edit, after in edited(spec, kinds.values()):
        told_as_equal(spec, edit, after)


@pytest.mark.long
@pytest.mark.parametrize("spec", SPECS)
def test_every_edit(spec: str) -> None:
    count = 0
    for edit, after in edited(spec, changing(whole(spec))):
        told_as_changed(spec, edit, after)
        count += 1
    for edit, after in edited(spec, neutral(whole(spec))):
        told_as_equal(spec, edit, after)
    assert count > 100
