"""What each pass does to one spec: operations, matrix products and memory traffic before and after, really run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

import compose.kernels.steps  # noqa: F401  (defines torch.ops.compose)
from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.compiler.passes import PASSES, Pass
from compose.compiler.terms.call import nominal
from compose.graph.graph import Graph
from compose.graph.schema import EntitySchema


@dataclass(frozen=True)
class Work:
    """What one call of `learn` takes, its backward pass included."""

    after: str
    """The pass that ran last; "plain" before the first."""
    calls: int
    """Torch operations in the program."""
    flops: int
    """Of matrix products: multiplications and additions."""
    bytes: int
    """Written by all operations."""


def account(graph: Graph, passes: tuple[Pass, ...] = PASSES, batch: int | None = None) -> list[Work]:
    """The work of the plain form, and after each pass.

    Episodes are random (lengths spread evenly up to the usual one) and the same for all. Needs no weights of a run.

    Args:
        batch: Episodes; as many as the learner's batch unless told.
    """
    assert isinstance(graph.schema, EntitySchema)
    usual = nominal(graph)
    fields = dict(fake_batch(graph.schema, 0, batch=batch or usual["batch"], time=usual["time"] + 1).items())
    rows = []
    for n in range(len(passes) + 1):
        model = Model(graph, passes=passes[:n])
        rows.append(_work(model, fields, passes[n - 1].__name__ if n else "plain"))
    return rows


def _work(model: Model, fields: dict[str, Any], name: str) -> Work:
    draws = model.draw("learn", 0, 0, torch.arange(len(fields["steps"])), steps=fields["steps"].shape[1])
    params = dict.fromkeys(model.moving, 0.5)
    written: Any = _Written()  # type: ignore[no-untyped-call]
    ours: Any = {torch.ops.compose.gru: _recurrence(2), torch.ops.compose.gru_backward: _recurrence(4)}
    with FlopCounterMode(display=False, custom_mapping=ours) as flops, written:
        learned = model.learn(fields, draws, params)
        torch.stack(list(learned.totals.values())).sum().backward()  # type: ignore[no-untyped-call]
    calls = sum(node.op in ("call_function", "call_method") for node in model.programs["learn"].module.graph.nodes)
    return Work(name, calls, int(flops.get_total_flops()), written.bytes)


def _recurrence(each: int) -> Any:
    """Operations for every step and number of U, whose shape is the fourth that is known of a call or the sixth."""

    def count(rows: Any, *shapes: Any, **_: Any) -> int:
        (hidden,) = (s for s in shapes if s is not None and len(s) == 2 and s[0] == 3 * s[1])
        return int(each * rows[0] * hidden[0] * hidden[1])

    return count


class _Written(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Adds up the sizes of results that are no views."""

    bytes = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        read = {x.untyped_storage()._cdata for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)}
        for x in tree_leaves(found):
            if isinstance(x, torch.Tensor) and x.untyped_storage()._cdata not in read:
                self.bytes += x.numel() * x.element_size()
        return found
