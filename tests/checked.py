"""Programs of users as mypy sees them, from a folder that is not the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


SETTINGS = """[mypy]
strict = true
[mypy-torch.*,tensordict.*,numpy.*,networkx.*,rich.*]
follow_imports = skip
"""
"""Of other libraries nothing is asked, and torch alone takes as long as all that is ours."""


def checked(folder: Path, text: str) -> list[str]:
    """What mypy, strict, says of ``mine.py``, line by line."""
    (folder / "mine.py").write_text(text, encoding="utf-8")
    (folder / "mypy.ini").write_text(SETTINGS, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "mine.py"]
    done = subprocess.run(command, cwd=folder, env={"MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("mine.py")]
