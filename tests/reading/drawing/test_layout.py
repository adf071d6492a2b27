"""Places: no box on another, no edge through a foreign box, all text inside, the same every time."""

from __future__ import annotations

import itertools
import random
import time
from xml.etree import ElementTree as ET

import pytest

from compose.reading.drawing import Panel, Picture
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.coordinates import Bend, Cell, Link
from compose.reading.drawing.curves import Point
from compose.reading.drawing.figure import Figure, figure
from compose.reading.drawing.layered import layered
from compose.reading.drawing.order import Layers, crossings, order
from compose.reading.drawing.pages import PAGES, READABLE, PageName, fitted, sheets
from compose.reading.drawing.place import Direction, Placed, place
from compose.reading.drawing.potentials import Contradiction, Rule, potentials
from compose.reading.drawing.rect import Rect
from compose.reading.drawing.shape import shape
from compose.reading.drawing.sideways import sideways
from compose.reading.drawing.svg import svg
from compose.reading.drawing.tags import MANY, stands_for, tagged
from compose.reading.drawing.text_width import SMALL, TITLE, width, wrap
from tests.reading.drawing.methods import NAMES, chain, drawn
from tests.specs.handful import few, repeats

HANDFUL = few(NAMES)
WIDE = {"ptm": 1.1}
"""Wider than a page as they are; `--page` scales them."""
FITTED = (("refil", "letter"), ("vast_qtran", "slide"), ("vast_qtran", "a4"))
"""Every page."""
HIGH = (("opt", "slide"), ("ptm", "slide"), *((name, "a4") for name in NAMES))
EVERY = [pytest.param(name, direction, marks=pytest.mark.more if repeats(name) else ())
         for name in NAMES for direction in ("down", "right")]


def check(placed: Placed) -> None:
    """The invariants of one panel."""
    cells = {s.box.key: Rect(x, y, s.w, s.h) for s, x, y in placed.shapes}
    for a, b in itertools.combinations(cells, 2):
        assert not cells[a].meets(cells[b]), f"{a} lies on {b}"
    bodies = {s.box.key: s.body.moved(x, y) for s, x, y in placed.shapes}
    for edge, path in placed.paths:
        for x, y in path.points():
            through = [key for key, r in bodies.items() if key not in (edge.source, edge.target) and r.holds(x, y)]
            assert not through, f"{edge.source} -> {edge.target} runs through {through}"
        assert touches(cells[edge.source], path.start)
        assert touches(cells[edge.target], path.end)
    for key, r in cells.items():
        assert r.x >= -0.3, key
        assert r.y >= -0.3, key
        assert r.x + r.w <= placed.w + 0.3, key
        assert r.y + r.h <= placed.h + 0.3, key
    if placed.zone is not None:
        inside = {s.box.key for s, _, _ in placed.shapes if s.box.zone == "local"}
        for key, r in cells.items():
            assert r.meets(placed.zone) == (key in inside), key


def touches(r: Rect, point: Point) -> bool:
    return r.x - 0.3 <= point[0] <= r.x + r.w + 0.3 and r.y - 0.3 <= point[1] <= r.y + r.h + 0.3


@pytest.mark.parametrize(("name", "direction"), EVERY)
def test_panels_are_laid_out_properly(name: str, direction: Direction) -> None:
    for panel in drawn(name).panels:
        if not panel.like:
            check(place(panel, direction))


@pytest.mark.parametrize("name", HANDFUL)
def test_text_stands_inside_its_box(name: str) -> None:
    for box in drawn(name).boxes().values():
        for laid in (shape(box), sideways(box)):
            plates = [laid.body, *laid.tabs, *laid.pills]
            for text in laid.texts:
                left, top = text.x - text.width / 2, text.y - text.size * 0.75
                fits = [r.x <= left + 0.01 and left + text.width <= r.x + r.w + 0.01 and r.y <= top + 0.6
                        and text.y <= r.y + r.h + 0.01 for r in plates]
                assert any(fits), f"{box.key}: {text.text}"
            sides = [t for t in laid.texts if t.role in ("port", "title", "sub")]
            for a, b in itertools.combinations(sides, 2):
                apart = abs(a.x - b.x) >= (a.width + b.width) / 2 - 0.01 or abs(a.y - b.y) >= SMALL * 0.95
                assert apart, f"{box.key}: {a.text} on {b.text}"


def test_headings_stay_in_their_frames() -> None:
    tight = Panel("network.x", "x", "applied 1000 times", "a_network_with_quite_a_long_name")
    (frame,) = figure(Picture("x", (tight,))).frames
    both = width(tight.network, TITLE, bold=True) + width(tight.subtitle)
    assert frame.rect.w > both + 16


