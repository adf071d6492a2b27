"""Processes that train, and ways to kill them."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Self

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


class Fresh:
    """Every life is a new interpreter."""

    def start(self, arguments: list[str]) -> Self:
        code = "import sys; from compose.cli import main; sys.exit(main())"
        self.process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=ENVIRONMENT,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        self.pid = self.process.pid
        return self

    def ended(self) -> int | None:
        """The exit code, once there is one."""
        return self.process.poll()

    def close(self) -> None:
        """Nothing is left of a life that ended."""


class Forked:
    """Lives are forks of one process that has imported everything: they begin at once."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.training.fork_server"]
        self.server = subprocess.Popen(command, env=ENVIRONMENT, bufsize=0, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.to, self.fro = self.server.stdin, self.server.stdout

    def start(self, arguments: list[str]) -> Self:
        self.to.write(json.dumps(arguments).encode() + b"\n")
        self.pid = int(self.fro.readline())
        return self

    def ended(self) -> int | None:
        ready, _, _ = select.select([self.fro], [], [], 0)
        return int(self.fro.readline()) if ready else None

    def close(self) -> None:
        self.to.close()
        self.server.wait()
        self.fro.close()


Lives = Fresh | Forked


def wait(life: Lives, until: Callable[[], bool] = lambda: False) -> int | None:
    """The exit code, or None as soon as ``until`` holds; hardly pauses, for a write is soon over."""
    while (code := life.ended()) is None:
        if until():
            return None
        time.sleep(0.0003)
    return code


def kill(life: Lives) -> None:
    """SIGKILL, and wait until it is gone."""
    os.kill(life.pid, signal.SIGKILL)
    code = wait(life)
    assert code in (-signal.SIGKILL, 0), code


def newest(run: Path) -> int:
    """The number of the newest checkpoint, 0 if there is none."""
    try:
        return int((run / "checkpoints" / "latest").read_text())
    except FileNotFoundError:
        return 0


def being_written(run: Path) -> set[tuple[str, int]]:
    """Files and folders that a run is in the middle of writing (name, number of the inode), and checkpoints that the
    pointer does not name yet."""
    found, named = set(), newest(run)
    for folder in (run, run / "checkpoints", run / "replay"):
        with suppress(FileNotFoundError):
            found |= {(entry.name, entry.inode()) for entry in os.scandir(folder) if entry.name.startswith(".tmp-")
                      or (entry.name.isdigit() and int(entry.name) > named)}
    return found


def some_time(random: Random, run: Path, span: float, most: int) -> Callable[[], bool]:
    """True from a random moment on, at most ``span`` seconds from now, or once ``most`` more checkpoints are made."""
    end, last = time.monotonic() + random.uniform(0, span), newest(run) + most
    return lambda: time.monotonic() >= end or newest(run) >= last


def some_write(random: Random, run: Path, life: Lives, most: int) -> Callable[[], bool]:
    """True when a life is in the middle of writing something, which it is then stopped in; not before a random number
    (below ``most``) of checkpoints more, and at the latest ``most`` after that."""
    seen, first = being_written(run), newest(run) + random.randrange(most)
    skipped = random.randrange(4)

    def now() -> bool:
        nonlocal skipped
        if newest(run) < first:
            return False
        fresh = being_written(run) - seen
        skipped -= len(fresh)
        if skipped >= 0 or not fresh:
            seen.update(fresh)
            return newest(run) >= first + most
        os.kill(life.pid, signal.SIGSTOP)
        time.sleep(0.002)
        if fresh & being_written(run):
            return True
        os.kill(life.pid, signal.SIGCONT)
        return False

    return now
