"""What the documentation says of the code beside what its snippets show: references are up to date, names exist."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys

from PIL import Image

import compose
from compose.cli.views import language
from compose.compiler.export.emit import emit
from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.language.functions import FUNCTIONS
from compose.language.load import load
from tests.docs.snippets import ROOT, snippets

DOCS = ROOT / "docs"


def test_block_reference_is_up_to_date() -> None:
    command = [sys.executable, "-m", "compose", "describe", "--all", "--markdown"]  # a process with no block of a test
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert (DOCS / "blocks.md").read_text(encoding="utf-8") == said, "run: make docs"


def test_reference_of_the_language_is_up_to_date() -> None:
    assert (DOCS / "reference.md").read_text(encoding="utf-8") == language.markdown(), "run: make docs"


def test_reference_of_the_language_has_every_model() -> None:
    text = language.markdown()
    for field in ("extends", "tau", "betas", "carry", "at", "joint", "epsilon", "clip", "mean", "venue", "every"):
        assert f"`{field}`" in text


def test_codes_on_the_page_of_errors_exist() -> None:
    page = (DOCS / "errors.md").read_text(encoding="utf-8")
    codes = re.findall(r"^\| `([a-z]+\.[a-z]+)`", page, re.MULTILINE)
    told = "".join(file.read_text(encoding="utf-8") for file in (DOCS.parent / "tests" / "broken").rglob("*.txt"))
    told += "".join(file.read_text(encoding="utf-8") for file in (DOCS.parent / "tests" / "study").rglob("*.py"))
    assert len(codes) > 8
    assert not [code for code in codes if f"error[{code}]" not in told and f'"{code}"' not in told]


def test_the_export_page_shows_what_is_emitted() -> None:
    page = (DOCS / "export.md").read_text(encoding="utf-8")
    (shown,) = (code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if code.startswith("        # q:"))
    model = Model(build_graph(load("refil"), schema("smac/3-8sz")))
    assert shown in emit(model).text


def test_the_language_page_names_every_function() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    assert not [name for name in FUNCTIONS if not re.search(rf"\b{name}\b", page)]


def test_pictures_are_up_to_date() -> None:
    fresh = runpy.run_path(str(DOCS / "pictures.py"))["pictures"]()
    stale = [name for name, text in fresh.items() if (DOCS / "images" / name).read_text(encoding="utf-8") != text]
    assert not stale, "run: make docs"


def test_episodes_are_shown() -> None:
    """Their bytes depend on the machine: here, whether they are what the page says, and drawn at all."""
    page = "".join((DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("play", "battle", "warehouse"))
    played = runpy.run_path(str(DOCS / "pictures.py"))["PLAYED"]
    assert {f"images/{name}" for name in played} == set(re.findall(r"\((images/play[^)]*)\)", page))
    for name in played:
        with Image.open(DOCS / "images" / name) as picture:
            assert picture.format == name[-3:].upper()
            assert getattr(picture, "n_frames", 1) == (60 if name == "play_mmm.gif" else 1)


def test_the_spec_to_write_is_the_example() -> None:
    (written,) = (s for s in snippets((DOCS / "add_a_loss.md").read_text(encoding="utf-8"))
                  if s.title == "refil_parts.yaml")
    assert written.text == (ROOT / "examples" / "refil_parts.yaml").read_text(encoding="utf-8")


def test_pages_import_from_the_public_api() -> None:
    pages = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
    deep = [f"{page.name}: {found}" for page in pages
            for found in re.findall(r"(?:from|import) compose\.\w[\w.]*", page.read_text(encoding="utf-8"))]
    assert not deep


def test_the_api_reference_has_every_public_name_once() -> None:
    names = [name for page in sorted(DOCS.glob("api*.md"))
             for name in re.findall(r"^::: compose\.(\w+)$", page.read_text(encoding="utf-8"), re.MULTILINE)]
    assert sorted(names) == sorted(set(compose.__all__) - {"__version__"})
