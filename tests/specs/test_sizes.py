"""A method is short: what a spec adds to what it extends."""

from __future__ import annotations

import pytest

from tests.compiler.cases import Files

SAID = 62
"""Lines below `extends` that are neither blank nor comments."""


@pytest.mark.parametrize("name", [name for name, path in Files.items() if "\nextends:" in path.read_text()])
def test_a_method_on_top_of_its_base_is_a_page(name: str) -> None:
    text = Files[name].read_text(encoding="utf-8")
    body = text[text.index("\nextends:"):].splitlines()[2:]
    assert len([line for line in body if line.strip() and not line.lstrip().startswith("#")]) <= SAID
