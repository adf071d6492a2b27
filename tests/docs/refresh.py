"""``python -m tests.docs.refresh [PAGE ...]``: write what commands say today into the pages that show it.

Trainings stay as they are, and so does output in which ``...`` leaves something out: where that no longer holds, the
test says so, and somebody has to look.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from tests.docs.session import Session, demo, shortened
from tests.docs.snippets import PAGES, Snippet, commands, snippets


def refreshed(text: str, folder: Path) -> str:
    """A page with the output of today."""
    session = Session(folder, long=False, slow=True)
    for snippet in snippets(text):
        if snippet.language != "console":
            session.run(snippet)
        elif not snippet.mark.startswith(("slow", "not run")):
            text = _block(text, snippet, session)
    return text


def _block(text: str, snippet: Snippet, session: Session) -> str:
    for command in commands(snippet.text):
        run = demo() if command.text == "make demo" else command.text
        if run == "echo $?":
            continue
        session.code, said = session._said(shortened(run) if snippet.mark == "long" else run)
        if command.shown and snippet.mark != "long" and "..." not in command.shown:
            said = "\n".join(line.rstrip() for line in said.strip("\n").splitlines())
            text = text.replace(f"$ {command.text}\n{command.shown}\n", f"$ {command.text}\n{said}\n")
    return text


def main(names: list[str]) -> None:
    """Refresh the pages named, or all."""
    for page in [p for p in PAGES if not names or p.stem in names]:
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            text = refreshed(page.read_text(encoding="utf-8"), Path(folder))
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, "")
    main(sys.argv[1:])
