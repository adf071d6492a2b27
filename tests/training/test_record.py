"""What acting records: it is what acting knew, bit for bit where it can be; what it cannot know is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console

from compose.compiler.model import Model
from compose.envs.catalogue import make, schema
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from compose.training.build import build_model
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.rollout import tensors
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.together.run import train_together
from tests.training.test_run import logs, same

ENV = "group_matching:agents=3,cells=3,limit=6"
PPO = """
compose: 1
name: small_ppo
summary: Clipped policies with a memory; what acting knew is recorded.
params: {clip: 0.2}
networks:
  policy:
    inputs: {entities: batch time entity Width, visible: bool batch time agent entity}
    nodes:
      x: {block: linear, of: entities, to: 6}
      a: {block: attention, queries: agents(x), keys: x, mask: visible, width: 4, to: 6}
      h: {block: gru, of: a, to: 5}
      z: {block: sample_gaussian, mean: h, variance: 0.1}
      l: {block: linear, of: z, to: action}
    returns: l
  critic:
    inputs: {entities: batch time entity Width}
    nodes:
      x: {block: linear, of: entities, to: 6, activation: tanh}
      m: {block: mean, of: x, over: entity}
      h: {block: gru, of: m, to: 4}
      v: {block: linear, of: h, to: scalar}
    returns: v
graph:
  scores:  {network: policy, entities: env.entities, visible: env.visible}
  logits:  {block: where, test: env.available, then: scores, otherwise: -1.0e+9}
  value:   {network: critic, entities: env.entities}
  log_pi:  {block: log_prob, logits: logits, index: env.action}
  returns: {block: lambda_return, value: played.value, reward: env.reward, terminated: env.terminated, trace: 0.9}
  ratio:   exp(log_pi - played.log_mu)
  drift:   square(scores.h - played.hidden)
act: {choose: categorical, logits: logits, where: env.available, evaluate: greedy}
record: {log_mu: log_pi, value: value, hidden: scores.h, joint: value * log_pi}
losses:
  policy: {of: -ratio * stop(returns - played.value), mean: agent, optimizer: policy}
  value:  {of: square(value - returns), optimizer: critic}
  kept:   {of: drift, mean: [agent, "5"], weight: 0, optimizer: policy}
  joint:  {of: value * played.joint, mean: agent, weight: 0, optimizer: critic}
learner:
  kind: on_policy
  environments: 3
  updates: 4 per 4 episodes
  minibatches: 2
  optimizers: {policy: {kind: adam}, critic: {kind: adam}}
claims: {decentralised: proved}
"""


def learner(text: str = PPO, env: str = ENV) -> Learner:
    world = make(env)
    return learner_for(build_model(load_text(text), world.schema, seed=1), world, 1)


def go(folder: Path, updates: int = 12, *, resume: bool = False) -> None:
    settings = Settings(updates=updates, eval_every=60, eval_episodes=5, log_every=20, checkpoint_seconds=1e-9)
    train(load_text(PPO), ENV, run_dir=folder, settings=settings, seed=1, resume=resume,
          console=Console(file=io.StringIO()))


@pytest.mark.parametrize("env", [ENV, "skirmish/3m:limit=12"])
def test_what_is_recorded_is_what_the_update_computes_with_the_same_weights(env: str) -> None:
    """With no noise between them; also for episodes that end early, and of the state in which one was cut."""
    one = learner(PPO.replace("variance: 0.1", "variance: 0"), env)
    while one.due() == 0:
        one.collect()
    episodes = one.replay.newest(4)
    made = Model(one.model.graph, seed=1, taps=("log_pi", "value", "scores.h"))
    made.load(one.model.weights, dict(one.model.target), dict(one.model.statistics))
    found = made.learn(tensors(episodes), one.batch_of(episodes).draws).taps
    steps, filled = episodes["steps"], episodes["filled"]
    assert (filled.sum(1) == steps.sum(1) + 1).all()
    torch.testing.assert_close(episodes["played.log_mu"][steps], found["log_pi"][steps])
    torch.testing.assert_close(episodes["played.value"][filled], found["value"][filled])
    torch.testing.assert_close(episodes["played.hidden"][filled], found["scores.h"][filled])
    joint = found["value"][..., None] * found["log_pi"]
    torch.testing.assert_close(episodes["played.joint"][steps], joint[steps])
    assert not bool(episodes["played.value"][~filled].any())


def test_recording_changes_no_action() -> None:
    """Draws and choices are those of a spec that records nothing, whatever else is computed beside."""
    one, bare = learner(), learner()
    bare.model.graph.recorded = {}
    one.collect()
    bare.collect()
    assert torch.equal(one.replay.read(0, 3)["action"], bare.replay.read(0, 3)["action"])
    assert "played.value" not in bare.replay.read(0, 3)


def test_the_number_of_environments_changes_nothing_that_is_recorded() -> None:
    few, many = learner(PPO.replace("environments: 3", "environments: 1")), learner()
    for one in (few, many):
        while one.due() == 0:
            one.collect()
    mine, other = few.replay.newest(4), many.replay.newest(4)
    for name in ("log_mu", "value", "hidden", "joint"):
        torch.testing.assert_close(mine[f"played.{name}"], other[f"played.{name}"])


def test_the_policy_alone_computes_nothing_for_the_record() -> None:
    one = learner()
    assert not [name for name in one.model.programs["act"].needs("weight") if name.startswith("critic.")]
    assert [name for name in one.model.programs["play"].needs("weight") if name.startswith("critic.")]
    assert set(one.model.programs["note"].needs("field")) == {"action"}
    assert not one.model.programs["note"].needs("weight"), "no network runs twice"


def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(tmp_path / "whole")
    update, count = Learner.update, [0]

    def killed(self: Learner) -> None:
        count[0] += 1
        if count[0] == 7:
            raise RuntimeError("killed")
        update(self)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", killed)
        with pytest.raises(RuntimeError, match="killed"):
            go(tmp_path / "killed")
    go(tmp_path / "killed", resume=True)
    same(tmp_path / "whole", tmp_path / "killed")
    assert logs(tmp_path / "whole") == logs(tmp_path / "killed")


def test_a_replay_keeps_what_older_policies_recorded() -> None:
    text = PPO[: PPO.index("act:")] + """act: {choose: greedy, values: logits, where: env.available}
