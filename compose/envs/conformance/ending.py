"""How episodes end: at the limit at the latest, by one of two flags, and by the right one."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.play import Play
from compose.envs.guard.finding import Finding


def _check(case: Case) -> Iterator[Finding | Unseen]:
    reached = False
    for play in case.plays:
        limit, running = play.schema.limit, play.running
        both = play.terminated & play.truncated & running
        text = "an episode to be terminated or truncated"
        yield from play.wrong("env.both_ends", text, "both flags", both, "step batch", "truncated")
        late = torch.zeros_like(running)
        late[limit - 1 :] = (running & ~play.terminated & ~play.truncated)[limit - 1 :]
        text = f"the end of the episode at step {limit - 1}, the last of {limit}"
        flag = "truncated" if play.schema.truncates else "terminated"
        yield from play.wrong("env.limit", text, "that it goes on", late, "step batch", flag)
        reached |= len(running) >= limit and bool(running[limit - 1].any())
        yield from _truncating(play) if play.schema.truncates else _terminating(play)
    if not reached:
        yield Unseen("no episode reached the limit")


def _terminating(play: Play) -> Iterator[Finding]:
    cut = play.truncated & play.running
    text = "no truncation: by the schema (truncates: false) the limit is a true end"
    yield from play.wrong("env.truncation", text, "truncated", cut, "step batch", "truncated")


def _truncating(play: Play) -> Iterator[Finding]:
    """Truncation comes at the limit; a task of several may have a smaller one of its own, always the same."""
    limit, running, cut = play.schema.limit, play.running, play.truncated & play.running
    task = play.fields["task"][0]
    for number in sorted(set(task.tolist())):
        mine = cut & (task == number)
        steps = mine.any(1).nonzero()[:, 0]
        if len(steps) and (len(steps) > 1 or (len(play.schema.tasks) == 1 and int(steps[0]) != limit - 1)):
            early = mine.clone()
            early[int(steps[-1]) if len(steps) > 1 else limit :] = False
            text = "a truncation by the time limit only"
            yield from play.wrong("env.truncation", text, "one before it", early, "step batch", "truncated")
            return
    last = running[limit - 1] if len(running) >= limit else running[:0].any(0)
    lost = last & ~play.success[limit - 1] if bool(last.any()) else last
    if bool(lost.any()) and bool((play.terminated[limit - 1] | ~last).all()):
        bad = torch.zeros_like(running)
        bad[limit - 1] = lost
        text = "a truncation: by the schema (truncates: true) values bootstrap through the limit"
        yield from play.wrong("env.truncation", text, "that every episode that reaches the limit is terminated", bad,
                           "step batch", "terminated")


PROPERTY = Property("ends", "episodes end by the limit, truncated or terminated as the schema says", _check)
