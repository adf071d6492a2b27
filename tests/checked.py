"""Programs of users as mypy sees them, from a folder that is not the checkout."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def checked(folder: Path, text: str) -> list[str]:
    """What mypy, strict, says of ``mine.py``, line by line."""
    (folder / "mine.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder / "cache"), "mine.py"]
    done = subprocess.run(command, cwd=folder, env={"MYPYPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("mine.py")]
