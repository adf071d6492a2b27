"""Presets say what the libraries' defaults are, and what they say is what is learned."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.envs.catalogue import make
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.actors import RandomActor
from compose.training.replay import Replay
from compose.training.rollout import rollout, tensors

SETTINGS: dict[str, tuple[Any, ...]] = {
    "qmix_pymarl": ("rmsprop", 5e-4, 1e-5, 10, 32, "1 per episode", "200 episodes", 50_000, 64, 32),
    "qmix_epymarl": ("adam", 5e-4, 1e-8, 10, 32, "1 per episode", "200 updates", 50_000, 64, 32),
    "qmix_pymarl2": ("adam", 1e-3, 1e-8, 10, 128, "1 per 8 episodes", "200 episodes", 100_000, 64, 32),
    "qmix_attention_official": ("rmsprop", 5e-4, 1e-5, 10, 32, "1 per episode", "200 episodes", 500_000, 64, 32),
    "opt_official": ("rmsprop", 5e-4, 1e-5, 10, 32, "1 per episode", "200 episodes", 500_000, 64, 32),
    "qmix_benchmarl": ("adam", 5e-5, 1e-6, 5, 128, "1000 per 100 episodes", "1 updates", 1_000_000, 256, 32),
    "qmix_jaxmarl": ("radam", 5e-5, 1e-8, 10, 32, "8 per 16 episodes", "80 updates", 1_000_000, 512, 64),
    "qmix_marllib": ("rmsprop", 5e-4, 1e-8, 10, 32, "1 per episode", "12000 env_steps", 50_000, 256, 256),
}
"""Optimizer, step size, eps, clip, batch, updates, lagged weights, steps of epsilon, widths of utility and mixer."""
ENV = "skirmish/3m"


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_are_those_of_the_library(name: str) -> None:
    spec = load(name).spec
    learner, main = spec.learner, spec.learner.optimizers["main"]
    found = (main.kind, main.lr, main.eps, main.clip, learner.batch, str(learner.updates), str(learner.target.every),
             spec.act.exploration.over.count, spec.params["hidden"], spec.params["mixing"])  # fmt: skip
    assert found == SETTINGS[name]


@cache
def stored() -> tuple[Replay, dict[str, Tensor]]:
    """A few episodes of random play, and all of them as a batch."""
    env = make(ENV)
    replay = Replay(env.schema, 8)
    replay.add(rollout(RandomActor(1), env, torch.arange(4), seed=5))
    return replay, tensors(replay.newest(4))


def model(name: str, *taps: str) -> Model:
    small = ["params.hidden=8", "params.mixing=4"]
    return Model(build_graph(load(name, small), make(ENV).schema), seed=2, passes=(), taps=taps)


def test_single_steps_are_those_of_their_episodes() -> None:
    """Of a method without memory, what is learned from steps alone is what whole episodes give there."""
    (replay, whole), of = stored(), model("qmix_benchmarl", "q_tot", "y")
    with torch.no_grad():
        for weight in of.weights.values():
            weight.mul_(1.5)  # lagged copies stay behind
    batch = tensors(replay.sample_steps(32, 3, 0))
    alone, together = of.learn(batch), of.learn(whole)
    errors = (together.taps["q_tot"] - together.taps["y"]).detach()
    wanted = []
    for row in range(32):
        episode = int(batch["episode"][row])
        (steps,) = (whole["state"][episode] == batch["state"][row, 0]).all(-1).nonzero(as_tuple=True)
        wanted += [errors[episode, steps[0]].square()]
        torch.testing.assert_close(alone.taps["y"][row, 0], together.taps["y"][episode, steps[0]])
    torch.testing.assert_close(alone.losses["td"], torch.stack(wanted).mean())


@pytest.mark.parametrize("name", ["qmix_jaxmarl", "qmix_marllib", "qmix_pymarl"])
def test_what_a_time_limit_is(name: str) -> None:
    (_, whole), of = stored(), model(name, "y", "v_bar")
    whole = whole | {"terminated": torch.zeros_like(whole["terminated"])}  # as if every episode had been cut
    taps, last = of.learn(whole).taps, whole["steps"].sum(1) - 1
    rows = torch.arange(4)
    after = taps["v_bar"][rows, last + 1]
    reward = whole["reward"] * (10 if name == "qmix_jaxmarl" else 1)
    goes_on = reward[rows, last] + 0.99 * after
    if name == "qmix_pymarl":
        torch.testing.assert_close(taps["y"][rows, last], goes_on)
        return
    assert after.abs().min() > 0
    if name == "qmix_jaxmarl":
        torch.testing.assert_close(taps["y"][rows, last], reward[rows, last])
    else:
        counted = whole["reward"].masked_fill(~whole["steps"], 0)[:, : int(whole["steps"].sum(1).max())] / 3
        wanted = (whole["reward"] / 3 - counted.mean()) / (counted.std() + 1e-5)
        torch.testing.assert_close(taps["y"][rows, last], wanted[rows, last])


def test_starts_are_orthogonal_in_jaxmarl() -> None:
    weights = {name: w.detach() for name, w in model("qmix_jaxmarl").weights.items()}
    x = weights["mixer.w2_x.weight"]
    side = x @ x.T if x.shape[0] < x.shape[1] else x.T @ x
    torch.testing.assert_close(side, 1e-6 * torch.eye(len(side)), atol=1e-9, rtol=1e-3)
    assert all(not w.any() for name, w in weights.items() if "bias" in name)
