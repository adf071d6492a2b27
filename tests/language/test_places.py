"""Paths as people write them, and the places they lead to."""

from __future__ import annotations

from typing import Any

import pytest

from compose.language.diagnostics import Path, SpecError
from compose.language.load import load
from compose.language.places import find, parse_path

REFIL = load("refil").spec


@pytest.mark.parametrize(("text", "path"), [
    ("graph.q_in.visible", ("graph", "q_in", "visible")),
    (" q ", ("q",)),
    ("of[1]", ("of", 1)),
    ("graph.imagined.of.1", ("graph", "imagined", "of", 1)),
    ("a[0][12].b", ("a", 0, 12, "b")),
    ("env.sight", ("env", "sight")),
])
def test_paths(text: str, path: Path) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(("text", "said"), [
    ("", "the path is empty"), ("  ", "the path is empty"), ("graph.", "a name is missing before or after a '.'"),
    (".q", "a name is missing before or after a '.'"), ("a..b", "a name is missing before or after a '.'"),
    ("of[x]", "'of[x]' is no name"), ("of[-1]", "'of[-1]' is no name"), ("[0]", "'[0]' is no name"),
])
def test_what_is_no_path(text: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_path(text)
    (problem,) = caught.value.diagnostics
    assert problem.code == "path.syntax"
    assert said in problem.message


@pytest.mark.parametrize(("text", "at", "through", "output"), [
    ("q_in", ("graph", "q_in"), (), ""),
    ("graph.q_in", ("graph", "q_in"), (), ""),
    ("lambda", ("params", "lambda"), (), ""),
    ("factor", ("axes", "factor"), (), ""),
    ("td.weight", ("losses", "td", "weight"), (), ""),
    ("utility.nodes.a", ("networks", "utility", "nodes", "a"), (), ""),
    ("main.lr", ("learner", "optimizers", "main", "lr"), (), ""),
    ("w1", ("graph", "w1"), (), ""),  # a node before the network of the same name
    ("q.a", ("networks", "utility", "nodes", "a"), ("q",), ""),
    ("q_tot.b1_rows.a.mask", ("networks", "b1", "nodes", "a", "mask"), ("q_tot", "b1_rows"), ""),
    ("groups.within", ("graph", "groups"), (), "within"),
    ("imagined.of[1]", ("graph", "imagined", "of", 1), (), ""),
    ("q.target", ("graph", "q", "target"), (), ""),
    ("learner.replay.start", ("learner", "replay", "start"), (), ""),
])
def test_places(text: str, at: Path, through: tuple[str, ...], output: str) -> None:
    place = find(REFIL, parse_path(text))
    assert (place.at, place.through, place.output) == (at, through, output)


@pytest.mark.parametrize(("text", "value"), [
    ("params.lambda", 0.5), ("q.target", False), ("q_bar.target", True), ("groups.parts", 2),
    ("learner.replay.batch", 32),
    ("imagined.as", "factor"),  # spelled as a file spells it
])
def test_values(text: str, value: Any) -> None:
    assert find(REFIL, parse_path(text)).value == value


@pytest.mark.parametrize(("text", "hint"), [
    ("q_im", "Did you mean 'graph.q_in'?"),
    ("graph.q_in.visable", "Did you mean 'graph.q_in.visible'?"),
    ("q.aa", "Did you mean 'graph.q.a'?"),
    ("groups.withn", "Did you mean 'graph.groups.within'?"),
    ("lamda", "Did you mean 'params.lambda'?"),
    ("visible", "is it one of: graph.q.visible, graph.q_bar.visible, graph.q_in.visible, graph.q_out.visible?"),
    ("graph.imagined.of[7]", "there is: 0, 1"),
    ("q_in.visible.x", ""),
    ("groups.within.x", ""),
])
def test_unknown_places(text: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        find(REFIL, parse_path(text))
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.hint) == ("path.unknown", hint)
