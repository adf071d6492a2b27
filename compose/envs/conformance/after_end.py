"""An episode that has ended stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.guard.finding import Finding


def _check(case: Case) -> Iterator[Finding | Unseen]:
    seen = False
    for play in case.plays:
        over = ~play.running
        seen |= bool(over.any())
        paid = over & (play.reward != 0)
        text = "reward 0 after the end"
        yield from play.wrong("env.reward_after_end", text, "{value}", paid, "step batch", "reward")
        for name in ("terminated", "truncated", "success"):
            up = over & getattr(play, name)
            text = f"'{name}' to be False after the end"
            yield from play.wrong("env.flags_after_end", text, "True", up, "step batch", name)
        for name, x in play.fields.items():
            axes = play.schema.fields[name].axes
            if "time" not in axes:
                continue
            moved = torch.zeros_like(x, dtype=torch.bool)
            moved[1:] = (x[1:] != x[:-1]) & over.reshape(*over.shape, *[1] * (x.dim() - 2))
            text, named = "fields to stay as they are after the end", [axis for axis in axes if axis != "time"]
            yield from play.wrong("env.fields_after_end", text, "another value, {value}", moved,
                                  " ".join(["time", *named]), name)
    if not seen:
        yield Unseen("no episode ended")


PROPERTY = Property("after the end", "reward 0, no flags, no change of any field", _check)
