"""Ctrl-C, and what a scheduler sends, between two turns of a loop instead of in the middle of one."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
WARNINGS = tuple(getattr(signal, name) for name in ("SIGUSR1", "SIGUSR2") if hasattr(signal, name))
"""What schedulers are told to send some time before the end; several of them may come, to every process of a job."""


class Interrupt:
    """While it is open, the first Ctrl-C (SIGINT) or SIGTERM only sets :attr:`asked`; a second one interrupts at once.

    A scheduler's warning (SIGUSR1, SIGUSR2) sets it too, and means nothing more however often it comes. It is left to
    whoever else has a handler for it. Outside the main thread, where Python allows no handlers, signals keep their
    usual meaning.
    """

    def __init__(self) -> None:
        self.asked = False
        self._told = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {one: signal.signal(one, self._note) for one in SIGNALS}
            self._before |= {one: signal.signal(one, self._warned) for one in WARNINGS if _unheard(one)}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._told:
            raise KeyboardInterrupt
        self.asked = self._told = True

    def _warned(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _unheard(one: signal.Signals) -> bool:
    """Whether nobody but another Interrupt handles a signal."""
    handler = signal.getsignal(one)
    return handler == signal.SIG_DFL or isinstance(getattr(handler, "__self__", None), Interrupt)
