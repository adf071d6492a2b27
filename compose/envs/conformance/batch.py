"""An episode is the same alone and among others; each may have a seed of its own."""

from __future__ import annotations

from collections.abc import Iterator

from torch import stack

from compose.envs.conformance.case import Case, Property
from compose.envs.conformance.compare import differences
from compose.envs.guard.finding import Finding


def _alone(case: Case) -> Iterator[Finding]:
    """The first and the last episode alone, then every other one together, from the last to the first."""
    play = case.plays[0]
    count = len(play.episodes)
    for rows in ([0], [count - 1], [*range(count - 1, -1, -2)]):
        few = case.play([play.episodes[row] for row in rows], play.seed, actions=play.action[:, rows])
        text = "the same alone" if len(rows) == 1 else f"the same among {len(rows)} episodes"
        found = differences("env.batch", f"{text} as among {count} episodes", play, few, rows)
        yield from found
        if found:
            return


def _seeds(case: Case) -> Iterator[Finding]:
    first, second = case.plays[0], case.plays[-1]
    steps, last = min(len(first.action), len(second.action)), len(first.episodes) - 1
    rows = [0, last, 0, last]
    parts = ((first, 0), (first, last), (second, 0), (second, last))
    actions = stack([play.action[:steps, row] for play, row in parts], 1)
    seeds = [seed for play, _ in parts if isinstance(seed := play.seed, int)]
    mixed = case.play([play.episodes[row] for play, row in parts], seeds, actions=actions)
    expected = "what each row's own seed gives alone"
    found = differences("env.row_seeds", expected, first.cut(steps), mixed.rows([0, 1]), rows[:2])
    found += differences("env.row_seeds", expected, second.cut(steps), mixed.rows([2, 3]), rows[2:])
    yield from found[:1]


ALONE = Property("batch", "an episode is the same alone and among others, bit by bit", _alone, ("determinism",))
SEEDS = Property("row seeds", "each episode of a batch may have a seed of its own", _seeds, ("determinism", "batch"))
