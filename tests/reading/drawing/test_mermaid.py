"""Mermaid text: every line is one that Mermaid's grammar knows."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from compose.reading.drawing import Picture, overlay
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.mermaid import mermaid
from tests.reading.drawing.methods import NAMES, drawn
from tests.reading.drawing.test_svg import wicked

NAME = r"n_[A-Za-z0-9_]+"
LABEL = r'"(?:[^"<>&#`;|{}\[\]()\\]|#\d+;|<br/>)*"'
SHAPES = [(r"\(\[", r"\]\)"), (r"\[\[", r"\]\]"), (r"\{\{", r"\}\}"), (r"\[/", r"\\\]"), (r"\[", r"\]"), (r"\(", r"\)")]
LINES = [
    r"flowchart (TB|LR)", rf"subgraph {NAME} \[{LABEL}\]", "end",
    *(rf"(?P<box{i}>{NAME}){a}{LABEL}{b}" for i, (a, b) in enumerate(SHAPES)),
    rf"(?P<source>{NAME}) (-->|-\.->|--x|==>)(\|{LABEL}\|)? (?P<target>{NAME})",
    r"classDef \w+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#1a1a1a", rf"class {NAME}(,{NAME})* \w+",
    rf"style {NAME} stroke-dasharray:4 2", r"linkStyle \d+ stroke:#[0-9a-f]{6},stroke-width:2px",
]  # fmt: skip


def check(picture: Picture, choice: Choice | None = None) -> tuple[set[str], list[tuple[str, str]]]:
    """Boxes and edges of a text, every line of which must be known."""
    boxes, edges, depth = set[str](), list[tuple[str, str]](), 0
    for line in mermaid(picture, choice).splitlines():
        found = next((m for pattern in LINES if (m := re.fullmatch(pattern, line.strip()))), None)
        assert found, line
        depth += line.strip().startswith("subgraph")
        depth -= line.strip() == "end"
        named = found.groupdict()
        if named.get("source"):
            edges.append((named["source"], named["target"]))
        for name in (v for k, v in named.items() if k.startswith("box")):
            assert name not in boxes
            boxes.add(name)
    assert depth == 0
    assert {end for edge in edges for end in edge} <= boxes
    return boxes, edges


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_known(name: str) -> None:
    boxes, edges = check(drawn(name))
    shown = [p for p in drawn(name).panels if not p.like]
    assert len(boxes) == sum(len(p.boxes) for p in shown)
    assert len(edges) == sum(len(p.edges) for p in shown)


def test_choices() -> None:
    whole = check(drawn("refil"))[0]
    assert check(drawn("refil"), Choice(insides=False))[0] < whole
    assert mermaid(drawn("refil"), Choice(direction="right")).startswith("flowchart LR\n")


def test_text_of_a_spec_is_text() -> None:
    check(wicked(drawn("vdn_attention")))


def test_names_that_look_alike_stay_apart() -> None:
    picture = drawn("vdn_attention")
    main = picture.panels[0]
    twice = (replace(main.boxes[0], key="a.b"), replace(main.boxes[0], key="a__b"))
    assert len(check(replace(picture, panels=(replace(main, boxes=twice, edges=()),)))[0]) == 2


def test_a_comparison_is_coloured() -> None:
    both = overlay(drawn("qmix_attention"), drawn("refil"), {}, ["losses.td"])
    text = mermaid(both)
    check(both)
    assert "+ q_in" in text
    assert re.search(r"class .*n_losses__td.* status_changed", text)
    assert text.count("linkStyle") == [e.status for p in both.panels for e in p.edges].count("added") > 20
