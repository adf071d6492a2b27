"""Worker processes: the same episodes as in one process, also when workers die or hang."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from compose.envs.adapters import PettingZoo
from compose.envs.adapters.workers import PATIENCE, WORKERS
from compose.envs.conformance import assert_conforms
from compose.envs.interface import Environment
from compose.language.diagnostics import SpecError
from tests.envs.adapters.fakes import Meadow, begun, meadow, meadow_file, pair, played

pytestmark = pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="workers need fork")
TROUBLE = ("dies", "hangs", "ends")


class Troubled(Meadow):
    """At the end of step 2 of an episode something happens to its process: as often as ``times`` says."""

    def __init__(self, trouble: str, folder: Path, times: int = 1, chance: bool = False) -> None:
        super().__init__()
        self._trouble, self._folder, self._times, self._chance = trouble, folder, times, chance

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        told = super().reset(seed, options)
        if self._chance:
            self._sheep = time.monotonic()
        return self._told(self.agents) if self._chance else told

    def step(self, actions: dict[str, int]) -> Any:
        if self._time == 1 and self._mine():
            match self._trouble:
                case "dies":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "hangs":
                    time.sleep(100)
                case "ends":
                    os._exit(3)
                case "raises":
                    raise ValueError("the sheep is gone")
                case "tells":
                    return lambda: None
        return super().step(actions)

    def _mine(self) -> bool:
        """Is it this process's turn?"""
        for k in range(self._times):
            try:
                (self._folder / f"happened{k}").touch(exist_ok=False)
            except FileExistsError:
                continue
            return True
        return False


@pytest.fixture(autouse=True)
def _three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKERS, "3")
    monkeypatch.setenv(PATIENCE, "20")


def troubled(folder: Path, trouble: str, **settings: Any) -> Environment:
    return played(PettingZoo(lambda: Troubled(trouble, folder, **settings), meadow_file(folder)))


def whole(env: Environment, episodes: int = 5, steps: int = 6) -> list[torch.Tensor]:
    """All fields and rewards of some episodes."""
    found = list(begun(env, episodes).values())
    for step in range(steps):
        after = env.step((torch.arange(episodes)[:, None] + torch.arange(3) + step) % 3)
        found += [after.reward, after.truncated, after.terminated, *after.fields.values()]
    return found


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return len(one) == len(other) and all(torch.equal(x, y) for x, y in zip(one, other, strict=True))


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[torch.Tensor]:
    with monkeypatch.context() as patch:
        patch.setenv(WORKERS, "1")
        return whole(meadow(folder))


@pytest.mark.parametrize("workers", ["2", "9"])
def test_they_give_what_one_process_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: str) -> None:
    monkeypatch.setenv(WORKERS, workers)
    env = meadow(tmp_path)
    before = {child.pid for child in multiprocessing.active_children()}
    assert same(whole(env), alone(tmp_path, monkeypatch))
    assert same(whole(env), alone(tmp_path, monkeypatch))  # begun again
    assert len({child.pid for child in multiprocessing.active_children()} - before) < int(workers)
    del env
    assert not {child.pid for child in multiprocessing.active_children()} - before


@pytest.mark.more
def test_the_conformance_kit_finds_nothing(tmp_path: Path) -> None:
    assert_conforms(lambda: pair(tmp_path), episodes=8)


@pytest.mark.parametrize("trouble", TROUBLE)
def test_who_is_lost_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], trouble: str
) -> None:
    if trouble == "hangs":
        monkeypatch.setenv(PATIENCE, "0.5")
    said = {"dies": "died of signal 9", "hangs": "said nothing for 0.5 s", "ends": "ended with 3"}[trouble]
    expected = alone(tmp_path, monkeypatch)
    assert same(whole(troubled(tmp_path, trouble)), expected)
    told = capfd.readouterr().err
    assert re.fullmatch(rf"meadow: worker . {said}; it was started again, and plays its . running .*\n", told)


def test_who_is_lost_between_two_steps_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    expected, env = alone(tmp_path, monkeypatch), meadow(tmp_path)
    begun(env, 5)
    for child in multiprocessing.active_children():
        child.kill()
    assert same(whole(env), expected)
    assert capfd.readouterr().err.count("plays its 0 running") == 3


def test_restarts_are_bounded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    env = troubled(tmp_path, "ends", times=99)
    begun(env, 2)
    env.step(torch.zeros(2, 3, dtype=torch.int64))
    with pytest.raises(SpecError, match=r"worker . ended with 3; workers were started again 3 times") as caught:
        env.step(torch.zeros(2, 3, dtype=torch.int64))
    assert caught.value.diagnostics[0].code == "adapter.workers"
    assert "COMPOSE_WORKERS=1" in str(caught.value)
    assert len(capfd.readouterr().err.splitlines()) == 3


def test_episodes_that_go_otherwise_are_an_error(tmp_path: Path) -> None:
    env = troubled(tmp_path, "dies", chance=True)
    begun(env, 2)
    env.step(torch.zeros(2, 3, dtype=torch.int64))
    with pytest.raises(SpecError, match="something else at step 0") as caught:
        env.step(torch.zeros(2, 3, dtype=torch.int64))
    assert "compose env check" in str(caught.value)


@pytest.mark.parametrize(("trouble", "said"), [("raises", "meadow: ValueError: the sheep is gone"),
                                               ("tells", "meadow: TypeError: cannot unpack")])
def test_what_is_raised_is_raised_here(tmp_path: Path, trouble: str, said: str) -> None:
    env = troubled(tmp_path, trouble)
    begun(env, 4)
    env.step(torch.zeros(4, 3, dtype=torch.int64))
    with pytest.raises(RuntimeError, match=said) as caught:
        env.step(torch.zeros(4, 3, dtype=torch.int64))
    assert "test_workers.py" in caught.value.__notes__[0] or trouble == "tells"
    whole(env, 4)  # begins anew


def test_what_a_user_can_mend_is_said_as_ever(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="the environment has no agent 'cta'"):
        meadow(tmp_path, {"agents": ["ann", "bob", "cta"]})
    with pytest.raises(SpecError, match="the observation of ann has 4 numbers, not 5"):
        begun(meadow(tmp_path, {"observation": {"size": 5}}))


@pytest.mark.parametrize(("name", "value"), [(WORKERS, "many"), (WORKERS, "0"), (WORKERS, "1.5"), (WORKERS, "9999"),
                                             (PATIENCE, "-1"), (PATIENCE, "nan"), (PATIENCE, "inf")])
def test_numbers_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SpecError, match=name):
        meadow(tmp_path)
