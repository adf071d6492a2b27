"""``compose graph``: what it writes, where, and what it says."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from compose.cli.graph import EXAMPLES
from tests.cli.conftest import Run


def test_help_teaches_by_example(run: Run) -> None:
    assert "$ compose graph refil -o refil.svg" in run("graph", "--help").out
    assert EXAMPLES.count("$ compose graph") >= 6


def test_mermaid_is_what_stdout_gets(run: Run) -> None:
    ran = run("graph", "vdn_attention")
    assert ran.code == 0
    assert ran.out.startswith("flowchart TB\n")
    assert run("graph", "vdn_attention", "--direction", "right").out.startswith("flowchart LR\n")


@pytest.mark.parametrize(("ending", "starts"), [("svg", "<svg"), ("mmd", "flowchart"), ("html", "<!DOCTYPE html>")])
def test_the_ending_says_the_format(run: Run, tmp_path: Path, ending: str, starts: str) -> None:
    path = tmp_path / f"figure.{ending}"
    ran = run("graph", "refil", "-o", str(path))
    assert ran.code == 0
    assert path.read_text(encoding="utf-8").startswith(starts)
    assert ran.out.startswith(f"{path}: ")
    assert run("graph", "refil", "-o", str(path)).code == 0  # over the old one
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.more
def test_pdf_and_png_beside_an_svg(run: Run, tmp_path: Path) -> None:
    svg, pdf, png = (tmp_path / f"x.{ending}" for ending in ("svg", "pdf", "png"))
    command = ("graph", "vdn_attention", "--no-insides", "-o", str(svg), "--pdf", str(pdf), "--png", str(png))
    ran = run(*command)
    assert (ran.code, len(ran.out.splitlines())) == (0, 3)
    first = pdf.read_bytes(), png.read_bytes()
    assert run(*command).code == 0
    assert (pdf.read_bytes(), png.read_bytes()) == first
    across, down = (float(ET.parse(svg).getroot().attrib[side].removesuffix("pt")) for side in ("width", "height"))
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", first[0])
    assert box is not None
    assert [float(n) for n in box.groups()] == pytest.approx([across, down], abs=0.1)
    with Image.open(png) as image:
        assert image.size == pytest.approx((across / 72 * 300, down / 72 * 300), abs=1)
        assert len(image.convert("L").getcolors() or ()) > 50  # it is no blank page


def test_a_slide_is_larger(run: Run, tmp_path: Path) -> None:
    paper, slide = tmp_path / "paper.svg", tmp_path / "slide.svg"
    assert run("graph", "vdn_attention", "--no-insides", "-o", str(paper)).code == 0
    assert run("graph", "vdn_attention", "--no-insides", "-o", str(slide), "--page", "slide").code == 0
    widths = [float(ET.parse(path).getroot().attrib["width"].removesuffix("pt")) for path in (paper, slide)]
    assert widths[1] > 2 * widths[0]


def test_what_is_too_large_to_be_read_goes_over_several_pages(run: Run, tmp_path: Path) -> None:
    ran = run("graph", "qtran", "-o", str(tmp_path / "q.svg"), "--pdf", str(tmp_path / "q.pdf"))
    assert ran.code == 0, ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["q-2.svg", "q.pdf", "q.svg"]
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == [
        str(tmp_path / name) for name in ("q.svg", "q-2.svg", "q.pdf")]
    assert b"/Count 2" in (tmp_path / "q.pdf").read_bytes()
    assert "2 of 2" in (tmp_path / "q-2.svg").read_text(encoding="utf-8")
    assert "small" not in ran.out


def test_a_format_for_stdout(run: Run) -> None:
    ran = run("graph", "vdn_attention", "--format", "svg")
    assert ET.fromstring(ran.out).tag.endswith("svg")


def test_json_is_the_picture(run: Run) -> None:
    data = run("graph", "refil", "--json").json
    assert [p["key"] for p in data["panels"]][:2] == ["graph", "network.utility"]
    assert {"key", "kind", "zone", "ports", "details", "status"} <= data["panels"][0]["boxes"][0].keys()


def test_parts(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "part.svg"
    assert run("graph", "refil", "-o", str(path), "--only", "mixer", "--bare").code == 0
    text = path.read_text(encoding="utf-8")
    assert 'data-key="mixer.total"' in text
    assert 'data-key="q_in"' not in text
    assert run("graph", "refil", "--no-insides", "--format", "svg").out.count("mixer.total") == 0


def test_sizes_come_from_the_environment(run: Run) -> None:
    assert "batch time agent 8" in run("graph", "refil", "--format", "html").out
    small = run("graph", "refil", "--env", "group_matching:agents=5,cells=5", "--format", "html")
    assert "batch time agent 5" in small.out


@pytest.mark.parametrize(("arguments", "says"), [
    (["-o", "x.gif"], "the ending says no format that can be written"),
    (["-o", "x.svg", "--pdf", "x.ps"], "--pdf writes PDF; the name must end in .pdf"),
    (["--format", "png"], "PNG is not for standard output"),
    (["-o", "x.svg", "--format", "html"], "the ending says svg, --format says html"),
    (["--only", "mixr"], "refil has no network 'mixr'\n  Did you mean 'mixer'?"),
    (["--env", "smac/none"], "none"),
])
def test_mistakes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("graph", "refil", *arguments)
    assert ran.code == 2
    assert says in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(run: Run, tmp_path: Path) -> None:
    ran = run("graph", "refil", "-o", str(tmp_path / "none" / "x.mmd"))
    assert ran.code == 2
    assert ran.out == ""
