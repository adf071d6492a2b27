"""What a worker process does: it plays some copies of an environment as it is told, one message at a time.

Messages are ``("told", None)``, ``("reset", [(row, seed) ...])`` and ``("step", [(row, action) ...])``; answers are
``("done", ...)``, ``("wrong", diagnostics)`` of what a user can mend, and ``("raised", text, traceback)``.
"""

from __future__ import annotations

import hashlib
import signal
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from compose.envs.adapters.games import Game, Moment
from compose.language.diagnostics import SpecError

Told = tuple[Moment, bytes]
"""A moment, and a digest of what agents got in it."""


def work(make: Callable[[], Game], mine: Connection, others: Iterable[Connection]) -> None:
    """Answer until the other side is gone. ``others`` are ends of pipes that are not this process's business."""
    for other in others:
        other.close()
    for name in ("SIGINT", "SIGUSR1", "SIGUSR2"):  # these are for whoever asked for the work
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    copies: dict[int, Game] = {}
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            what, given = mine.recv()
            try:
                answer: tuple[Any, ...] = ("done", _answer(make, copies, what, given))
            except SpecError as error:
                answer = ("wrong", error.diagnostics)
            except Exception as error:
                answer = ("raised", f"{type(error).__name__}: {error}", traceback.format_exc())
            try:
                mine.send(answer)
            except (TypeError, ValueError, AttributeError, RuntimeError) as error:
                text = f"what the environment gave cannot be sent to another process: {error}"
                mine.send(("raised", text, traceback.format_exc()))


def _answer(make: Callable[[], Game], copies: dict[int, Game], what: str, given: Any) -> Any:
    if what == "told":
        copies[-1] = make()
        return copies[-1].told
    found: list[Told] = []
    for row, value in given:
        if row not in copies:
            copies[row] = copies.pop(-1) if -1 in copies else make()
        moment = copies[row].reset(value) if what == "reset" else copies[row].step(value)
        found.append((moment, digest(moment)))
    return found


def digest(moment: Moment) -> bytes:
    """Of everything in it that becomes a field, a reward or an end; infos may hold clocks and the like."""
    found = hashlib.blake2b(digest_size=16)
    for part in (moment.observation, moment.live, moment.reward, moment.rewards, moment.terminated, moment.truncated,
                 moment.over, moment.state, moment.reached, moment.entities, moment.visible):
        _add(found, part)
    return found.digest()


def _add(found: Any, part: Any) -> None:
    if isinstance(part, Mapping):
        for key in sorted(part, key=str):
            found.update(str(key).encode())
            _add(found, part[key])
    elif isinstance(part, list | tuple):
        found.update(f"[{len(part)}".encode())
        for one in part:
            _add(found, one)
    elif part is None or isinstance(part, bool | int | float | str):
        found.update(f"{part!r};".encode())
    else:
        array = np.asarray(part)
        found.update(f"{array.dtype.str}{array.shape}".encode())
        found.update(array.tobytes() if array.dtype != object else repr(part).encode())
