"""Who sees whom, who can act, what can be done: the masks agree with each other and with who is there."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property
from compose.envs.conformance.holds import untrue_claims
from compose.envs.guard.finding import Finding


def _check(case: Case) -> Iterator[Finding]:
    for play in case.plays:
        agents, of = play.schema.agents, play.fields
        present, visible, sight = of["present"], of["visible"], of["sight"]
        here = present[..., :agents]
        if not play.schema.continuous:
            none = ~of["available"].any(-1)
            text = "at least one available action for every agent, absent ones included"
            yield from play.wrong("env.available", text, "none", none, "time batch agent", "available")
        odd = sight[..., :agents, :] != visible
        text = "rows of agents in 'sight' to equal 'visible'"
        yield from play.wrong("env.sight", text, "another one", odd, "time batch agent entity", "sight")
        for name, mask, rows, axes in (("visible", visible, here, "time batch agent entity"),
                                       ("sight", sight, present, "time batch entity entity'")):
            text = "who is absent to see nobody"
            yield from play.wrong("env.absent_sees", text, "that it does", mask & ~rows[..., None], axes, name)
            text = "who is absent to be seen by nobody"
            yield from play.wrong("env.absent_seen", text, "that it is", mask & ~present[..., None, :], axes, name)
        acts = of["active"] & ~here
        text = "absent agents not to be active"
        yield from play.wrong("env.active", text, "that one is", acts, "time batch agent", "active")
        yield from untrue_claims(play)


PROPERTY = Property("masks", "visible, sight, present and active agree; every agent has an action", _check)
