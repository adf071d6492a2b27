"""Where text for people goes. With ``NO_COLOR`` set, it has neither colour nor weight, on a terminal too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(*, stderr: bool = False) -> Console:
    """A console of rich for standard output, or error. Text is printed as it is given, never highlighted."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, color_system=None if os.environ.get("NO_COLOR") else "auto")
