"""How many bytes the tensors of one update hold at most: one or two episodes are really learned from."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.schema import EntitySchema
from compose.kernels.everywhere import alone


def held(model: Model, batch: int, steps: int) -> int:
    """Bytes that tensors hold at most while ``model`` learns from ``batch`` episodes of ``steps`` time indices with
    everybody present, gradients included, beside the weights and the fields of the batch.

    Learned from are one episode and two, whose numbers mean nothing; of more it is taken that each adds what the second
    added, after every operation. What a method makes of pairs of episodes is missed. Nothing that the model holds is
    changed.
    """
    one = _course(model, 1, steps)
    if batch == 1:
        return max(one)
    two = _course(model, 2, steps)
    if len(one) != len(two):  # what is done depends on the numbers
        one, two = [max(one)], [max(two)]
    return max(a + (batch - 1) * (b - a) for a, b in zip(one, two, strict=True))


def _course(model: Model, batch: int, steps: int) -> list[int]:
    """Bytes that are held after every operation."""
    fields = _fields(model, batch, steps)
    count = _Held()
    with alone(), torch.enable_grad(), count:
        draws = model.draw("learn", 0, 0, fields["episode"], steps=steps)
        learned = model.learn(fields, draws, dict.fromkeys(model.moving, 0.5))
        totals = [x for x in learned.totals.values() if x.requires_grad]
        if totals:
            torch.autograd.grad(totals, list(model.weights.values()), allow_unused=True)
    return count.course


def _fields(model: Model, batch: int, steps: int) -> dict[str, Tensor]:
    schema = model.graph.stored or model.schema
    assert isinstance(schema, EntitySchema)
    lengths = torch.full((batch,), steps - 1)
    found = fake_batch(schema, 0, batch=batch, time=steps, dtype=model.dtype, lengths=lengths)
    made: dict[str, Tensor] = {name: found[name] for name in schema.fields}
    made |= {name: torch.ones_like(made[name]) for name in ("present", "visible")}
    made |= {"episode": torch.arange(batch), "filled": torch.ones(batch, steps, dtype=torch.bool)}
    return {name: x.to(model.device) for name, x in made.items()}


class _Held(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of tensors that operations make, until nobody holds them any more."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now, self.course = 0, list[int]()
        self.sizes: dict[weakref.ref[Any], int] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        given = {x.untyped_storage()._cdata for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)}
        for x in tree_leaves(found):
            if isinstance(x, Tensor) and x.untyped_storage()._cdata not in given:
                made = x.untyped_storage()
                key = weakref.ref(made, self._gone)
                if key not in self.sizes:
                    self.sizes[key] = made.nbytes()
                    self.now += made.nbytes()
        self.course.append(self.now)
        return found

    def _gone(self, key: weakref.ref[Any]) -> None:
        self.now -= self.sizes.pop(key)