def frames(found: Figure) -> list[Rect]:
    return [frame.rect for frame in found.frames]


@pytest.mark.parametrize("name", HANDFUL)
def test_frames_stand_side_by_side_on_the_page(name: str) -> None:
    found = figure(drawn(name))
    for a, b in itertools.combinations(frames(found), 2):
        assert not a.meets(b)
    for frame in found.frames:
        assert frame.rect.x >= 0
        assert frame.rect.x + frame.rect.w <= found.w
        assert frame.rect.y + frame.rect.h <= found.h
        for s, x, y in frame.placed.shapes:
            assert frame.rect.x <= x
            assert x + s.w <= frame.rect.x + frame.rect.w
            assert frame.rect.y <= y
            assert y + s.h <= frame.rect.y + frame.rect.h
    wide = next((times for start, times in WIDE.items() if name.startswith(start)), 1.01)
    assert found.w <= 504 * wide  # a page of seven inches
    keys = {s.box.key for frame in found.frames for s, _, _ in frame.placed.shapes if s.box.kind != "tag"}
    whole = {box.key for p in drawn(name).panels if not p.like for box in p.boxes}
    assert keys == whole


@pytest.mark.parametrize("name", ["refil", "qplex"])
def test_the_same_every_time(name: str) -> None:
    assert svg(figure(drawn(name))) == svg(figure(drawn(name)))


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", ["refil", "ptm"])
def test_tags_stand_for_edges_that_nobody_can_follow(name: str, direction: Direction) -> None:
    main = drawn(name).panels[0]
    panel = tagged(main)
    check(place(panel, direction))
    readers: dict[str, set[str]] = {}
    for edge in panel.edges:
        readers.setdefault(f"{edge.source}.{edge.output}", set()).add(edge.target)
    assert max(map(len, readers.values())) < MANY
    tags = [box for box in panel.boxes if box.kind == "tag"]
    seen = {edge.target for edge in main.edges if edge.source == "seen"}
    assert {edge.target for edge in panel.edges if stands_for(edge.source) == "seen"} == seen
    assert sum(tag.title == "seen" for tag in tags) == len(seen) >= MANY
    ends = [(stands_for(edge.source), edge.target, edge.port, edge.kind) for edge in panel.edges]
    assert ends == [(edge.source, edge.target, edge.port, edge.kind) for edge in main.edges]


@pytest.mark.parametrize(("name", "page"), [
    pytest.param(name, page, marks=() if (name, page) in FITTED else pytest.mark.more)
    for name, page in dict.fromkeys([*FITTED, *HIGH])])  # fmt: skip
def test_a_figure_fits_its_pages_and_can_be_read(name: str, page: PageName) -> None:
    room, picture = PAGES[page], drawn(name)
    found = sheets(picture, Choice(), page, turn=page == "slide")
    for sheet in found:
        assert sheet.w * sheet.scale <= room.w + 0.01
        assert sheet.h * sheet.scale <= room.h + 0.01
        assert sheet.scale <= room.largest
        assert sheet.smallest_text >= READABLE
        root = ET.fromstring(svg(sheet))
        assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(sheet.w * sheet.scale, abs=0.01)
    shown = [frame.placed.panel.key for sheet in found for frame in sheet.frames]
    assert sorted(shown) == sorted(frame.placed.panel.key for frame in fitted(picture, Choice(), page).frames)
    titles = [f"{i} of {len(found)}" for i in range(1, len(found) + 1)]
    assert len(found) == 1 or [sheet.title[0].partition("   ")[2][-len(titles[0]):] for sheet in found] == titles


@pytest.mark.parametrize("direction", ["down", "right"])
def test_large_methods(direction: Direction) -> None:
    picture = chain(32, 10)
    start = time.perf_counter()
    placed = place(picture.panels[0], direction)
    assert time.perf_counter() - start < 20
    assert len(placed.shapes) > 55
    check(placed)


def test_choices() -> None:
    refil = drawn("refil")
    assert [f.heading for f in figure(refil, Choice(insides=False)).frames] == ["graph"]
    assert [f.heading for f in figure(refil, Choice(only=["mixer"])).frames] == ["mixer"]
    bare = figure(refil, Choice(title=False, legend=False))
    assert (bare.title, bare.legend) == ((), ())
    assert "b1, w2, v (same inside" in next(f for f in figure(refil).frames if f.heading == "w1").notes[0]


