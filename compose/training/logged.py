"""What a spec asks to be logged: sums by task over the episodes of one update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


def by_task(values: Mapping[str, Tensor], fields: Mapping[str, Tensor],
            tasks: Sequence[str]) -> dict[str, tuple[float, int]]:
    """The sum of every logged value and how many numbers it is of: ``NAME``, and with several tasks ``NAME/TASK`` for
    each.

    A value [batch] counts once for each episode, a value [batch time] at every step that counts.

    Args:
        values: Name -> [batch] or [batch time], as the ``learn`` program gave it.
        fields: Of the same episodes; time may be shorter than the values'.
        tasks: Names of the environment's tasks.
    """
    found = {}
    for name, x in values.items():
        x = x.double()
        if x.dim() > 1:
            steps = fields["steps"]
            count, x = steps.sum(1), x[:, : steps.shape[1]].masked_fill(~steps, 0.0).sum(1)
        else:
            count = torch.ones_like(x, dtype=torch.int64)
        found[name] = float(x.sum()), int(count.sum())
        for k, task in enumerate(tasks if len(tasks) > 1 else ()):
            of_task = fields["task"] == k
            found[f"{name}/{task}"] = float(x[of_task].sum()), int(count[of_task].sum())
    return found
