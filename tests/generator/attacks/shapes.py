"""Every tensor has the axes that its type declares, in this order, and a sign that agrees."""

from __future__ import annotations

import torch

from tests.generator.attacks.trial import BATCH, Trial

DTYPES = {"float": torch.float64, "bool": torch.bool, "int": torch.int64}


def shapes(trial: Trial) -> str | None:
    """Look at every value that is computed."""
    table = trial.graph.table
    nodes = trial.graph.nodes(trial.everything())
    run = trial.run()
    run.evaluate(trial.everything())
    for node in nodes:
        for value in node.values.values():
            x = run.results.get(value)
            if not isinstance(x, torch.Tensor):
                continue
            sizes = {"batch": BATCH, "time": trial.steps}
            wanted = tuple(sizes.get(a) or table.size(a) for a in value.type.axes)
            if tuple(x.shape) != wanted or x.dtype != DTYPES[value.type.dtype]:
                return f"{value.name} is declared {value.type} {wanted}, and is {x.dtype} {tuple(x.shape)}"
            if value.type.sign == "nonneg" and x.dtype == torch.float64 and float(x.min()) < 0:
                return f"{value.name} is declared not negative, and is {float(x.min()):.3g}"
    return None
