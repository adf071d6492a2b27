"""Files that a command is to write: whether they can be, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError


def check_named(option: str, path: Path, endings: Sequence[str]) -> None:
    """Raises SpecError (``file.name``) unless a file of one of these endings can be written there."""
    where = f"{option} {path}"
    if path.suffix.lower() not in endings:
        message = f"the name must end in {' or '.join(endings)}"
    elif not path.parent.is_dir():
        message = f"there is no folder {path.parent}"
    elif path.is_dir():
        message = "is a folder"
    else:
        return
    raise SpecError(Diagnostic("file.name", message, where))
