"""How a loss becomes one number: the mean or sum over what counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from compose.graph.align import align
from compose.language.axes import Axes, Type
from compose.language.operation import Operation, Run, Site

STEP = "step row"
"""Batch and time joined into one axis; only steps that count are left."""


@dataclass(frozen=True)
class Average(Operation):
    """``L = sum_over_sum_axes( sum_over_mean_axes(w x) / max(1, sum_over_mean_axes(w)) )``

    with w = ``where`` and presence (``count: slots`` keeps absent rows in the denominator, ``all`` also their content);
    batch and time belong to the mean unless the spec puts them under ``sum``. Ports: ``of`` [batch ...], ``where``
    bool, and one presence for each counted axis -> []. Where several processes hold parts of the batch, w is counted
    over all of them, so that their results add up to what one would compute.
    """

    mean: Axes
    sum: Axes
    count: str
    counted_axes: Axes
    aligned: ClassVar[bool] = False

    def ports(self) -> Mapping[str, str]:
        return dict.fromkeys(("of", "where", *self.counted_axes), "any ...")

    def infer(self, site: Site) -> dict[str, Type]:
        return {"": Type(())}

    def alike(self, axes: Axes) -> bool:
        """Are these axes reduced in the same way, so that they might as well be one?"""
        return set(axes) <= set(self.sum) or not set(axes) & set(self.sum)

    def in_parts(self, site: Site) -> bool:
        return True

    def compute(self, run: Run, *, of: Any, where: Any, **presence: Any) -> Any:
        import torch

        node = run.node
        axes = node.type("of").axes
        where = align(where, node.type("where").axes, axes)
        allowed = counted = torch.full_like(of, where, dtype=torch.bool) if isinstance(where, bool) else where
        for axis in self.counted_axes if self.count != "all" else ():
            present = align(presence[axis], node.type(axis).axes, axes)
            allowed = allowed & present
            if self.count == "present":
                counted = counted & present
        free = ("batch", "time", *(() if "batch" in self.sum else (STEP,)), *self.mean)
        mean = [i for i, a in enumerate(axes) if a in free and a not in self.sum]
        total = of.masked_fill(~allowed, 0.0).sum(mean)
        count = counted.expand_as(of).sum(mean)
        whole = count if "batch" in self.sum else run.everywhere(count)
        return (total / whole.clamp(min=1)).sum()
