"""An attack on :meth:`Operation.in_parts`: a batch cut in two, of which each half is computed by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from compose.compiler.contract.trial import BATCH, Trial
from compose.kernels.everywhere import summing
from compose.language.axes import Type

CUT = 3
"""Of :data:`BATCH` episodes the first half has so many."""


def parts(trial: Trial) -> set[str]:
    """Two halves of a batch give what the whole batch does, told no more of each other than what they sum."""
    node = trial.node
    if not node.op.in_parts(node):
        return set()
    given = trial.inputs()
    known: list[Tensor] = []
    while True:
        heard: tuple[list[Tensor], list[Tensor]] = ([], [])
        found = []
        for half, said in zip((slice(CUT), slice(CUT, BATCH)), heard, strict=True):
            with summing(_sum(said, known)):
                found.append(trial.run(_cut(trial, given, half)))
        if len(heard[0]) != len(heard[1]):
            raise trial.fail("'in_parts': halves of a batch sum different things")
        if len(heard[0]) == len(known):
            break
        known.append(heard[0][len(known)] + heard[1][len(known)])  # what was summed after it was not right yet
    for name, whole in trial.run(given).items():
        axes = node.result(name).axes
        halves = [one[name] for one in found]
        joined = torch.cat(halves, axes.index("batch")) if "batch" in axes else halves[0] + halves[1]
        if not torch.allclose(joined, whole, rtol=1e-9, atol=1e-12):
            raise trial.fail(f"'in_parts': halves of a batch give another output '{name}' than the whole")
    return {"in_parts"}


def _sum(said: list[Tensor], known: list[Tensor]) -> Callable[[Tensor], Tensor]:
    """Notes what is said, and answers with the sum as far as it is known."""
    def answer(x: Tensor) -> Tensor:
        said.append(x)
        return known[len(said) - 1] if len(said) <= len(known) else x

    return answer


def _cut(trial: Trial, given: dict[str, dict[str, Any]], half: slice) -> dict[str, dict[str, Any]]:
    def cut(x: Tensor, kind: Type) -> Tensor:
        return x[(slice(None),) * kind.axes.index("batch") + (half,)] if "batch" in kind.axes else x

    fields = {name: cut(x, trial.fed[name].type) for name, x in given["field"].items()}
    kinds = {f"{trial.node.name}.{name}": kind for name, kind in trial.node.op.draws(trial.node).items()}
    return {**given, "field": fields, "draw": {name: cut(x, kinds[name]) for name, x in given["draw"].items()}}
