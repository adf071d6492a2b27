"""Calls of code that an environment brings: whatever goes wrong in it is told as its fault."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from compose.envs.guard.finding import Broken, Finding
from compose.envs.guard.form import environment
from compose.envs.interface import Environment
from compose.language.diagnostics import SpecError

Result = TypeVar("Result")
_FOREIGN = ("site-packages", sysconfig.get_path("stdlib"))


def safely(see: str, what: str, act: Callable[[], Result], place: int | Mapping[str, int] | None = None) -> Result:
    """Do it. What it prints goes to standard error, since standard output is the caller's.

    Args:
        see: What shows it again.
        what: What is expected of it.
        act: Code of an environment.
        place: The step, or whatever says where.

    Raises:
        Broken: ``env.raises`` with the kind, the text and the line if it raises anything but SpecError.
    """
    try:
        with redirect_stdout(sys.stderr):
            return act()
    except SpecError:
        raise
    except (Exception, SystemExit) as error:
        at = {"step": place} if isinstance(place, int) else dict(place or {})
        raise Broken(Finding("env.raises", what, f"{described(error)} ({_line(error)})", place=at, see=see)) from error


def made(name: str, make: Callable[[], Environment]) -> Environment:
    """The environment that ``make`` gives under a name of the catalogue.

    Raises:
        Broken: ``env.raises`` as :func:`safely`, ``env.interface`` if it is none.
    """
    see = f"compose env check {name}"
    env = safely(see, "the environment is made", make)
    if problems := environment(env):
        raise Broken(*(replace(problem, see=see) for problem in problems))
    return env


def described(error: BaseException) -> str:
    """Its kind, and what it says of itself if it does."""
    try:
        text = str(error).strip()
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _line(error: BaseException) -> str:
    """The line that raised, of the last file that belongs to no installed package, if there is one."""
    frames = traceback.extract_tb(error.__traceback__)[1:] or traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not any(folder in frame.filename for folder in _FOREIGN)]
    last = (own or frames)[-1]
    return f"{Path(last.filename).name}, line {last.lineno}"
