"""Every packaged method trains: fifty updates on made-up episodes, numbers stay finite and every weight moves.

Some of them in `make test`, all in `make test-more`, which CI runs too.
"""

from __future__ import annotations

import pytest
import torch

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.learners import learner_for
from tests.compiler.cases import PACKAGED
from tests.generator.episodes import MadeUp
from tests.marked import first
from tests.specs.schemas import small_schema

UPDATES = 50
SOME = ("refil", "qmix", "qplex", "vast", "local_ac", "roma")
"""One of each kind."""


@pytest.mark.slow
@pytest.mark.parametrize("name", first(SOME, PACKAGED))
def test_fifty_updates(name: str) -> None:
    spec, changes = load(name).spec, ["learner.environments=2"]
    if spec.learner.kind == "replay":
        changes += ["learner.updates=10 per episode", "learner.replay.batch=3", "learner.replay.start=3",
                    "learner.target.every=3 episodes"]
    else:
        changes += ["learner.updates=1 per 2 episodes", "learner.minibatches=1"]
        changes += ["learner.horizon=null"] if spec.learner.pieces else []  # made-up episodes begin together
    changes += ["params.eta=0.6"] if "eta" in spec.params else []  # two teams of three agents
    schema = small_schema()
    learner = learner_for(Model(build_graph(load(name, changes), schema), seed=1), MadeUp(schema, whole=True), 1)
    before = {key: w.detach().clone() for key, w in learner.model.weights.items()}
    trained = {key for one in learner.model.spec.learner.optimizers for key in learner.model.trained_by(one)}
    while learner.clocks.updates < UPDATES:
        learner.collect()
        while learner.due() > 0 and learner.clocks.updates < UPDATES:
            learner.update()
    assert all(bool(torch.isfinite(w).all()) for w in learner.model.weights.values())
    still = {key for key in trained if torch.equal(before[key], learner.model.weights[key])}
    if name == "roma_official":  # a bias that batch norm takes away again
        still = {key for key in still if not key.endswith("x.bias")}
    if name == "transfqmix":  # an offset behind a ReLU that may be off
        still = {key for key in still if not key.startswith("mixer.offset.")}
    assert still == set()


def test_a_trace_that_moves() -> None:
    loaded = load("qmix_td_lambda", ["params.trace={kind: linear, from: 0.2, to: 0.8, over: 10 updates}"])
    model = Model(build_graph(loaded, small_schema()), dtype=torch.float64)
    fields = dict(fake_batch(small_schema(), 1, dtype=torch.float64))
    found = [model.learn(fields, params={"trace": at}).losses["td"] for at in (0.2, 0.6)]
    fixed = Model(build_graph(load("qmix_td_lambda"), small_schema()), dtype=torch.float64).learn(fields).losses["td"]
    assert found[1] == pytest.approx(float(fixed), rel=1e-12)
    assert found[0] != pytest.approx(float(fixed), rel=1e-6)
