"""What absent and inactive agents choose does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.compare import differences
from compose.envs.guard.finding import Finding
from compose.kernels.random import key, one_of, uniform


def _check(case: Case) -> Iterator[Finding | Unseen]:
    tried = False
    for number, play in enumerate(case.plays):
        steps = len(play.action)
        counters = torch.arange(play.action.numel(), device=play.action.device).reshape(play.action.shape)
        others = one_of(play.fields["available"][:steps], uniform(key(number, "others"), counters))
        changed = torch.where(play.fields["active"][:steps], play.action, others)
        if not torch.equal(changed, play.action):
            tried = True
            again = case.play(play.episodes, play.seed, actions=changed)
            text = "the same, whichever available action absent and inactive agents take"
            for one in differences("env.inactive_acts", text, play, again, range(len(play.episodes))):
                yield replace(one, see="")  # random play does not take these actions
    if not tried:
        yield Unseen("no agent that is absent or inactive has a choice")


PROPERTY = Property("inactive", "what absent and inactive agents choose does nothing", _check, ("determinism",))
