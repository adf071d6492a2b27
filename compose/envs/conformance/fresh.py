"""Tensors that were given away do not change later, and those that came in are not written to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from compose.envs.conformance.case import Case, Property
from compose.envs.guard.finding import Finding
from compose.envs.guard.safely import safely

STEPS = 8
_RESET = "reset(episodes, seed) gives the first fields"


def _check(case: Case) -> Iterator[Finding]:
    env, play = case.make(), case.plays[0]
    numbers = torch.tensor(list(case.episodes), device=env.device)
    came = numbers.clone()
    shown = safely(play.title, _RESET, partial(env.reset, came, case.seeds[0]))
    kept: list[tuple[str, int, Tensor, Tensor]] = [(name, 0, x, x.clone()) for name, x in shown.items()]
    written = [("episodes", 0)] if not torch.equal(came, numbers) else []
    for step, action in enumerate(play.action[:STEPS]):
        came = action.clone()
        after = safely(play.title, "step(action) gives a transition", partial(env.step, came), step)
        if not torch.equal(came, action):
            written.append(("action", step))
        flags = {part: getattr(after, part) for part in play.told}
        kept += [(name, step, x, x.clone()) for name, x in flags.items()]
        kept += [(name, step + 1, x, x.clone()) for name, x in after.fields.items()]
    safely(play.title, _RESET, partial(env.reset, numbers.flip(0), case.seeds[-1]))
    changed: dict[str, int] = {}
    for name, step, x, copy in kept:
        if not torch.equal(x, copy):
            changed.setdefault(name, step)
    for name, step in changed.items():
        yield Finding("env.fresh", "what was given not to change in later steps and resets", "that it does", name,
                      {"step": step})
    for name, step in written[:1]:
        yield Finding("env.writes_input", f"the tensor '{name}' only to be read", "that it is written to", name,
                      {"step": step})


PROPERTY = Property("tensors", "what was given is not changed later, what came in is only read", _check)
