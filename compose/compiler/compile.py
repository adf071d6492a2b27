"""One call from a spec to a model."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from compose.compiler.model import Model
from compose.compiler.passes import PASSES, Pass
from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.load import Loaded, load_data
from compose.language.models import Spec


def compile(spec: Spec | Loaded, schema: EntitySchema, *, seed: int = 0, device: torch.device | str = "cpu",
            dtype: torch.dtype = torch.float32, passes: Sequence[Pass] = PASSES, taps: Sequence[str] = (),
            native: bool = False, precision: torch.dtype | None = None) -> Model:
    """Type a spec against an environment's schema and compile its programs.

    Args:
        seed: Seeds the initial weights, one stream for each weight's name.
        passes: Rewrites of the traced programs; none gives the plain form.
        native: Run the programs through ``torch.compile``; the first calls take minutes.
        precision: Compute matrix products of `learn` in this type (``torch.bfloat16``); weights keep ``dtype``.
        taps: Names of values that ``learn`` gives beside the losses (``q.h``, ``q_tot.w1_pos``).

    Raises:
        SpecError: With every mistake of the spec.
    """
    loaded = spec if isinstance(spec, Loaded) else load_data(spec.data())
    graph = build_graph(loaded, schema)
    return Model(graph, seed=seed, device=device, dtype=dtype, passes=passes, taps=taps, native=native,
                 precision=precision)
