"""Figures as SVG: well-formed, self-contained, everything in it, legible without colour."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from compose.reading.drawing import Picture, overlay
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.figure import figure
from compose.reading.drawing.palette import NETWORKS, SIGNS, STATUSES
from compose.reading.drawing.svg import svg
from tests.marked import first
from tests.reading.drawing.methods import NAMES, drawn

SHOWN = ("refil", "qplex_qatten", "vast", "roma", "updet")
SVG = "{http://www.w3.org/2000/svg}"
WICKED = """</script><script>alert(1)</script><!-- " ' & ]]> ${x} @@DATA@@"""


def read(picture: Picture, choice: Choice | None = None) -> ET.Element:
    return ET.fromstring(svg(figure(picture, choice)))


def group(root: ET.Element, key: str) -> ET.Element:
    (found,) = (g for g in root.iter(f"{SVG}g") if g.get("data-key") == key and "box" in g.get("class", ""))
    return found


def wicked(picture: Picture) -> Picture:
    """A picture whose every text is an attack."""
    main, *rest = picture.panels
    boxes = tuple(replace(b, subtitle=WICKED, details=replace(b.details, doc=WICKED, text=WICKED)) for b in main.boxes)
    return replace(picture, title=WICKED, panels=(replace(main, subtitle=WICKED, boxes=boxes), *rest), proofs=(WICKED,))


@pytest.mark.parametrize("name", first(SHOWN, NAMES))
def test_everything_is_in_it(name: str) -> None:
    root, picture = read(drawn(name)), drawn(name)
    shown = [p for p in picture.panels if not p.like]
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class", "").startswith("box")]
    boxes = [g.get("data-key") for g in groups if g.get("data-key")]
    assert sorted(boxes) == sorted(b.key for p in shown for b in p.boxes)  # type: ignore[type-var]
    edges = [(g.get("data-source"), g.get("data-target")) for g in root.iter(f"{SVG}g") if g.get("data-source")]
    assert sorted(edges) == sorted((e.source, e.target) for p in shown for e in p.edges)  # type: ignore[type-var]
    words = {t.text for t in root.iter(f"{SVG}text")}
    titles = {b.title for p in shown for b in p.boxes if b.kind != "loss"}
    assert titles <= words


def test_it_asks_for_nothing() -> None:
    text = svg(figure(drawn("refil")))
    assert not re.search(r"<(script|image|use|foreignObject|style|a)\b|href|url\(|@import", text)
    assert set(re.findall(r"https?://[^\"]*", text)) == {"http://www.w3.org/2000/svg"}


def test_text_is_as_wide_as_it_was_measured() -> None:
    root = read(drawn("refil"))
    assert all(float(t.get("textLength", "0")) > 0 for t in root.iter(f"{SVG}text"))
    assert {float(t.get("font-size", "7")) for t in root.iter(f"{SVG}text")} <= {7.0, 8.0, 9.5}


def test_signs_other_than_colour() -> None:
    root = read(drawn("refil"))
    assert group(root, "q_bar").find(f"{SVG}rect[@class='body']").get("stroke-dasharray")  # type: ignore[union-attr]
    assert not group(root, "q").find(f"{SVG}rect[@class='body']").get("stroke-dasharray")  # type: ignore[union-attr]
    styles = {g.get("class"): g.find(f"{SVG}path").get("stroke-dasharray")  # type: ignore[union-attr]
              for g in root.iter(f"{SVG}g") if g.get("data-source")}
    assert len({styles["edge value same"], styles["edge mask same"], styles["edge target same"]}) == 3
    stop = next(g for g in root.iter(f"{SVG}g") if (g.get("data-source"), g.get("data-target")) == ("y", "losses.td"))
    assert len(stop.findall(f"{SVG}path")) == 3  # the line and two bars


def test_networks_are_told_apart() -> None:
    root = read(drawn("refil"))
    fill = {k: group(root, k).find(f"{SVG}rect[@class='body']").get("fill")  # type: ignore[union-attr]
            for k in ("q", "q_in", "q_bar", "w1", "w1_in", "q_tot")}
    assert fill["q"] == fill["q_in"] == fill["q_bar"]
    assert fill["w1"] == fill["w1_in"]
    assert len(set(fill.values())) == 3


def brightness(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_print_in_grey() -> None:
    for tint in (*NETWORKS, *STATUSES.values()):
        assert brightness(tint.fill) > 0.7  # black text on it is legible
        assert brightness(tint.fill) - brightness(tint.line) > 0.25  # and its frame is seen


def test_a_comparison_has_signs() -> None:
    both = overlay(drawn("qmix_attention"), drawn("refil"), {"taken": "taken"}, ["losses.td"])
    root = read(both)
    for key, sign in (("q_in", SIGNS["added"]), ("losses.td", SIGNS["changed"])):
        texts = [t.text for t in group(root, key).iter(f"{SVG}text")]
        assert sign in texts
        assert group(root, key).find(f"{SVG}rect[@class='body']").get("fill") != "#ffffff"  # type: ignore[union-attr]
    assert group(root, "taken").find(f"{SVG}circle") is None
    gone = read(overlay(drawn("refil"), drawn("qmix_attention"), {}, ()))
    title = group(gone, "q_in").find(f"{SVG}text[@class='title']")
    assert title is not None
    assert title.get("text-decoration") == "line-through"


def test_text_of_a_spec_is_text() -> None:
    root = read(wicked(drawn("vdn_attention")))
    assert not list(root.iter(f"{SVG}script"))
    assert root.find(f"{SVG}title").text == WICKED  # type: ignore[union-attr]
