"""Programs through ``torch.compile``: one graph for any batch size and length, no Python between its kernels."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, fx
from torch.nn import functional as F

from compose.compiler.unroll import Unrolled
from compose.kernels.steps import gru


def native(module: fx.GraphModule, free: Sequence[Sequence[int]]) -> Callable[..., Any]:
    """``module`` compiled, when it is first called.

    ``torch.gru`` over a fixed time becomes one opaque operation; ``torch.lstm`` and loops are computed as they are
    without compiling: unrolled they would take minutes to compile.

    Args:
        free: dimensions of every input whose size may change from call to call.
    """
    found = copy.deepcopy(module)
    for node in found.graph.nodes:
        if node.op == "call_function" and node.target is torch.gru:
            node.target = _whole
        elif node.op == "call_function" and node.target is torch.lstm:
            node.target = _apart
        elif isinstance(node.target, Unrolled):
            node.target = torch.compiler.disable(node.target.over_steps)  # type: ignore[no-untyped-call]
    found.recompile()
    compiled = torch.compile(found)

    def run(*inputs: Any) -> Any:
        for x, dims in zip(inputs, free, strict=True):
            for dim in dims:
                torch._dynamo.maybe_mark_dynamic(x, dim)
        return compiled(*inputs)

    return run


def _whole(of: Tensor, start: Tensor, weights: list[Tensor], *_: Any) -> tuple[Tensor, Tensor]:
    """``torch.gru`` of one layer over [time row In]: all states, and the last ones."""
    time, rows = of.shape[:2]
    fed = F.linear(of.flatten(0, 1), weights[0], weights[2])
    alive = torch.full((time,), rows, dtype=torch.int64, device="cpu")
    states = gru(fed, alive, start[0], weights[1], weights[3])[0].unflatten(0, (time, rows))
    return states, states[-1:]


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _apart(*given: Any) -> Any:
    """``torch.lstm``, uncompiled."""
    return torch.lstm(*given)