record: {log_mu: log_pi, value: value, hidden: scores.h}
losses:
  policy: {of: -ratio * stop(returns - played.value), mean: agent}
  kept:   {of: drift, mean: [agent, "5"]}
  value:  {of: square(value - returns)}
learner:
  kind: replay
  replay: {episodes: 6, batch: 3, start: 3}
  optimizers: {main: {kind: adam}}
"""
    one = learner(text)
    for _ in range(9):
        one.collect()
        while one.due() > 0:
            one.update()
    assert one.replay.read(3, 9)["played.hidden"].shape[3] == 5


def test_seeds_that_record_are_not_trained_together(tmp_path: Path) -> None:
    text = PPO.replace("kind: on_policy", "kind: replay").replace("  minibatches: 2\n", "").replace(
        "choose: categorical, logits", "choose: greedy, values").replace(", evaluate: greedy", "")
    with pytest.raises(SpecError, match=r"train\.together\].*record"):
        train_together(load_text(text), ENV, (0, 1), [tmp_path / "0", tmp_path / "1"], settings=Settings(updates=1))


@pytest.mark.parametrize(("record", "code", "said"), [
    ("log_mu: played.log_mu", "graph.cycle", "'played.log_mu' is recorded from itself"),
    ("log_mu: log_pi + played.value", "act.later", "reads 'played.value', which is known only later"),
    ("log_mu: log_pi + env.reward", "act.later", "reads 'env.reward', which is known only later"),
    ("log_mu: log_pi + returns", "act.later", "known only later"),
    ("log_mu: log_pi + spread", "act.later", "reads other episodes"),
    ("log_mu: log_pi + mean", "act.later", "reads later steps"),
    ("log_mu: log_pi + old", "act.later", "remembers the actions of steps before"),
    ("log_mu: log_pi + round", "act.later", "remembers the actions of steps before"),
    ("log_mu: 3", "act.later", "a number is no thing to record"),
    ("log_mu: nobody", "name.unknown", "nothing here is called 'nobody'"),
    ("log_mu: log_pi, more: log_pi", "graph.unused", "nothing reads 'played.more'"),
    ("log_nu: log_pi", "name.unknown", "nothing is recorded as 'log_mu'"),
])  # fmt: skip
def test_what_acting_cannot_know_is_refused(record: str, code: str, said: str) -> None:
    extra = """  spread: {block: softmax, of: value, over: batch}
  mean: {block: mean, of: value, over: time}
  old: {block: previous, of: log_pi}
  turn: {block: previous, of: round, start: 0, axes: batch time agent}
  round: turn + log_pi
act:"""
    text = PPO.replace("log_mu: log_pi,", f"{record},").replace("\nact:", f"\n{extra}")
    with pytest.raises(SpecError) as caught:
        build_graph(load_text(text), schema(ENV))
    found = [p for p in caught.value.diagnostics if p.code == code]
    assert found, caught.value
    assert said in found[0].message


def test_nobody_acts_on_what_is_recorded() -> None:
    text = PPO.replace("logits: logits, where", "logits: logits - played.was, where").replace(
        "record: {", "record: {was: logits, ")
    with pytest.raises(SpecError, match=r"acting reads 'played\.was', which is known only after"):
        build_graph(load_text(text), schema(ENV))
