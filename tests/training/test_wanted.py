"""Fields that nobody reads are neither asked for nor stored, and nothing else changes."""

from __future__ import annotations

from collections.abc import Collection

import pytest
import torch

import compose
from compose.envs.catalogue import make
from compose.envs.conformance import assert_conforms
from compose.envs.skirmish.environment import Skirmish
from compose.training.actors import ModelActor, RandomActor
from compose.training.rollout import rollout, tensors

FLAT = {"observation", "state"}


class _All:
    """A model's actor that does not say what it reads."""

    def __init__(self, actor: ModelActor) -> None:
        self.choose = actor.choose


@pytest.fixture(scope="module")
def env() -> Skirmish:
    found = make("skirmish/3m:limit=6")
    assert isinstance(found, Skirmish)
    found.kernel = None  # what is compiled asks nobody; tests/envs/skirmish/test_kernel.py has it
    return found


@pytest.mark.parametrize(("spec", "idle"), [("qmix_attention", FLAT), ("qmix", {"entities", "sight"})])
def test_episodes_are_the_same_without_what_nobody_reads(env: Skirmish, spec: str, idle: set[str]) -> None:
    model = compose.compile(spec, env.schema, seed=1)
    keep = {*model.reads(acting=False)}
    assert not keep & idle
    asked: list[Collection[str] | None] = []
    fields = env._view.fields
    env._view.fields = lambda snapshot, wanted=None: (asked.append(wanted), fields(snapshot, wanted))[1]  # type: ignore
    try:
        few = tensors(rollout(ModelActor(model, 1, 0.3), env, torch.arange(3), 5, keep))
        every = tensors(rollout(_All(ModelActor(model, 1, 0.3)), env, torch.arange(3), 5))
    finally:
        env._view.fields = fields  # type: ignore[method-assign]
    assert not idle & {*few}
    assert idle <= {*every}
    assert all(torch.equal(x, every[name]) for name, x in few.items())
    assert not any(idle & {*wanted} for wanted in asked if wanted is not None)
    assert None in asked
    assert env.wanted is None


def test_actors_that_do_not_say_are_shown_everything(env: Skirmish) -> None:
    shown = tensors(rollout(RandomActor(1), env, torch.arange(2), 5, keep=()))
    assert not FLAT & {*shown}


def test_the_environment_offers_everything_where_nobody_says() -> None:
    assert_conforms("skirmish/3m:limit=4", episodes=2)
