"""Who is there: as many as the schema says, from the first step to the last; slots of those who are not hold zeros."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property
from compose.envs.guard.finding import Finding
from compose.graph.schema import Side


def _check(case: Case) -> Iterator[Finding]:
    for play in case.plays:
        schema, present = play.schema, play.fields["present"]
        sides: tuple[tuple[Side, slice], ...] = (("agent", slice(schema.agents)), ("other", slice(schema.agents, None)))
        for side, slots in sides:
            fewest, most = schema.present_range(side)
            count = present[..., slots].sum(-1)
            bad = (count < fewest) | (count > most)
            text = f"{fewest} to {most} present {side}s" if fewest < most else f"{most} present {side}s, always"
            found = f"{int(count[bad][0])}" if bool(bad.any()) else ""
            yield from play.wrong("env.present", text, found, bad, "time batch", "present")
        left = present[:-1] & ~present[1:]
        text = "who is present to stay present until the episode ends, dead or not"
        yield from play.wrong("env.vanishes", text, "a slot that empties", left, "time batch entity", "present")
        ghost = (play.fields["entities"] != 0).any(-1) & ~present
        text = "zeros in the rows of absent entities"
        yield from play.wrong("env.absent_row", text, "other numbers", ghost, "time batch entity", "entities")


PROPERTY = Property("presence", "as many as the schema says are present, and stay; absent rows are zero", _check)
