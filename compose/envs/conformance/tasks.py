"""Every task of the schema's list is drawn, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from compose.envs.conformance.case import Case, Property
from compose.envs.guard.finding import Finding
from compose.envs.guard.safely import safely

RESETS = 40
"""Episodes for each task that are begun at most; where all are equally likely, one is missed once in 10^17."""
_AT_ONCE = 256


def _check(case: Case) -> Iterator[Finding]:
    for play in case.plays:
        task, count = play.fields["task"], len(play.schema.tasks)
        bad = (task < 0) | (task >= count)
        yield from play.wrong("env.task", f"a task from 0 to {count - 1}", "{value}", bad, "time batch", "task")
    seen = {task for play in case.plays for task in play.fields["task"].flatten().tolist()}
    env, count = case.make(), len(case.plays[0].schema.tasks)
    for start in range(0, RESETS * count, _AT_ONCE):
        if len(seen & {*range(count)}) == count:
            return
        numbers = torch.arange(start, start + _AT_ONCE, device=env.device)
        what = f"reset of {_AT_ONCE} episodes gives the first fields"
        seen |= set(safely(case.plays[0].title, what, partial(env.reset, numbers, case.seeds[0]))["task"].tolist())
    missing = [name for i, name in enumerate(case.plays[0].schema.tasks) if i not in seen]
    if missing:
        names = ", ".join(missing[:5]) + (" ..." if len(missing) > 5 else "")
        begun = -(-RESETS * count // _AT_ONCE) * _AT_ONCE
        yield Finding("env.task_missing", "every task of the schema in some episode",
                      f"none of {names} in {begun:,} episodes", "task", {"seed": case.seeds[0]})


PROPERTY = Property("tasks", "every task of the schema occurs, and no other", _check)
