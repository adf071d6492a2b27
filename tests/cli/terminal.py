"""Running a program in a terminal of its own."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def in_terminal(*arguments: str, width: int = 80, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Exit code of ``python ARGUMENTS`` and all that it writes to a terminal so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    known = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
                               env={**known, "TERM": "xterm-256color", "PYTHONUTF8": "1", **(env or {})})
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError):  # Linux's end of a terminal
        while part := os.read(ours, 1 << 16):
            written += part
    os.close(ours)
    return process.wait(), written.decode()
