"""The same seed, episodes and actions give the same, in a new environment and in one that was played before."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property
from compose.envs.conformance.compare import differences
from compose.envs.guard.finding import Finding


def _check(case: Case) -> Iterator[Finding]:
    first, other = case.plays[0], case.plays[-1]
    rows, used = range(len(first.episodes)), case.make()
    again = case.play(first.episodes, first.seed, actions=first.action, environment=used)
    found = differences("env.determinism", "the same in a second environment", first, again, rows)
    yield from found
    if not found:
        case.play(other.episodes[: len(rows) // 2 + 1], other.seed, environment=used)
        again = case.play(first.episodes, first.seed, actions=first.action, environment=used)
        text = "the same after other episodes were played in this environment"
        yield from differences("env.reset", text, first, again, rows)


PROPERTY = Property("determinism", "the same seed, episode and actions give the same, bit by bit", _check)
