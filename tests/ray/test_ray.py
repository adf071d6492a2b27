"""Studies on Ray, two nodes of this machine: run by ``make test-ray`` in an environment of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ray", reason="ray is not installed: make test-ray")
pytestmark = pytest.mark.filterwarnings("ignore")

from ray.cluster_utils import Cluster  # noqa: E402

from tests.study.twelve import Twelve, begun_with, until  # noqa: E402

MEMORY = 100 * 1024**2


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ray keeps a token there, unless told; its workers are nice, so on a busy machine they wait for ever."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    return tmp_path


@pytest.fixture
def two(home: Path) -> Iterator[tuple[Cluster, list[Any]]]:
    """A cluster of two nodes with one processor each, and whatever is left of it killed at the end."""
    options = {"num_cpus": 1, "object_store_memory": MEMORY, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=options)
    try:
        second = cluster.add_node(num_cpus=1, object_store_memory=MEMORY)
        yield cluster, [cluster.head_node, second]
    finally:
        cluster.shutdown()


@pytest.fixture
def study(tmp_path: Path, home: Path) -> Iterator[Twelve]:
    found = Twelve(tmp_path / "study", os.environ)
    yield found
    for number in begun_with(str(tmp_path)):
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def test_runs_survive_a_node(two: tuple[Cluster, list[Any]], study: Twelve, tmp_path: Path) -> None:
    cluster, nodes = two
    local = Twelve(tmp_path / "local", os.environ)
    local.run()
    with study.driven("--engine", "ray", "--address", cluster.address) as driver:
        until(lambda: len(study.owners()) == 2)
        before = set(study.owners())
        cluster.remove_node(nodes[1], allow_graceful=False)
        until(lambda: len(set(study.owners()) & before) == 1)
        told, _ = driver.communicate(timeout=600)
        assert driver.returncode == 0, told
    assert study.contents() == local.contents()


def test_a_cluster_of_its_own_ends_with_the_driver(study: Twelve) -> None:
    with study.driven("--engine", "ray", "--workers", "1") as driver:
        until(lambda: study.owners())
        working = study.owners()
        driver.send_signal(signal.SIGINT)
        told, _ = driver.communicate(timeout=180)
    assert driver.returncode == 130, told
    assert "the same command goes on from here" in told
    assert not [number for number in working if Path(f"/proc/{number}").exists()]
    assert {one.state for one in study.standings()} <= {"done", "begun", "waiting"}


def test_where_there_is_no_cluster(study: Twelve) -> None:
    with study.driven("--engine", "ray", "--address", "127.0.0.1:1") as driver:
        told, _ = driver.communicate(timeout=180)
    assert driver.returncode == 2, told
    assert "there is no cluster" in told
    assert not study.workspace.path.exists()
