"""Options in a file, against the environment that is to take them."""

from __future__ import annotations

import re
from typing import Any

import gymnasium
import pytest

from compose.envs.adapters.options import RESERVED, check_options
from compose.language.diagnostics import SpecError

CARTPOLE = gymnasium.spec("CartPole-v1")


def message(spec: Any, given: dict[str, object], *, vector: bool = False) -> str:
    with pytest.raises(SpecError) as caught:
        check_options(spec, given, "mine.yaml", vector=vector)
    return str(caught.value)


def test_what_it_takes_is_taken() -> None:
    check_options(CARTPOLE, {"sutton_barto_reward": True, "max_episode_steps": 9}, "mine.yaml", vector=True)


def test_what_it_does_not_take_is_refused_before_anything_is_made() -> None:
    text = message(CARTPOLE, {"nope": 3})
    assert "mine.yaml: adapter.options.nope: CartPole-v1 has no option 'nope'" in text
    assert "it takes max_episode_steps, render_mode, sutton_barto_reward" in text
    assert "Did you mean 'sutton_barto_reward'?" in message(CARTPOLE, {"sutton_bart_reward": True})


@pytest.mark.parametrize("name", RESERVED)
def test_what_gymnasium_would_take_is_refused(name: str) -> None:
    assert f"adapter.options.{name}: belongs to gymnasium" in message(CARTPOLE, {name: "x"})


@pytest.mark.parametrize("value", ["os:system", "my.module:Env-v0", " a:b "])
def test_no_option_names_code(value: str) -> None:
    anything = gymnasium.envs.registration.EnvSpec(id="Any-v0", entry_point=lambda **options: None)
    assert f"'{value}' names code, and files name no code to import" in message(anything, {"env_id": value})
    check_options(anything, {"map": "a b: c", "file": "maps/x.xml"}, "mine.yaml", vector=False)


def test_code_that_cannot_be_imported() -> None:
    gone = gymnasium.envs.registration.EnvSpec(id="Gone-v0", entry_point="no_such_module:Env")
    text = message(gone, {})
    assert re.search(r"adapter\.make\].*'Gone-v0' cannot be made: ModuleNotFoundError: No module named", text)
