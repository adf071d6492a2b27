"""The documentation is true: specs in it load, the reference is up to date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compose.cli.views.reference import markdown
from compose.compiler.export.emit import emit
from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.block import catalogue
from compose.language.expressions import FUNCTIONS
from compose.language.load import load, load_text

DOCS = Path(__file__).resolve().parents[2] / "docs"
SPECS = [
    pytest.param(text, id=f"{file.stem}:{re.search(r'^name: (.*)$', text, re.MULTILINE)[1]}")  # type: ignore[index]
    for file in sorted(DOCS.glob("*.md"))
    for text in re.findall(r"```yaml\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
    if re.search(r"^compose: ", text, re.MULTILINE)
]


@pytest.mark.parametrize("text", SPECS)
def test_specs_in_the_documentation_hold(text: str) -> None:
    loaded = load_text(text)
    build_graph(loaded)
    assert loaded.spec.example_env is not None
    proofs = prove(build_graph(loaded, schema(loaded.spec.example_env)))
    assert all(proof.as_claimed for proof in proofs)


def test_there_are_specs_in_the_documentation() -> None:
    assert len(SPECS) >= 2


def test_block_reference_is_up_to_date() -> None:
    assert (DOCS / "blocks.md").read_text(encoding="utf-8") == markdown(), "run: make docs"


def test_the_export_page_shows_what_is_emitted() -> None:
    page = (DOCS / "export.md").read_text(encoding="utf-8")
    (shown,) = (code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if code.startswith("        # q:"))
    model = Model(build_graph(load("refil"), schema("smac/3-8sz")))
    assert shown in emit(model).text


def test_the_language_page_names_every_function() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    assert not [name for name in FUNCTIONS if not re.search(rf"\b{name}\b", page)]


def test_blocks_said_to_be_missing_are_missing() -> None:
    page = (DOCS / "language.md").read_text(encoding="utf-8")
    tables = page[page.index("## What is not there yet"):page.index("Constructs of the language, and")]
    rows = [line.split("|")[1] for line in tables.splitlines() if line.startswith("| `")]
    tags = {tag for row in rows for tag in re.findall(r"`(\w+)`", row)}
    assert tags
    assert not tags & set(catalogue()), "these exist now; the page must say so"
