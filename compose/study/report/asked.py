"""What a report is about, and the numbers that several of its parts need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from compose.study.claims import Claim
from compose.study.curves import WINDOW
from compose.study.sides import Side
from compose.study.statistics.normalise import Range
from compose.study.statistics.scores import LeftOut, Scores
from compose.study.verdicts import Verdict, decide


@dataclass(frozen=True)
class Asked:
    """Methods with their runs, what is claimed of them, and how scores are read."""

    title: str
    methods: Mapping[str, Side]
    """By the name that claims call them."""
    claims: Mapping[str, Claim]
    """By their own names."""
    measure: str = "success"
    at: tuple[int, ...] = ()
    """Environment steps at which scores are read; at the end of the runs unless told."""
    window: int = WINDOW
    """Evaluations whose mean is a score."""
    ranges: Mapping[str, Range] | None = None
    """What becomes 0 and 1 in each environment."""
    missing: Sequence[LeftOut] = ()
    """Runs that are not there."""
    summary: str = ""
    differences: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """Of two methods: how the second one's spec differs from the first one's."""
    """A sentence below the title."""

    @cached_property
    def envs(self) -> tuple[str, ...]:
        """All environments that some method has runs in."""
        return tuple(dict.fromkeys(env for side in self.methods.values() for env in side.runs))

    @property
    def last(self) -> int | None:
        """The step at which scores are read that are read once."""
        return max(self.at) if self.at else None

    def scores(self, method: str, at: int | None, env: str | None = None) -> tuple[dict[str, list[float]],
                                                                                   list[LeftOut]]:
        """Scores of a method by environment, of one of them if it is named; and which runs have none."""
        side = self.methods[method]
        runs = {name: some for name, some in side.runs.items() if env in (None, name)}
        return Side(method, runs).scores(self.measure, at, self.window, dict(self.ranges) if self.ranges else None)

    def together(self, at: int | None) -> dict[str, Scores]:
        """The scores of all methods in the environments in which all have any; empty if there is none."""
        found = {name: {env: runs for env, runs in self.scores(name, at)[0].items() if runs} for name in self.methods}
        common = [env for env in self.envs if all(env in scores for scores in found.values())]
        return {name: Scores.of({env: scores[env] for env in common}) for name, scores in found.items()} \
            if common else {}

    def verdict(self, claim: Claim) -> tuple[Verdict, list[LeftOut]]:
        """What the runs say of a claim; and which runs have no score at its step."""
        at = claim.at if claim.at is not None else self.last
        (left, out), (right, more) = (self.scores(name, at, claim.env) for name in (claim.left, claim.right))
        return decide(claim, left, right), [*out, *more]
