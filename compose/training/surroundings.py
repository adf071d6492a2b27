"""Where and when a run was made: what a reader of its numbers may ask years later."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from compose.language.files import packaged_specs

_GIT_SECONDS = 10.0
_HEAD = "# branch.oid "


def surroundings(file: str) -> dict[str, str | int]:
    """What ``run.json`` keeps of the machine and the moment.

    Args:
        file: The spec's main file, as messages call it; it need not exist.

    Returns:
        ``date`` (UTC), ``host``, ``processor``, ``cores``; and where the spec's own file lies in a git repository
        ``commit``, with ``+`` behind it if that file has changed since.
    """
    made: dict[str, str | int] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"), "host": socket.gethostname(),
        "processor": processor(), "cores": os.cpu_count() or 0,
    }
    commit = _commit(Path(file))
    return {**made, "commit": commit} if commit else made


@cache
def processor() -> str:
    """The model of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()


def _commit(file: Path) -> str:
    if not file.is_file() or file.resolve().parent == packaged_specs().resolve():
        return ""  # text, or a packaged spec: the package's version says which
    folders = file.resolve().parents
    if "GIT_DIR" not in os.environ and not any((folder / ".git").exists() for folder in folders):
        return ""  # many small runs shall not start a process each
    try:
        lines = _git(file.parent, "status", "--porcelain=v2", "--branch", "--", file.name).splitlines()
    except (OSError, subprocess.SubprocessError):
        return ""
    head = next((line.removeprefix(_HEAD) for line in lines if line.startswith(_HEAD)), "(initial)")
    if head == "(initial)":
        return ""  # nothing is committed yet
    return head if all(line.startswith("#") for line in lines) else f"{head}+"


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True,
                          timeout=_GIT_SECONDS).stdout
