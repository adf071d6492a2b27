"""Returns are within the bounds of the schema, if it gives any."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.guard.finding import Finding

SLACK = 1e-4
"""For sums of float32, as a fraction of the larger bound."""


def _check(case: Case) -> Iterator[Finding | Unseen]:
    for play in case.plays:
        bounds = play.schema.returns
        if bounds is None:
            yield Unseen("the schema gives no bounds (returns)")
            return
        low, high = bounds
        slack = SLACK * max(abs(low), abs(high))
        total = (play.reward * play.running).double().sum(0)
        bad = (total < low - slack) | (total > high + slack)
        found = f"{float(total[bad][0]):.6g}" if bool(bad.any()) else ""
        yield from play.wrong("env.returns", f"a return from {low:g} to {high:g}", found, bad, "batch")


PROPERTY = Property("returns", "the sum of an episode's rewards is within the schema's bounds", _check)
