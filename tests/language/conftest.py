from __future__ import annotations

import pathlib
import textwrap
from collections.abc import Callable

import pytest

from compose.language.diagnostics import SpecError
from compose.language.resolve import Document, resolve

Resolve = Callable[..., Document]
Explain = Callable[..., str]


@pytest.fixture
def here(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """An empty current folder with an empty folder ``packaged`` in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "packaged").mkdir()
    return tmp_path


@pytest.fixture
def build(here: pathlib.Path) -> Resolve:
    """``build(a=TEXT, b=TEXT)``: write a.yaml and b.yaml, each under the line ``compose: 1``, and resolve the last."""

    def run(*overrides: str, **texts: str) -> Document:
        for name, text in texts.items():
            (here / f"{name}.yaml").write_text("compose: 1\n" + textwrap.dedent(text).lstrip("\n"))
        return resolve(f"{list(texts)[-1]}.yaml", overrides, packaged=here / "packaged")

    return run


@pytest.fixture
def explain(build: Resolve) -> Explain:
    """Like ``build``, for specs that are wrong: the text that the user sees."""

    def run(*overrides: str, **texts: str) -> str:
        with pytest.raises(SpecError) as caught:
            build(*overrides, **texts)
        return str(caught.value)

    return run
