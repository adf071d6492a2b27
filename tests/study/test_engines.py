"""Engines: what each reads, what it starts and when; with stand-ins for submitit, Slurm and Ray."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

import pytest

from compose.language.diagnostics import SpecError
from compose.study.engines import drive as driving
from compose.study.engines import queue, slurm
from compose.study.engines.drive import begun, drive
from compose.study.engines.interface import Engine, Job, lacking
from compose.study.engines.local import MOST_REFUSALS, Local
from compose.study.engines.queue import Queued
from compose.study.engines.ray import Ray
from compose.study.engines.remote import Call, Requeued, made
from compose.study.engines.slurm import Slurm, further
from compose.study.runs.work import Worker
from compose.study.runs.workspace import Workspace
from compose.training.interrupt import Interrupt
from tests.cli.conftest import Run, run
from tests.study.small import begin, read, write

__all__ = ["run"]


@pytest.mark.parametrize(("working", "most", "free", "running", "wanted"), [
    (0, 4, 10, 0, 4),
    (0, 4, 2, 0, 2),  # never more than free runs
    (4, 4, 10, 4, 0),
    (3, 4, 10, 3, 1),  # one has died
    (2, 4, 2, 0, 0),  # those on their way will take them
    (2, 4, 3, 1, 2),
    (3, 4, 3, 1, 1),
    (0, 4, 0, 3, 0),  # what others make is left to them
    (0, 4, 2, 3, 2),
    (6, 4, 10, 0, 0),
])
def test_how_many_workers_are_lacking(working: int, most: int, free: int, running: int, wanted: int) -> None:
    assert lacking(working, most, free, running) == wanted


def test_engines_are_imported_where_they_are_asked_for() -> None:
    code = "import compose, compose.cli.app, compose.study.engines.named, sys; " \
           "print(*{'ray', 'submitit', 'cloudpickle', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize(("options", "said"), [
    (("--engine", "slrm"), "'slrm'"),
    (("--partition", "cpu"), "--partition: is an option of the engine slurm, not of local"),
    (("--time", "60"), "--time: is an option of the engine slurm"),
    (("--slurm", "account=lab", "--engine", "ray"), "--slurm: is an option of the engine slurm, not of ray"),
    (("--address", "auto", "--engine", "slurm"), "--address: is an option of the engine ray, not of slurm"),
    (("--time", "4", "--engine", "slurm"), "--time"),
    (("--engine", "slurm"), "pip install 'compose-marl[slurm]'"),
    (("--engine", "ray"), "pip install 'compose-marl[ray]'"),
])
def test_mistakes_exit_with_2_and_write_nothing(
        run: Run, tmp_path: Path, options: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ray", "submitit"):
        monkeypatch.setitem(sys.modules, name, None)  # as if it were not installed
    found = run("study", "run", write(tmp_path), "--runs", str(tmp_path / "runs"), *options)
    assert found.code == 2
    assert said in found.err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("option", "said"), [
    ("=lab", "is no option of sbatch"),
    ("account=", "is no option of sbatch"),
    ("account=lab\n#SBATCH --uid=0", "is no option of sbatch"),
    ("a b=c", "is no option of sbatch"),
    ("", "is no option of sbatch"),
    ("partition=cpu", "by --partition"),
    ("--time=5", "by --time"),
    ("array=0-9", "by --workers"),
    ("no_requeue", "by compose"),
])
def test_options_that_are_none(option: str, said: str) -> None:
    with pytest.raises(SpecError) as caught:
        further([option])
    assert said in str(caught.value)


def test_options_of_sbatch() -> None:
    given = further(["account=lab", "--mem_per_cpu=4G", "exclusive", "comment=a=b c"])
    assert given == {"requeue": True, "account": "lab", "mem-per-cpu": "4G", "exclusive": True, "comment": "a=b c"}


class Site:
    """Stands in for submitit and Slurm's commands."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.there: dict[str, Queued] | None = {}
        self.arrays: list[list[str]] = []
        self.given: dict[str, Any] = {}
        self.cancelled: list[tuple[str, ...]] = []
        self.refuses = ""
        module, helpers = ModuleType("submitit"), ModuleType("submitit.helpers")
        module.SlurmExecutor = self.executor  # type: ignore[attr-defined]
        helpers.DelayedSubmission = lambda *given: given  # type: ignore[attr-defined]
        for name, one in (("submitit", module), ("submitit.helpers", helpers)):
            monkeypatch.setitem(sys.modules, name, one)
        monkeypatch.setattr(queue, "check", lambda: None)
        monkeypatch.setattr(queue, "jobs", lambda name: self.there)
        monkeypatch.setattr(queue, "cancel", self.cancel)
        monkeypatch.setattr(queue, "largest_array", lambda: 3)
        monkeypatch.setattr(slurm, "LOOK", 0.0)

    def executor(self, **_: object) -> SimpleNamespace:
        return SimpleNamespace(update_parameters=self.given.update, map_array=self.map_array)

    def map_array(self, what: Requeued, numbers: Sequence[int]) -> list[SimpleNamespace]:
        if self.refuses:
            raise RuntimeError(self.refuses)
        assert isinstance(what, Requeued)
        assert self.there is not None
        array = [f"{len(self.arrays)}_{number}" for number in numbers]
        self.arrays.append(array)
        self.there = {**self.there, **dict.fromkeys(array, Queued("PENDING", "Priority"))}
        return [SimpleNamespace(job_id=one) for one in array]

    def cancel(self, name: str, *options: str) -> None:
        self.cancelled.append(options)
        if options[:1] != ("--state=RUNNING",):
            self.there = {}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def engine(workspace: Workspace, workers: int = 4, **more: Any) -> Slurm:
    return Slurm(Job(workspace, workers, threads=2), **more)


