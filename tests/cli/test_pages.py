"""``compose describe NAME --markdown``: pages of Markdown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compose.graph.build import build_graph
from compose.language.load import load
from tests.cli.conftest import Run

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_of_a_method_has_every_node_once(run: Run) -> None:
    page = run("describe", "refil", "--markdown").out
    tables = page[page.index("## Graph"):page.index("## Losses")]
    rows = re.findall(r"^\| \**`([\w.]+)`", tables, re.MULTILINE)
    spec = load("refil").spec
    inside = [name for network in ("utility", "w1", "mixer") for name in spec.networks[network].nodes]
    graph = [name for name in build_graph(load("refil")).values if name.partition(".")[0] in spec.graph]
    shown = [name for name in graph if "." not in name or name.startswith("groups.")]
    assert sorted(rows) == sorted([*inside, *(name for name in shown if name != "groups")])
    assert "| `q_in` |" not in tables, "what the spec itself writes is bold"
    assert "| **`q_in`** | `utility(seen, visible: env.visible & groups.within)` |" in tables


def test_the_page_of_a_method_says_what_it_changes(run: Run) -> None:
    page = run("describe", "refil", "--markdown").out
    assert "## What it changes in qmix_attention" in page
    assert "\n    - **+ q\\_in**" in page or "\n    - **+ q_in**" in page
    assert "no new weights: 412,878 both" in page
    assert "What it changes" not in run("describe", "qmix_attention", "--markdown").out, "its parent is abstract"


def test_the_page_of_a_spec_of_ones_own(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.yaml").write_text("compose: 1\nname: base\nsummary: S.\nextends: refil\n")
    Path("mine.yaml").write_text("compose: 1\nname: mine\nsummary: S.\nextends: base.yaml\nparams: {lambda: 0.3}\n")
    page = run("describe", "mine.yaml", "--markdown").out
    assert "## What it changes in base" in page
    assert "0.5 → 0.3" in page
    assert "the rest comes from `base`, `refil`, `qmix_attention`, `eql`" in page


def test_the_page_of_a_block_is_its_part_of_the_reference(run: Run) -> None:
    assert run("describe", "gru", "--markdown").out in (DOCS / "blocks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("arguments", "text"), [
    (("smac/3-8sz", "--markdown"), "blocks and specs have pages, environments have none"),
    (("language", "--json"), "the language as JSON is `compose schema`"),
    (("refil", "--markdown", "--json"), "say either --markdown or --json"),
    (("--markdown",), "describe takes one NAME, or --all"),
])  # fmt: skip
def test_what_has_no_page_is_said(run: Run, arguments: tuple[str, ...], text: str) -> None:
    ran = run("describe", *arguments)
    assert ran.code == 2
    assert text in ran.err + ran.out
