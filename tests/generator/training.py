"""An accepted spec is built, collects episodes and makes one update."""

from __future__ import annotations

import warnings

import torch

from compose.compiler.model import Model
from compose.compiler.passes import PASSES
from compose.graph.graph import Graph
from compose.language.diagnostics import SpecError
from compose.training.learners import learner_for
from tests.generator.episodes import MadeUp


class NotFinite(Exception):
    """The losses are no numbers: nothing that a check could know."""


def updated(graph: Graph, seed: int) -> Model:
    """Raises whatever goes wrong; warnings too. NotFinite where numbers are."""
    assert graph.schema is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = Model(graph, seed=seed, passes=PASSES)
        learner = learner_for(model, MadeUp(graph.schema), seed)
        try:
            while learner.due() < 1:
                learner.collect()
            learner.update()
        except SpecError as error:
            if all(d.code == "train.not_finite" for d in error.diagnostics):
                raise NotFinite from error
            raise
        learner.metrics()
    if not all(bool(torch.isfinite(w).all()) for w in model.weights.values()):
        raise NotFinite
    return model
