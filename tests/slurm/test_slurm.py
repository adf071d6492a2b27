"""Studies on a real Slurm: run by ``make test-slurm`` in an environment of its own, on Debian 12."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

pytest.importorskip("submitit", reason="submitit is not installed: make test-slurm")
pytestmark = pytest.mark.skipif(shutil.which("apt-get") is None, reason="Slurm is taken from Debian's packages")

from tests.slurm.cluster import cluster, said  # noqa: E402
from tests.study.twelve import Twelve, until  # noqa: E402

UPDATES = 400
"""Of each run: a job that is gone counts as dead at the second look at the queue, and looks are ten seconds apart."""
SLURM = ("--engine", "slurm", "--workers", "2", "--time", "15")


@pytest.fixture(scope="module")
def slurm() -> Iterator[Mapping[str, str]]:
    with cluster(Path(tempfile.mkdtemp(prefix="slurm-"))) as environment:
        yield environment


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What this machine gives without Slurm."""
    local = Twelve(tmp_path_factory.mktemp("local") / "study", os.environ, UPDATES)
    local.run()
    return local.contents()


def jobs(slurm: Mapping[str, str], *states: str) -> list[str]:
    listed = said(slurm, "squeue", "-h", "-r", "-o", "%i %T").splitlines()
    return [line.split()[0] for line in listed if not states or line.split()[1] in states]


def test_runs_survive_all_that_happens_to_jobs(
        slurm: Mapping[str, str], expected: dict[str, bytes], tmp_path: Path) -> None:
    """A job warned of its end, a worker killed, the driver killed and started anew: the same numbers."""
    study = Twelve(tmp_path / "study", slurm, UPDATES)
    with study.driven(*SLURM) as first:
        until(lambda: len(study.owners()) == 2)
        warned, other = jobs(slurm, "RUNNING")
        subprocess.run(["scancel", "--signal=USR2", warned], env=dict(slurm), check=True)
        until(lambda: "Restarts=1" in said(slurm, "scontrol", "show", "job", warned), 60)
        first.kill()
    logs = study.workspace.path / "slurm"
    assert "Requeued job" in (logs / f"{warned}_0_log.err").read_text() + (logs / f"{warned}_0_log.out").read_text()
    assert {warned, other} == set(jobs(slurm))  # they do without their driver
    with study.driven(*SLURM) as second:
        until(lambda: len(study.owners()) == 2)
        assert {warned, other} == set(jobs(slurm))  # and the next finds them
        os.kill(study.owners()[0], signal.SIGKILL)
        told, _ = second.communicate(timeout=600)
        assert second.returncode == 0, told
    assert "died" in told
    assert study.contents() == expected
    assert not jobs(slurm)


def test_a_driver_that_is_stopped_takes_its_jobs_back(slurm: Mapping[str, str], tmp_path: Path) -> None:
    study = Twelve(tmp_path / "study", slurm)
    with study.driven("--engine", "slurm", "--workers", "4", "--time", "15") as driver:
        until(lambda: study.owners())
        assert len(jobs(slurm)) == 4
        driver.send_signal(signal.SIGINT)
        told, _ = driver.communicate(timeout=180)
    assert driver.returncode == 130, told
    assert "the same command goes on from here" in told
    assert not jobs(slurm)
    assert {one.state for one in study.standings()} <= {"done", "begun", "waiting"}


def test_what_sbatch_refuses_is_told(slurm: Mapping[str, str], tmp_path: Path) -> None:
    study = Twelve(tmp_path / "study", slurm)
    with study.driven(*SLURM, "--partition", "nowhere") as driver:
        told, _ = driver.communicate(timeout=120)
    assert driver.returncode == 2, told
    assert "invalid partition specified: nowhere" in told


def test_arrays_are_split(slurm: Mapping[str, str], tmp_path: Path) -> None:
    """This Slurm takes eleven tasks at once."""
    study = Twelve(tmp_path / "study", slurm)
    with study.driven("--engine", "slurm", "--workers", "40", "--time", "15"):
        until(lambda: len(jobs(slurm)) == 12)
        assert {one.split("_")[-1] for one in jobs(slurm) if "_" in one} == set(map(str, range(11)))
        time.sleep(1)
    subprocess.run(study.command("stop"), cwd=study.folder, env=study.environment, check=True)
    subprocess.run(["scancel", "--user=root"], env=dict(slurm), check=True)
