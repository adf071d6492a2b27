"""A study of twelve runs that engines make, and what it looks like from outside while they do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from compose.study.runs.standing import Standing, standings
from compose.study.runs.workspace import Workspace
from compose.training.checkpoint import latest
from compose.training.folder import RunFolder
from tests.study.small import TEXT

ROOT = Path(__file__).resolve().parents[2]
TWELVE = TEXT.replace("seeds: 0..1", "seeds: 0..5").replace("updates: 3", "updates: 100")


class Twelve:
    """The study in a folder of its own, and the environment in which commands about it are called.

    Args:
        folder: It is made.
        environment: Of the commands.
        updates: Of each run: as many as it takes until what is looked for has been seen.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], updates: int = 100) -> None:
        folder.mkdir()
        self.folder, self.environment = folder, {**environment, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        (folder / "small.yaml").write_text(TWELVE.replace("updates: 100", f"updates: {updates}"))

    @property
    def workspace(self) -> Workspace:
        return Workspace.of(self.folder / "runs", "small")

    def command(self, *words: str) -> list[str]:
        name, *options = words
        return [sys.executable, "-m", "compose", "study", name, "small.yaml", *options]

    @contextmanager
    def driven(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """While a driver of the study is there; it is killed if it does not end by itself."""
        process = subprocess.Popen(self.command("run", *options), cwd=self.folder, env=self.environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def run(self, *options: str) -> str:
        """What a driver says, who comes to the end."""
        with self.driven(*options) as process:
            told, _ = process.communicate(timeout=600)
            assert process.returncode == 0, told
        return told

    def standings(self) -> list[Standing]:
        """How far its runs are; none before a driver has begun it."""
        plan = self.workspace.plan()
        return [] if plan is None else standings(self.workspace, plan.runs)

    def owners(self) -> list[int]:
        """Processes that have a run in training, its first evaluation made."""
        return [one.owner.pid for one in self.standings()
                if one.owner is not None and (self.workspace.runs / one.run.folder / "evals.jsonl").exists()]

    def contents(self) -> dict[str, bytes]:
        """Weights and evaluations of every run."""
        found = {}
        plan = self.workspace.plan()
        assert plan is not None
        for run in plan.runs:
            path = self.workspace.runs / run.folder
            checkpoint = latest(RunFolder(path))
            assert checkpoint is not None
            found[run.folder] = (path / "evals.jsonl").read_bytes() + (checkpoint / "weights.safetensors").read_bytes()
        assert len(found) == 12
        return found


def until(wanted: Callable[[], object], seconds: float = 180.0) -> None:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end
        time.sleep(0.5)


def begun_with(text: str) -> list[int]:
    """Processes in whose command line a text stands."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if text.encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found
