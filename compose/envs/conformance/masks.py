"""Who sees whom, who can act, what can be done: the masks agree with each other and with who is there."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property
from compose.envs.conformance.finding import Finding


def _check(case: Case) -> Iterator[Finding]:
    for play in case.plays:
        agents, of = play.schema.agents, play.fields
        present, visible, sight = of["present"], of["visible"], of["sight"]
        here = present[..., :agents]
        none = ~of["available"].any(-1)
        text = "at least one available action for every agent, absent ones included"
        yield from play.wrong("env.available", text, "none", none, "time batch agent", "available")
        odd = sight[..., :agents, :] != visible
        text = "that rows of agents in 'sight' equal 'visible'"
        yield from play.wrong("env.sight", text, "that they differ", odd, "time batch agent entity", "sight")
        for name, mask, rows, axes in (("visible", visible, here, "time batch agent entity"),
                                       ("sight", sight, present, "time batch entity entity'")):
            text = "that who is absent sees nobody"
            yield from play.wrong("env.absent_sees", text, "that it does", mask & ~rows[..., None], axes, name)
            text = "that who is absent is seen by nobody"
            yield from play.wrong("env.absent_seen", text, "that it is", mask & ~present[..., None, :], axes, name)
        acts = of["active"] & ~here
        text = "that absent agents are not active"
        yield from play.wrong("env.active", text, "that one is", acts, "time batch agent", "active")


PROPERTY = Property("masks", "visible, sight, present, active and available agree; every agent has an action", _check)
