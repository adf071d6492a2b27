"""From a spec and a schema to a model, in the one place where training meets the compiler."""

from __future__ import annotations

import torch

from compose.compiler.model import Model
from compose.compiler.passes import PASSES
from compose.compiler.weights import count
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.load import Loaded
from compose.training import memory
from compose.training.allocator import keep_freed_memory
from compose.training.settings import Settings


def build_model(spec: Loaded, schema: EntitySchema, *, seed: int = 0, device: str | torch.device = "cpu",
                settings: Settings | None = None) -> Model:
    """Compile a spec for an environment, in the form that the settings ask for.

    Raises:
        SpecError: With everything that is wrong with the graph; ``train.memory`` if its weights are too many.
    """
    graph = build_graph(spec, schema)
    memory.check_possible(count(graph), schema, torch.device(device))
    if settings is None:
        return Model(graph, seed=seed, device=device)
    keep_freed_memory()
    precision = torch.bfloat16 if settings.precision == "bfloat16" else None
    passes = PASSES if settings.passes else ()
    return Model(graph, seed=seed, device=device, passes=passes, native=settings.native, precision=precision)
