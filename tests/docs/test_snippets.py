"""Every command, program and spec in the documentation does what the page says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch

from tests.docs.session import Session, agrees
from tests.docs.snippets import PAGES, commands, snippets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in; what a page changes about torch or imports from there ends with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    threads = torch.get_num_threads()
    yield tmp_path  # type: ignore[misc]
    torch.set_num_threads(threads)
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


def play(page: Path, folder: Path, *, long: bool = False, slow: bool = False) -> None:
    session = Session(folder, long=long, slow=slow)
    for snippet in snippets(page.read_text(encoding="utf-8")):
        try:
            session.run(snippet)
        except Exception as error:
            raise AssertionError(f"{page.name}:{snippet.line}: {error}") from error


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_true(page: Path, folder: Path) -> None:
    play(page, folder)


@pytest.mark.more
@pytest.mark.parametrize("page", [p for p in PAGES if "<!-- slow -->" in p.read_text(encoding="utf-8")],
                         ids=lambda page: page.stem)
def test_a_page_with_slow_commands_is_true(page: Path, folder: Path) -> None:
    play(page, folder, slow=True)


@pytest.mark.long
@pytest.mark.parametrize("page", [p for p in PAGES if re.search("<!-- (long|slow) -->", p.read_text(encoding="utf-8"))],
                         ids=lambda page: page.stem)
def test_a_page_with_trainings_is_true(page: Path, folder: Path) -> None:
    play(page, folder, long=True, slow=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_stand_in_console_blocks(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.findall(r"^    (?:\$ |compose |make |pip |python ).*$", text, re.MULTILINE)


PAGE = """
<!-- run: compose list envs -->
<!-- not run: a reason -->
```console
$ compose train a \\
    --updates 3
out
$ ls
```

```yaml title="mine.yaml"
compose: 1
```
"""


def test_snippets_are_found() -> None:
    hidden, console, spec = snippets(PAGE)
    assert (hidden.text, hidden.mark) == ("$ compose list envs\n", "")
    assert (console.language, console.mark) == ("console", "not run: a reason")
    assert [c.text for c in commands(console.text)] == ["compose train a      --updates 3", "ls"]
    assert [c.shown for c in commands(console.text)] == ["out", ""]
    assert (spec.language, spec.title, spec.mark, spec.line) == ("yaml", "mine.yaml", "", 11)


@pytest.mark.parametrize(("shown", "said", "same"), [
    ("a\nb", "a\nb\n", True),
    ("a\nb", "a\nc\n", False),
    ("a\n...\nd", "a\nb\nc\nd\n", True),
    ("a\n...", "b\na\n", False),
    ("took ... s", "took 3.2 s\n", True),
    ("took ... s", "took 3.2 m\n", False),
    ("  solved 0.99", "  solved 0.98", False),
])  # fmt: skip
def test_output_is_compared(shown: str, said: str, same: bool) -> None:
    assert agrees(shown, said, numbers=True) is same


def test_output_of_trainings_is_compared_without_numbers() -> None:
    assert agrees("  24,022    0.96  ██|██████", "   9,120    0.11  ██|", numbers=False)
    assert not agrees("solved 0.99, mark 0.70: reached", "solved 0.31, mark 0.70: not reached", numbers=False)
