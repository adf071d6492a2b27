"""Learners on compiled specs and the catalogue's environments."""

import pytest
import torch

from compose.envs.catalogue import make
from compose.kernels.random import key
from compose.language.load import load
from compose.training.build import build_model
from compose.training.evaluate import evaluate
from compose.training.memory import estimate
from compose.training.policy import Policy
from compose.training.records import State
from compose.training.replay_learner import ReplayLearner

SMALL = ["params.embed=8", "params.hyper=8", "params.heads=2", "learner.replay.batch=4", "learner.replay.start=4",
         "learner.replay.episodes=12", "learner.environments=3", "learner.target.every=6 episodes"]  # fmt: skip


def learner(spec="refil_group_matching"):
    env = make("group_matching:agents=3,cells=3")
    return ReplayLearner(build_model(load(spec, SMALL), env.schema, seed=1), env, seed=1)


def advance(learner, updates):
    while learner.clocks.updates < updates:
        if learner.due() > 0:
            learner.update()
        else:
            learner.collect()


@pytest.mark.parametrize("spec", ["refil_group_matching", "qmix_attention_group_matching"])
def test_every_weight_moves_and_targets_follow(spec):
    one = learner(spec)
    before = {name: w.detach().clone() for name, w in one.model.weights.items()}
    advance(one, 6)
    unmoved = [name for name, w in one.model.weights.items() if torch.equal(w, before[name])]
    assert not unmoved
    assert all(not torch.equal(x, before[name]) for name, x in one.model.target.items())
    assert one.metrics()["updates"] == 6


def test_restored_learners_go_on_alike():
    one, two = learner(), learner()
    advance(one, 5)
    saved = {group: {name: x.clone() for name, x in found.items()} for group, found in one.tensors().items()}
    two.restore(saved, State.model_validate({
        **one.state(), "logs": {}, "evaluations": -1, "logged": 0, "wall_seconds": 0.0, "chunks": []}))
    oldest = one.replay.added - len(one.replay)
    two.replay.write(one.replay.read(oldest, one.replay.added), oldest)
    two.replay.added = one.replay.added
    advance(one, 12)
    advance(two, 12)
    assert all(torch.equal(w, two.model.weights[name]) for name, w in one.model.weights.items())


def test_policies_act_as_evaluations_do():
    one = learner()
    advance(one, 3)
    env, policy, total = one.env, Policy(one.model, one.env.schema, {}), torch.zeros(4)
    rows = evaluate(one.model, env, 4, seed=7)
    policy.reset(4)
    fields = env.reset(torch.arange(4), key(7, "evaluate"))
    for _ in range(env.schema.limit):
        after = env.step(policy.act({name: fields[name] for name in ("entities", "visible", "present", "available")}))
        total, fields = total + after.reward, after.fields
    assert total.tolist() == pytest.approx([row["return"] for row in rows], abs=1e-4)


def test_memory_of_a_compiled_model_is_estimated():
    one = learner()
    need = estimate(one.model, one.env.schema)
    assert need.replay > 0
    assert need.total > need.weights > 3 * 4 * sum(w.numel() for w in one.model.weights.values())
