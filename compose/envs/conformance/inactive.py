"""What absent and inactive agents choose does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.compare import differences
from compose.envs.conformance.play import legal
from compose.envs.guard.finding import Finding


def _check(case: Case) -> Iterator[Finding | Unseen]:
    tried = False
    for number, play in enumerate(case.plays):
        numbers, steps = torch.tensor(play.episodes, device=play.action.device), range(len(play.action))
        shown = [{name: x[step] for name, x in play.fields.items()} for step in steps]
        others = torch.stack([legal(play.schema, shown[step], number, numbers, step, "others") for step in steps])
        active = play.fields["active"][:len(others)]
        changed = torch.where(active[..., None] if play.schema.continuous else active, play.action, others)
        if not torch.equal(changed, play.action):
            tried = True
            again = case.play(play.episodes, play.seed, actions=changed)
            text = "the same, whichever available action absent and inactive agents take"
            for one in differences("env.inactive_acts", text, play, again, range(len(play.episodes))):
                yield replace(one, see="")  # random play does not take these actions
    if not tried:
        yield Unseen("no agent that is absent or inactive has a choice")


PROPERTY = Property("inactive", "what absent and inactive agents choose does nothing", _check, ("determinism",))