def test_an_inside_that_is_asked_for_is_shown_although_another_is_like_it() -> None:
    found = figure(drawn("refil"), Choice(only=["w2"]))
    assert [f.heading for f in found.frames] == ["w2"]
    assert {s.box.key for s, _, _ in found.frames[0].placed.shapes} >= {"w2.x", "w2.a", "w2.rows"}


def test_the_legend_says_what_is_there() -> None:
    signs = {entry.sign for entry, _, _ in figure(drawn("refil")).legend}
    assert {"edge-stop", "edge-mask", "edge-target", "target", "loss", "zone", "mark"} <= signs
    assert not {"edge-delay", "added", "removed"} & signs
    assert "edge-stop" not in {entry.sign for entry, _, _ in figure(drawn("refil"), Choice(only=["mixer"])).legend}


# ------------------------------------------------------------------- the parts


@pytest.mark.parametrize("seed", range(20))
def test_potentials_are_best(seed: int) -> None:
    dice = random.Random(seed)
    rules = [Rule(a, b, dice.randint(0, 2), dice.randint(0, 3)) for a, b in itertools.combinations("abcd", 2)
             if dice.random() < 0.8]

    def price(x: dict[str, int]) -> int:
        return sum(r.weight * (x[r.after] - x[r.before]) for r in rules)  # type: ignore[index]

    found = potentials("abcd", rules)
    assert all(found[r.after] - found[r.before] >= r.gap for r in rules)  # type: ignore[index]
    every = (dict(zip("abcd", numbers, strict=True)) for numbers in itertools.product(range(7), repeat=4))
    legal = [x for x in every if all(x[r.after] - x[r.before] >= r.gap for r in rules)]  # type: ignore[index]
    assert price(found) == min(map(price, legal))


def test_rules_may_contradict_each_other() -> None:
    with pytest.raises(Contradiction):
        potentials("ab", [Rule("a", "b", 1, 1), Rule("b", "a", 0, 0)])


def test_order_undoes_crossings() -> None:
    layers = Layers([["a", "b", "c"], ["x", "y", "z"]], set(), [("a", "z"), ("b", "y"), ("c", "x")])
    below = {"a": ["z"], "b": ["y"], "c": ["x"]}
    assert crossings(layers.ranks, below) == 3
    order(layers)
    assert crossings(layers.ranks, below) == 0


def test_first_items_stay_first() -> None:
    layers = Layers([["a", "b"], ["x", "y"]], {"b", "x"}, [("a", "x"), ("b", "y")])
    order(layers)
    assert layers.ranks == [["b", "a"], ["x", "y"]]


def test_a_loop_is_drawn() -> None:
    cells = [Cell(key, 20, 10) for key in "abc"]
    links = [Link(s, t, "", 10, 10, 10, 0) for s, t in ("ab", "bc", "ca", "bb")]
    laid = layered(cells, links, 200)
    heights = [laid.cells[key][1] for key in "abc"]
    assert heights == sorted(heights)
    assert laid.routes[2][0][0][1] > laid.routes[2][-1][1][1]  # back up
    assert laid.routes[3][0][0] != laid.routes[3][-1][1]


def test_links_of_one_output_share_their_way() -> None:
    cells = [Cell(key, 20, 10) for key in "abcd"]
    links = [Link(s, t, "", 10, 10, 10, 0) for s, t in ("ab", "bc", "cd", "ac", "ad")]
    routes = layered(cells, links, 200).routes
    assert routes[3][1] == routes[4][1]
    assert Bend("a", "", 1) == Bend("a", "", 1)


def test_too_wide_a_rank_is_narrowed() -> None:
    cells = [Cell("top", 20, 10), *(Cell(f"n{i}", 60, 10) for i in range(8)), Cell("end", 20, 10)]
    links = [Link("top", f"n{i}", "", 10, 30, 10, 0) for i in range(8)]
    links += [Link(f"n{i}", "end", "", 30, 10, 10, 0) for i in range(8)]
    assert layered(cells, links, 1000).across > 500
    assert layered(cells, links, 300).across <= 300


def test_text_wraps() -> None:
    assert wrap("positive softmax over mixing", 60) == ["positive softmax", "over mixing"]
    assert wrap("one\ntwo", 100) == ["one", "two"]
    long = wrap("a" * 50, 40)
    assert "".join(long) == "a" * 50
    assert all(width(line) <= 40 for line in long)


def test_an_empty_panel() -> None:
    placed = place(Panel("network.x", "x", network="x"))
    assert placed.shapes == ()
    assert svg(figure(Picture("nothing", (Panel("network.x", "x", network="x"),))))
