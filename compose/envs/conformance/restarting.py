"""An episode that begins in a row beside others is the one that begins with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.compare import differences
from compose.envs.conformance.play import Play
from compose.envs.guard.finding import Finding
from compose.envs.guard.safely import safely
from compose.envs.interface import Environment, Fields

ROWS, CUT = 3, 7
"""Rows of the batch; one of them breaks its episode off every so many steps."""


def _begun_beside_others(case: Case) -> Iterator[Finding | Unseen]:
    play, env = case.plays[0], case.make()
    if not env.restarts or len(play.episodes) <= ROWS:
        yield Unseen("the environment says nowhere what it has kept of episodes")
        return
    yield from differences("env.restart", "the same begun beside others as begun with all", play,
                           _replayed(play, env), range(len(play.episodes)))


@torch.no_grad()
def _replayed(play: Play, env: Environment) -> Play:
    """The same actions, in few rows that begin the episodes one after the other; broken off, the rest stays as it was.
    """
    numbers, seed = torch.tensor(play.episodes, device=env.device), play.seed
    assert isinstance(seed, int)
    fields = {name: x.clone() for name, x in play.fields.items()}
    told = {name: getattr(play, name).clone() for name in play.told}
    places, following, time = list(range(ROWS)), ROWS, 0
    steps = [0] * ROWS
    shown = safely(play.title, "reset(episodes, seed) gives the first fields", partial(env.reset, numbers[:ROWS], seed))
    _note(play, fields, shown, list(range(ROWS)), places, steps)
    while following < len(numbers):
        action = torch.stack([play.action[step, place] for step, place in zip(steps, places, strict=True)])
        after = safely(play.title, "step(action) gives a transition", partial(env.step, action), time)
        for name, x in told.items():
            for row, (step, place) in enumerate(zip(steps, places, strict=True)):
                x[step, place] = getattr(after, name)[row]
        steps, time = [step + 1 for step in steps], time + 1
        _note(play, fields, after.fields, list(range(ROWS)), places, steps)
        over = (after.terminated | after.truncated).tolist()
        rows = [row for row in range(ROWS) if over[row] or steps[row] >= len(play.action) or
                (row == time % ROWS and time % CUT == 0)][: len(numbers) - following]
        if rows:
            new = list(range(following, following + len(rows)))
            following += len(rows)
            begun = safely(play.title, "restart(rows, episodes, seed) gives the first fields",
                           partial(env.restart, torch.tensor(rows, device=env.device), numbers[new], seed), time)
            for row, place in zip(rows, new, strict=True):
                places[row], steps[row] = place, 0
            _note(play, fields, begun, rows, places, steps)
    return replace(play, fields=fields, title=f"{play.title}, {ROWS} at a time", **told)


def _note(play: Play, fields: Fields, shown: Fields, rows: list[int], places: list[int], steps: list[int]) -> None:
    for name, x in shown.items():
        for at, row in enumerate(rows):
            if "batch" in play.schema.fields[name].axes:
                fields[name][steps[row], places[row]] = x[at]


PROPERTY = Property("restart", "an episode that begins beside others is the one that begins with them, bit by bit",
                    _begun_beside_others, ("batch", "constants"))
