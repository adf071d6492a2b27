"""One call from a spec to a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from compose.compiler.model import Model
from compose.compiler.passes import PASSES, Pass
from compose.graph.build import build_graph
from compose.graph.typed_spec import environment
from compose.language.anything import loaded

if TYPE_CHECKING:
    from compose.graph.typed_spec import AnyEnv
    from compose.language.anything import AnySpec


def compile(spec: AnySpec, env: AnyEnv, *, seed: int = 0, device: torch.device | str = "cpu",
            dtype: torch.dtype = torch.float32, passes: Sequence[Pass] = PASSES, taps: Sequence[str] = (),
            native: bool = False, precision: torch.dtype | None = None) -> Model:
    """Type a spec against an environment and compile its programs: a ``torch.nn.Module`` with the spec's weights.

    Args:
        spec: A packaged name, a path, a :class:`Spec` or a builder.
        env: A name, a schema or an environment.
        seed: Seeds the initial weights, one stream for each weight's name.
        passes: Rewrites of the traced programs; none gives the plain form.
        native: Run the programs through ``torch.compile``; the first calls take minutes.
        precision: Compute matrix products of `learn` in this type (``torch.bfloat16``); weights keep ``dtype``.
        taps: Names of values that ``learn`` gives beside the losses (``q.h``, ``q_tot.w1_pos``).

    Raises:
        SpecError: With every mistake of the spec.
    """
    graph = build_graph(loaded(spec), environment(env))
    return Model(graph, seed=seed, device=device, dtype=dtype, passes=passes, taps=taps, native=native,
                 precision=precision)
