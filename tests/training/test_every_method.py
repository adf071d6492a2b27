"""Every packaged method trains: fifty updates on made-up episodes, numbers stay finite and every weight moves.

A handful of them in `make test`, all in `make test-methods`, which CI runs too.
"""

from __future__ import annotations

import pytest
import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.learners import learner_for
from tests.compiler.cases import PACKAGED
from tests.generator.episodes import MadeUp
from tests.specs.handful import few
from tests.specs.schemas import small_schema

UPDATES = 50


@pytest.mark.slow
@pytest.mark.parametrize("name", few(PACKAGED))
def test_fifty_updates(name: str) -> None:
    spec, changes = load(name).spec, ["learner.environments=2"]
    if spec.learner.kind == "replay":
        changes += ["learner.updates=10 per episode", "learner.replay.batch=3", "learner.replay.start=3",
                    "learner.target.every=3 episodes"]
    else:
        changes += ["learner.updates=1 per 2 episodes"]
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
    assert [key for key in trained if torch.equal(before[key], learner.model.weights[key])] == []
