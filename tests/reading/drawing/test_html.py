"""The page: self-contained, safe, and what its script does in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from compose.reading.drawing import Picture, sides
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.html import page
from tests.reading.drawing.methods import child, drawn
from tests.reading.drawing.test_svg import WICKED, wicked

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH")


class Tags(HTMLParser):
    """Elements of a page, and the text of its data."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") == "data"

    def handle_data(self, data: str) -> None:
        self.data += data if self._inside else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = False


def data(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Tags(text).data)
    return found


def test_it_is_self_contained() -> None:
    text = page([drawn("refil")])
    tags = Tags(text).tags
    assert not [a for _, attributes in tags for a in attributes if a in ("src", "href", "onclick", "onload")]
    assert [tag for tag, _ in tags if tag in ("script", "style", "link", "iframe", "img")] == \
        ["style", "script", "script"]
    assert "default-src 'none'" in text
    assert "@@" not in text
    assert set(re.findall(r"https?://[^\"' ]*", text)) == {"http://www.w3.org/2000/svg"}


def test_it_holds_everything_about_a_box() -> None:
    (refil,) = data(page([drawn("refil")]))
    assert refil["boxes"].keys() == {b.key for p in drawn("refil").panels if not p.like for b in p.boxes}
    assert refil["boxes"]["utility.a"]["details"]["weights"][0].startswith("utility.a.query")
    assert refil["insides"]["w2"] == "network.w1"
    assert len(refil["proofs"]) == 7


def test_text_of_a_spec_is_text() -> None:
    bad = child("vdn_attention", summary=WICKED)
    assert WICKED in bad.panels[0].subtitle
    for picture in (bad, wicked(drawn("vdn_attention"))):
        text = page([picture])
        assert "<script>alert" not in text
        assert [tag for tag, _ in Tags(text).tags if tag == "script"] == ["script", "script"]
        assert data(text)[0]["about"] == picture.panels[0].subtitle


def test_two_side_by_side() -> None:
    pictures = sides(drawn("qmix_attention"), drawn("refil"), {}, ["losses.td"])
    text = page(pictures, ["before", "after"])
    assert text.count('class="pane"') == 2
    assert text.index("<h2>before</h2>") < text.index("<h2>after</h2>")
    assert [d["boxes"]["losses.td"]["status"] for d in data(text)] == ["changed", "changed"]
    assert page(pictures).count("<h2>qmix_attention</h2>") == 1


# ----------------------------------------------------------------- in a browser

HELPERS = """
const view = (i = 0) => document.querySelectorAll(".pane svg")[i].getAttribute("viewBox").split(" ").map(Number);
const box = (key, i = 0) => document.querySelectorAll(".pane svg")[i].querySelector(`.box[data-key="${key}"]`);
const click = (element) => element.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
const press = (key) =>
  document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
const side = () => document.getElementById("side").textContent;
const near = () => [...document.querySelectorAll(".box.near[data-key]")].map((g) => g.dataset.key);
"""


def played(tmp_path: Path, pictures: list[Picture], script: str) -> Any:
    """What a script in the page gives, run by Chromium after the page's own."""
    text = page(pictures)
    probe = f"""<script>
      window.addEventListener("load", () => {{
        let result;
        try {{ result = (() => {{ {HELPERS} {script} }})(); }} catch (error) {{ result = String(error); }}
        document.body.setAttribute("data-result", JSON.stringify(result));
      }});</script></body>"""
    path = tmp_path / "page.html"
    path.write_text(text.replace("</body>", probe), encoding="utf-8")
    assert BROWSER is not None
    command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900",
               f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", path.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    for tag, attributes in Tags(done.stdout).tags:
        if tag == "body":
            return json.loads(attributes["data-result"] or "null")
    raise AssertionError(done.stdout[:500])


@in_browser
def test_a_click_tells_everything(tmp_path: Path) -> None:
    found = played(tmp_path, [drawn("refil")], """
      const start = side();
      click(box("q_in").querySelector(".body"));
      const chosen = {side: side(), near: near().sort(), incoming: document.querySelectorAll(".edge.near.in").length,
        outgoing: document.querySelectorAll(".edge.near.out").length};
      click([...document.querySelectorAll("#side .link")].find((b) => b.textContent === "groups.within"));
      const followed = side();
      click(box("utility.a").querySelector("text"));
      const block = side();
      click(document.querySelector(".paper"));
      return {start, chosen, followed, block, after: near(), end: side()};
    """)
    assert "igm: proved" in found["start"]
    assert "q_in: {network: utility, entities: seen, visible: env.visible & groups.within}" in found["chosen"]["side"]
    assert found["chosen"]["near"] == ["env.visible", "groups", "q_in", "seen", "taken_in"]
    assert (found["chosen"]["incoming"], found["chosen"]["outgoing"]) == (3, 1)
    assert found["followed"].startswith("groups")
    assert "Entities drawn into groups" in found["followed"]
    for said in ("softmax_k(q k / sqrt(d)) v", "qmix_attention.yaml:18", "utility.a.query", "a [batch time agent"):
        assert said in found["block"]
    assert found["after"] == []
    assert found["end"] == found["start"]


