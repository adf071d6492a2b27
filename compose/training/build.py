"""From a spec and a schema to a model, in the one place where training meets the compiler."""

from __future__ import annotations

import torch

from compose.compiler.model import Model
from compose.compiler.weights import count
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.load import Loaded
from compose.training import memory


def build_model(spec: Loaded, schema: EntitySchema, *, seed: int = 0, device: str | torch.device = "cpu") -> Model:
    """Compile a spec for an environment.

    Raises:
        SpecError: With everything that is wrong with the graph; ``train.memory`` if its weights are too many.
    """
    graph = build_graph(spec, schema)
    memory.check_possible(count(graph), schema, torch.device(device))
    return Model(graph, seed=seed, device=device)
