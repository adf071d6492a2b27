"""What is said when a command fails in a way that nobody foresaw."""

from __future__ import annotations

import os
import platform
import sys
import sysconfig
import tempfile
import traceback
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

OURS = 70
"""Exit code: a mistake of ours (EX_SOFTWARE)."""
_PACKAGE = Path(__file__).parents[1]
_LIBRARIES = ("site-packages", "dist-packages", sysconfig.get_path("stdlib"))


def explained(error: BaseException) -> int:
    """Say what failed and where the details are, in a line or two on standard error; gives the exit code."""
    from compose.cli.reporting import WRONG, memory_ends, out_of_memory, show
    from compose.language.diagnostics import Diagnostic

    if out_of_memory(error):
        show([memory_ends()])
        return WRONG
    head = " ".join(f"{type(error).__name__}: {_text(error)}".split())
    what = f"{head[:200]}{' ...' * (len(head) > 200)} ({_place(error)})"
    kept = _details(error)
    if _foreign(error):
        show([Diagnostic("plugin.failed", f"code that was given failed: {what}", notes=(kept,))])
        return WRONG
    hint = f"please report it, with the details, to {_tracker()}"
    show([Diagnostic("bug", f"this is a mistake in compose itself: {what}", hint=hint, notes=(kept,))])
    return OURS


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "it cannot say what"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not any(folder in frame.filename for folder in _LIBRARIES)] or frames
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else "nowhere"


def _foreign(error: BaseException) -> bool:
    """Whether the last code that ran, libraries aside, is neither ours nor a library: a plug-in."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [Path(frame.filename) for frame in frames if not any(folder in frame.filename for folder in _LIBRARIES)]
    return bool(own) and own[-1].is_file() and _PACKAGE not in own[-1].parents


def _details(error: BaseException) -> str:
    """Where the whole story is kept."""
    story = [f"compose {_version()}, Python {platform.python_version()}, {platform.platform()}\n",
             f"command: {sys.argv!r}\n", f"folder: {os.getcwd()}\n\n"]
    try:
        handle, name = tempfile.mkstemp(prefix="compose-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.writelines([*story, *traceback.format_exception(error)])
    except OSError as refused:
        return f"the details could not be kept: {refused.strerror}"
    return f"details: {name}"


def _version() -> str:
    try:
        return str(metadata("compose-marl")["Version"])
    except PackageNotFoundError:
        return "(a checkout that is not installed)"


def _tracker() -> str:
    """The address of the issue tracker, if the package names one."""
    try:
        urls = metadata("compose-marl").get_all("Project-URL") or []
    except PackageNotFoundError:
        urls = []
    named = (url.partition(", ")[2] for url in urls if url.lower().startswith(("issues", "bug", "tracker")))
    return next(named, "the project's issue tracker")
