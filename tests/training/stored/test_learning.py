"""From packed episodes the same is learned, to the last bit."""

import pytest
import torch

from compose.envs.catalogue import make
from compose.language.learning import ReplayLearner
from compose.language.load import load
from compose.training.build import build_model
from compose.training.learners import learner_for
from compose.training.stored.dense import DenseStore
from compose.training.stored.packed import PackedStore
from tests.marked import first

SMALL = ["learner.replay.episodes=20", "learner.replay.batch=5", "learner.replay.start=8", "learner.environments=4"]
CASES = [("refil", "skirmish/2s3z"), ("qmix_attention", "group_matching/small"),
         ("maven", "skirmish/2s3z"), ("facmac_continuous", "spread")]  # fmt: skip


@pytest.mark.parametrize(("name", "env"), first(CASES[:1], CASES))
def test_weights_are_those_of_dense_episodes(name, env, monkeypatch):
    world, found = make(env), []
    for kind, packed in ((PackedStore, True), (DenseStore, False)):
        monkeypatch.setattr(ReplayLearner, "packed", packed)
        learner = learner_for(build_model(load(name, SMALL), world.schema), world, 3)
        assert isinstance(learner.replay._store, kind)
        for _ in range(7):
            learner.collect()
            for _ in range(2 if len(learner.replay) >= 8 else 0):
                learner.update()
        found.append(learner.tensors())
    assert learner.clocks.updates > 0
    for group, tensors in found[0].items():
        assert all(torch.equal(x, found[1][group][at]) for at, x in tensors.items()), group
