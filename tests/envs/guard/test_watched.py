"""Environments that misbehave while they are played in earnest: told in the words of the conformance kit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from compose.envs.guard import Broken
from compose.envs.interface import Environment, Transition
from compose.kernels.random import Seeds
from compose.language.diagnostics import SpecError
from compose.training.actors import RandomActor
from compose.training.rollout import rollout
from tests.training.fakes import CountDown

Change = Callable[[Any], Any]


class Faulty(CountDown):
    """Its first fields, or what its step 2 gives, are changed; ``raises`` is raised there instead."""

    def __init__(self, at: str, change: Change | BaseException) -> None:
        super().__init__()
        self.at, self.change = at, change

    def _changed(self, at: str, given: Any) -> Any:
        if at != self.at:
            return given
        if isinstance(self.change, BaseException):
            raise self.change
        return self.change(given)

    def reset(self, episodes: torch.Tensor, seed: Seeds) -> dict[str, torch.Tensor]:
        return self._changed("reset", super().reset(episodes, seed))  # type: ignore[no-untyped-call]

    def step(self, action: torch.Tensor) -> Transition:
        given = super().step(action)
        return self._changed(f"step {self.time - 1}", given)


def play(env: Environment) -> None:
    rollout(RandomActor(0), env, torch.arange(3, 6), seed=1)


def message(at: str, change: Change | BaseException) -> str:
    with pytest.raises(Broken) as caught:
        play(Faulty(at, change))
    assert isinstance(caught.value, SpecError)
    assert "see it: compose env check count_down" in str(caught.value)
    return str(caught.value)


def field(name: str, change: Change) -> Change:
    return lambda fields: {**fields, name: change(fields[name])}


def after(**changes: Change) -> Change:
    return lambda given: replace(given, **{part: change(getattr(given, part)) for part, change in changes.items()})


def with_nan(x: torch.Tensor) -> torch.Tensor:
    x = x.clone()
    x[1] = float("nan")
    return x


@pytest.mark.parametrize("error", [
    RuntimeError("simulator lost"), KeyError("unit 7"), AssertionError(), MemoryError(), SystemExit("bye"), EOFError(),
    ConnectionResetError(104, "Connection reset by peer"), BrokenPipeError(32, "Broken pipe"), TimeoutError("slow"),
], ids=lambda error: type(error).__name__)  # fmt: skip
def test_whatever_is_raised_is_told_with_step_and_episodes(error: BaseException) -> None:
    kind = type(error).__name__
    assert f"first episode 3, last episode 5: expected reset(episodes, seed) gives the first fields; found {kind}" \
        in message("reset", error)
    text = message("step 2", error)
    assert text.startswith("error[env.raises]  step 2, first episode 3, last episode 5: expected step(action) gives a "
                           f"transition; found {kind}")
    assert "(test_watched.py, line " in text


@pytest.mark.parametrize(("at", "change", "expected"), [
    ("reset", lambda fields: {k: x for k, x in fields.items() if k != "present"}, "env.fields]  present, "),
    ("reset", lambda fields: {**fields, "zzz": fields["task"]}, "env.fields]  zzz, "),
    ("reset", lambda fields: None, "expected a dict of fields by name; found NoneType"),
    ("reset", field("task", lambda x: x + 9), "env.task]  task, step 0, episode 3: expected a task from 0 to 1; "),
    ("reset", field("entities", lambda x: x[:1]), "env.shape]  entities, "),
    ("reset", field("entities", lambda x: x.double()), "expected float32; found float64"),
    ("reset", field("entities", lambda x: x.numpy()), "expected a tensor; found ndarray"),
    ("reset", field("available", lambda x: x.float()), "expected bool; found float32"),
    ("reset", field("entities", with_nan), "env.finite]  entities, step 0, episode 4, entity 0, feature 0: "),
    ("step 2", lambda given: given.reward, "expected a compose.envs.interface.Transition; found Tensor"),
    ("step 2", after(reward=lambda x: None), "env.dtype]  reward, step 2, "),
    ("step 2", after(reward=lambda x: x[:, None]), "expected [3], that is [batch=3]; found [3, 1]"),
    ("step 2", after(reward=lambda x: x.long()), "expected float32; found int64"),
    ("step 2", after(reward=with_nan), "env.finite]  reward, step 2, episode 4: expected finite numbers; found nan"),
    ("step 2", after(reward=lambda x: x + float("inf")), "found inf"),
    ("step 2", after(success=lambda x: x.int()), "env.dtype]  success, step 2, "),
    ("step 2", after(fields=field("entities", with_nan)), "env.finite]  entities, step 2, episode 4, "),
    ("step 2", after(fields=field("visible", lambda x: x[..., 1:])), "env.shape]  visible, step 2, "),
    ("step 2", after(fields=lambda fields: {}), "env.fields]  active, step 2, "),
    ("step 2", after(fields=field("available", lambda x: x & False)), "env.available]  available, step 2, episode 3, "),
    ("step 3", after(truncated=lambda x: x & False), "env.limit]  truncated, step 3, episode "),
    ("step 0", after(reward=lambda x: x + 3e38), ""),
])  # fmt: skip
def test_what_has_another_form_is_told_with_step_and_episode(at: str, change: Change, expected: str) -> None:
    if expected:
        assert expected in message(at, change)
    else:
        play(Faulty(at, change))


def test_a_return_beyond_all_numbers() -> None:
    class Large(CountDown):
        def step(self, action: torch.Tensor) -> Transition:
            return replace(super().step(action), reward=torch.full((3,), 3e38))

    with pytest.raises(Broken, match=r"env\.finite.*reward, step 3, episode 3: expected rewards whose sum"):
        play(Large())


def test_what_it_prints_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    class Loud(CountDown):
        def reset(self, episodes: torch.Tensor, seed: Seeds) -> dict[str, torch.Tensor]:
            print("starting the engine")
            return super().reset(episodes, seed)  # type: ignore[no-untyped-call, no-any-return]

    play(Loud())
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "starting the engine\n")