@in_browser
def test_zoom_pan_search_and_theme(tmp_path: Path) -> None:
    found = played(tmp_path, [drawn("refil")], """
      const svg = document.querySelector(".pane svg"), seen = [view()];
      const wheel = (deltaY) => svg.dispatchEvent(
        new WheelEvent("wheel", {deltaY, clientX: 300, clientY: 300, bubbles: true, cancelable: true}));
      wheel(-200); seen.push(view());
      wheel(200); seen.push(view());
      press("+"); seen.push(view());
      press("ArrowRight"); seen.push(view());
      press("0"); seen.push(view());
      const drag = (type, x) => svg.dispatchEvent(
        new PointerEvent(type, {clientX: x, clientY: 300, buttons: 1, pointerId: 1, bubbles: true}));
      drag("pointerdown", 300); drag("pointermove", 320); drag("pointermove", 400);
      seen.push(view());
      click(svg);
      const dragged = near();
      click(document.getElementById("fit")); seen.push(view());
      const search = document.getElementById("search");
      search.value = "mixer q_"; search.dispatchEvent(new Event("input"));
      const matches = [...document.querySelectorAll(".box.match")].map((g) => g.dataset.key).sort();
      const count = document.getElementById("count").textContent;
      search.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
      const first = document.querySelector("#side h3").textContent;
      press("Escape");
      const left = document.querySelectorAll(".box.match, .box.near").length;
      const before = document.documentElement.dataset.theme;
      press("d");
      const paper = getComputedStyle(document.querySelector(".paper")).fill;
      return {seen, dragged, matches, count, first, left, before, after: document.documentElement.dataset.theme, paper};
    """)
    start, closer, back, key, right, fitted, dragged, end = found["seen"]
    assert closer[2] < start[2]
    assert back == pytest.approx(start, abs=1e-3)
    assert key[2] == pytest.approx(0.8 * start[2])
    assert right[0] == pytest.approx(key[0] + 0.1 * key[2])
    assert fitted == end
    assert fitted[:2] == [0, 0]
    assert start[1] == 0  # the title above the graph is in view
    assert fitted[3] > start[3]  # at first the page shows the main graph
    assert dragged[0] < fitted[0]
    assert found["dragged"] == []  # letting go after a drag is no click
    assert found["matches"] == ["q_aux", "q_tot"]
    assert found["count"] == "2 found"
    assert found["first"] in ("q_aux", "q_tot")
    assert found["left"] == 0
    assert {found["before"], found["after"]} == {"dark", "light"}
    assert found["paper"] in ("rgb(255, 255, 255)", "rgb(21, 24, 28)")


@in_browser
def test_a_click_picks_the_counterpart(tmp_path: Path) -> None:
    before = drawn("vdn_attention")
    graph = {"joint": {"block": "sum", "of": "taken", "over": "agent"}, "q_tot": None}
    after = child("vdn_attention", graph=graph, losses={"td": {"of": "square(joint - y)"}},
                  claims={"igm": {"joint": "joint"}})
    found = played(tmp_path, list(sides(before, after, {"q_tot": "joint"}, ["losses.td"])), """
      const picked = (i) => document.querySelectorAll(".pane svg")[i].querySelector(".picked")?.dataset.key;
      const pairs = [];
      click(box("q", 0)); pairs.push([picked(0), picked(1)]);
      click(box("joint", 1)); pairs.push([picked(0), picked(1)]);
      click(box("q_tot", 0)); pairs.push([picked(0), picked(1)]);
      return {pairs, side: side()};
    """)
    assert found["pairs"] == [["q", "q"], ["q_tot", "joint"], ["q_tot", "joint"]]
    assert "renamed" in found["side"]


@in_browser
def test_text_stays_in_its_box_on_a_screen(tmp_path: Path) -> None:
    found = played(tmp_path, [drawn("refil")], """
      const out = [];
      for (const g of document.querySelectorAll(".box[data-key]")) {
        const whole = [...g.querySelectorAll("rect")].map((r) => r.getBBox());
        for (const text of g.querySelectorAll("text")) {
          const b = text.getBBox();
          if (!whole.some((r) => b.x >= r.x - 0.5 && b.x + b.width <= r.x + r.width + 0.5)) out.push(text.textContent);
        }
      }
      return out;
    """)
    assert found == []


@in_browser
def test_attacks_do_nothing(tmp_path: Path) -> None:
    found = played(tmp_path, [wicked(drawn("vdn_attention"))], """
      let alerts = 0;
      window.alert = () => { alerts += 1; };
      click(box("q"));
      return {alerts, scripts: document.querySelectorAll("script").length, side: side()};
    """)
    assert found["alerts"] == 0
    assert found["scripts"] == 3  # the data, the page's own, and this test's
    assert WICKED in found["side"]


def test_a_part_only() -> None:
    (refil,) = data(page([drawn("refil")], choice=Choice(only=["utility"])))
    assert {key.split(".")[0] for key in refil["boxes"]} == {"utility"}