def test_jobs_are_submitted_in_arrays_and_once(site: Site, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    first = engine(workspace, partition="cpu", minutes=30, options=("account=lab",))
    first.keep(free=20, running=0)
    assert site.arrays == [["0_0", "0_1", "0_2"], ["1_0"]]  # as large as the site allows
    assert (site.given["partition"], site.given["time"], site.given["cpus_per_task"]) == ("cpu", 30, 2)
    assert site.given["additional_parameters"] == {"requeue": True, "account": "lab"}
    assert first.words() == ("jobs of Slurm: 4 submitted",)
    first.keep(free=20, running=0)
    engine(workspace).keep(free=20, running=0)  # a driver started anew
    assert len(site.arrays) == 2
    assert first.words() == ("jobs of Slurm: 4 pending (Priority)",)
    assert first.words() == ()


def test_never_more_jobs_than_free_runs(site: Site, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    engine(workspace).keep(free=2, running=0)
    assert site.arrays == [["0_0", "0_1"]]
    engine(workspace, 9).keep(free=0, running=2)
    assert len(site.arrays) == 1


def test_a_silent_queue_is_no_empty_one(site: Site, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    one, site.there = engine(workspace), None
    one.keep(free=4, running=0)
    assert site.arrays == []
    assert "squeue does not answer" in one.words()[0]


def test_a_job_that_leaves_no_result_has_died(site: Site, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    one = engine(workspace)
    one.keep(free=3, running=0)
    site.there = {"0_2": Queued("RUNNING")}
    (workspace.path / "slurm" / "0_0_0_result.pkl").write_bytes(b"never read")
    one.keep(free=0, running=1)
    assert one.died() == []  # its result may yet appear
    one.keep(free=1, running=1)
    assert [text.partition(":")[0] for text in one.died()] == ["job 0_1 died"]
    assert one.died() == []
    assert site.arrays[1:] == [["1_0"]]  # in its place


def test_stopping_lets_workers_save(site: Site, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    one = engine(workspace)
    one.stop()
    assert site.cancelled == []  # nothing was submitted
    one.keep(free=4, running=0)
    one.stop()
    assert site.cancelled == [("--state=PENDING",), ("--state=RUNNING", "--signal=TERM"), ()]
    engine(workspace).keep(free=1, running=0)
    assert len(site.arrays) == 3


def test_what_sbatch_says_is_told(site: Site, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    site.refuses = "sbatch failed\nsbatch: error: invalid partition specified: nowhere"
    with pytest.raises(SpecError, match="invalid partition specified: nowhere"):
        engine(workspace).keep(free=4, running=0)


def test_folders_whose_names_slurm_would_change(site: Site, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="choose another folder with --runs"):
        engine(Workspace.of(tmp_path / "100%j", "small"))


def test_without_the_commands_of_slurm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpecError, match="there is no command sbatch, srun, squeue, scancel, scontrol here"):
        queue.check()
    assert queue.jobs("name") is None
    assert queue.largest_array() == queue.ARRAY


def script(folder: Path, text: str) -> Call:
    """A call of Python in a worker's place; ``ready`` is there once it listens."""
    return Call(("-c", f"import os, signal, sys, time\n{text}"), str(folder))


LISTENS = """
def end(number, frame):
    open('saved', 'w').write(signal.Signals(number).name)
    sys.exit(130)
signal.signal(signal.SIGUSR2, end), signal.signal(signal.SIGTERM, end)
open('ready', 'w').close()
time.sleep(60)
"""


def test_a_job_that_is_warned_saves_and_is_requeued(site: Site, tmp_path: Path) -> None:
    """As submitit does it: the handler of a signal asks for what to put into the queue, and ends the process."""
    one, found = Requeued(script(tmp_path, LISTENS)), []

    def handler(number: int, frame: FrameType | None) -> None:
        if not (tmp_path / "ready").exists():
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            return
        found.append(one.checkpoint(7))
        raise InterruptedError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(InterruptedError):
            one(7)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (tmp_path / "saved").read_text() == "SIGUSR2"
    (again, number), = found
    assert (again.call, number) == (one.call, 7)


@pytest.mark.parametrize(("text", "code"), [
    ("", None), ("sys.exit(130)", None), ("os.kill(os.getpid(), signal.SIGUSR2)", None),
    ("sys.exit(2)", 2), ("os.kill(os.getpid(), signal.SIGKILL)", 137),
])
def test_a_job_whose_worker_died_has_failed(tmp_path: Path, text: str, code: int | None) -> None:
    one = Requeued(script(tmp_path, text))
    if code is None:
        one()
        return
    with pytest.raises(SystemExit) as caught:
        one()
    assert caught.value.code == code


def test_a_call_names_who_made_it_and_its_plugins(tmp_path: Path) -> None:
    call = Call.of(Job(Workspace.at(tmp_path), plugins=("a.py",)))
    assert call.command == ("-m", "compose", "study", "work", str(tmp_path), "--plugin", "a.py")
    assert call.folder == os.getcwd()
    process = script(tmp_path, "open('arguments', 'w').write(' '.join(sys.argv[1:]))").start()
    assert process.wait() == 0
    assert (tmp_path / "arguments").read_text() == f"--follow {os.getpid()}"


def test_a_call_that_is_interrupted_lets_its_worker_save(tmp_path: Path) -> None:
    def handler(number: int, frame: FrameType | None) -> None:
        if (tmp_path / "ready").exists():
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        with pytest.raises(KeyboardInterrupt):
            made(script(tmp_path, LISTENS))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert (tmp_path / "saved").read_text() == "SIGTERM"


class Cluster(ModuleType):
    """Stands in for Ray: tasks are numbers, and end when the test says so."""

    def __init__(self) -> None:
        super().__init__("ray")
        self.ended: dict[int, object] = {}
        self.started: list[Call] = []
        self.cancelled: list[tuple[int, bool]] = []
        self.options: dict[str, object] = {}
        self.up = False

    def init(self, address: str | None, **_: object) -> None:
        if address == "auto":
            raise ConnectionError("nobody answers")
        self.up = True

    def remote(self, **options: object) -> Any:
        self.options = options
        return lambda function: SimpleNamespace(remote=self.start)

    def start(self, call: Call) -> int:
        self.started.append(call)
        return len(self.started) - 1

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 7.0}

    def wait(self, refs: list[int], **_: object) -> tuple[list[int], list[int]]:
        return [one for one in refs if one in self.ended], [one for one in refs if one not in self.ended]

    def get(self, ref: int) -> object:
        if isinstance(found := self.ended[ref], Exception):
            raise found
        return found

    def cancel(self, ref: int, force: bool = False) -> None:
        self.cancelled.append((ref, force))

    def shutdown(self) -> None:
        self.up = False


def test_tasks_of_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _, workspace = begin(tmp_path)
    cluster = Cluster()
    monkeypatch.setitem(sys.modules, "ray", cluster)
    for address, said in (("auto", "nobody answers"), ("127.0.0.1:1", "refused"),
                          ("127.0.0.1:99999", "0-65535|refused"), ("here", "an address is auto, HOST:PORT"),
                          ("http://a:1", "an address is auto")):
        with pytest.raises(SpecError, match=f"--address {address}: there is no cluster: .*({said})"):
            Ray(Job(workspace), address)
    one = Ray(Job(workspace, threads=2))
    one.keep(free=9, running=0)
    assert len(cluster.started) == 3  # seven processors, two for each
    assert cluster.options["num_cpus"] == 2
    assert cluster.started[0].log == str(workspace.path / "logs" / "workers.log")
    cluster.ended = {0: 0, 1: RuntimeError("the node is gone\nand more"), 2: 3}
    assert [text.partition(": ")[0] for text in one.died()] == ["a task of Ray died", "a worker of Ray ended with 3"]
    one.keep(free=1, running=0)
    assert len(cluster.started) == 4
    one.stop()
    assert cluster.cancelled == [(3, False), (3, True)]
    assert not cluster.up


class Here(Engine):
    """Makes everything at once, or dies, and talks."""

    def __init__(self, workspace: Workspace, dies: bool) -> None:
        self.workspace, self.dies, self.stopped = workspace, dies, False

    def keep(self, free: int, running: int) -> None:
        if not self.dies:
            Worker(self.workspace).work()

    def stop(self) -> None:
        self.stopped = True

    def died(self) -> Sequence[str]:
        return ["one died"] if self.dies else ()

    def words(self) -> Sequence[str]:
        return ["all is well"] * 100


@pytest.mark.parametrize("dies", [False, True])
def test_deaths_are_counted_words_are_not(dies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "LOOK", 0.0)
    plan, workspace = begin(tmp_path)
    one, told = Here(workspace, dies), []
    with begun(workspace, plan, read(tmp_path).document.data) as alone:
        assert alone
        if dies:
            with pytest.raises(SpecError, match="workers die again and again"):
                drive(workspace, plan, one, lambda now, words: told.extend(words))
        else:
            found = drive(workspace, plan, one, lambda now, words: told.extend(words))
            assert {standing.state for standing in found} == {"done"}
    assert one.stopped
    assert ("one died" in told) == dies


def test_a_warning_asks_as_often_as_it_comes() -> None:
    with Interrupt() as interrupt:
        assert not interrupt.asked
        for one in (signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGUSR2):
            os.kill(os.getpid(), one)
        assert interrupt.asked
        with Interrupt() as inner:
            os.kill(os.getpid(), signal.SIGUSR2)
            assert inner.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
    assert signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL


def test_a_warning_that_somebody_else_handles_is_theirs() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: heard.append(number))
    try:
        with Interrupt() as interrupt:
            os.kill(os.getpid(), signal.SIGUSR2)
            assert (interrupt.asked, heard) == (False, [signal.SIGUSR2])
    finally:
        signal.signal(signal.SIGUSR2, before)


def test_workers_that_cannot_go_on_are_not_started_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, workspace = begin(tmp_path)
    words = [sys.executable, "-c", "print('error[run.write]  no room'); raise SystemExit(2)"]
    monkeypatch.setattr(Job, "command", lambda self, *more: words)
    monkeypatch.setattr(driving, "LOOK", 0.05)
    shown: list[str] = []
    with pytest.raises(SpecError) as caught:
        drive(workspace, plan, Local(Job(workspace, 1)), lambda now, texts: shown.extend(texts))
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.notes[-1]) == ("study.workers", "error[run.write]  no room")
    assert len(shown) <= MOST_REFUSALS
    assert all("ended with 2" in text for text in shown)
