"""Real processes: they meet, train, are interrupted, killed and refused; one of them tells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from compose.training.checkpoint import latest, stands
from compose.training.folder import RunFolder
from tests.training.lives import ENVIRONMENT
from tests.training.ranks.test_runs import ENV, SMALL, check_same

TRAIN = ["train", "vdn_attention", "--env", ENV, "--eval-every", "30", "--eval-episodes", "5",
         "--log-every", "20", "--checkpoint-updates", "4"]
for setting in SMALL:
    TRAIN += ["--set", setting]


class Pairs:
    """Two processes at a time."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.training.ranks.forks", "2"]
        self.server = subprocess.Popen(command, env=ENVIRONMENT, bufsize=0, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip

    def start(self, folder: Path, arguments: list[str]) -> list[int]:
        assert self.server.stdin is not None
        self.folder = folder
        self.server.stdin.write(json.dumps([str(folder), arguments]).encode() + b"\n")
        return self._line()

    def ended(self) -> tuple[list[int], list[str]]:
        """Exit codes, and what each has said."""
        return self._line(), [(self.folder / f"{rank}.txt").read_text() for rank in (0, 1)]

    def _line(self) -> list[int]:
        assert self.server.stdout is not None
        found: list[int] = json.loads(self.server.stdout.readline())
        return found

    def close(self) -> None:
        self.server.communicate()


@pytest.fixture(scope="module")
def pairs() -> Iterator[Pairs]:
    made = Pairs()
    yield made
    made.close()


def saved(run: Path) -> int:
    """Updates of the newest checkpoint."""
    newest = latest(RunFolder(run)) if (run / "run.json").exists() else None
    return 0 if newest is None else stands(newest).updates


def running(run: Path, updates: int) -> None:
    """Wait until so many updates are saved."""
    end = time.monotonic() + 60
    while saved(run) < updates:
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.slow
def test_an_interrupted_run_goes_on(tmp_path: Path, pairs: Pairs) -> None:
    run = ["--run", str(tmp_path / "run")]
    children = pairs.start(tmp_path, [*TRAIN, *run, "--updates", "100000"])
    running(tmp_path / "run", 8)
    for child in children:
        os.kill(child, signal.SIGTERM)
    codes, said = pairs.ended()
    assert codes == [130, 130]
    assert "interrupted; the same command with --resume goes on from here" in said[0]
    assert said[1] == ""
    made = saved(tmp_path / "run")
    pairs.start(tmp_path, [*TRAIN, *run, "--updates", str(made + 3), "--resume"])
    codes, said = pairs.ended()
    assert codes == [0, 0], said
    assert "solved" in said[0]
    assert said[1] == ""
    assert saved(tmp_path / "run") == made + 3


@pytest.mark.more
@pytest.mark.parametrize("rank", [0, 1])
def test_a_process_that_is_killed_ends_the_other(tmp_path: Path, pairs: Pairs, rank: int) -> None:
    children = pairs.start(tmp_path, [*TRAIN, "--run", str(tmp_path / "run"), "--updates", "100000"])
    running(tmp_path / "run", 4)
    os.kill(children[rank], signal.SIGKILL)
    codes, said = pairs.ended()
    assert codes[rank] == -signal.SIGKILL
    assert codes[1 - rank] == 2
    assert said[1 - rank].count("another process of this training has ended") == 1


@pytest.mark.more
def test_one_of_them_tells_what_is_wrong(tmp_path: Path, pairs: Pairs) -> None:
    run = ["--run", str(tmp_path / "run"), "--updates", "5"]
    for more, told in ((["--seeds", "0..3"], "--seeds: goes not with several processes"),
                       (["--compile"], "--compile: goes not with several processes"),
                       (["--set", "params.embd=3"], "Did you mean 'embed'?"),
                       (["--device", "cuda:0"], "each process takes a GPU of its own"),
                       (["--init", str(tmp_path / "none")], "error[run.missing]")):
        pairs.start(tmp_path, [*TRAIN, *run, *more])
        codes, said = pairs.ended()
        assert codes == [2, 2], said
        assert "".join(said).count(told) == 1, said
        assert "" in said
        assert not (tmp_path / "run").exists()


@pytest.mark.more
def test_torchrun(tmp_path: Path) -> None:
    run = [*TRAIN, "--seed", "1", "--updates", "9", "--run"]
    alone = subprocess.run([sys.executable, "-m", "compose", *run, str(tmp_path / "one")], env=ENVIRONMENT,
                           capture_output=True, check=False, text=True)
    assert alone.returncode == 0, alone.stderr
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--"]
    both = subprocess.run([*torchrun, "compose", *run, str(tmp_path / "two")], env=ENVIRONMENT, capture_output=True,
                          check=False, text=True)
    assert both.returncode == 0, both.stderr
    assert both.stdout.count("best evaluation") == 1
    check_same(tmp_path / "one", tmp_path / "two")
