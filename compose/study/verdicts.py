"""What the runs say of a claim: held, contradicted, or not shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from compose.study.claims import Claim
from compose.study.versus import Versus, versus

Outcome = Literal["held", "contradicted", "not shown"]
LEAST = 3
"""Runs that each side must have in each task."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Verdict:
    """What became of a claim, and why."""

    claim: Claim
    outcome: Outcome
    why: str
    found: Versus | None
    """The numbers; None if no task has runs of both."""


def decide(claim: Claim, left: Mapping[str, Sequence[float | None]], right: Mapping[str, Sequence[float | None]], *,
           seed: int = 0) -> Verdict:
    """Judge a claim by the scores of its left and right methods, by task: one number for each run, None if missing.

    The 95 % stratified bootstrap interval of the difference of IQMs, left less right, decides. ``better`` is held if
    it is wholly above 0 and contradicted if wholly below. ``same`` is held if it lies wholly within ``-within`` to
    ``within`` and contradicted if wholly outside. Else, and with fewer than 3 runs on a side of a task, it is not
    shown.
    """
    try:
        found = versus(left, right, (claim.left, claim.right), seed=seed)
    except ValueError:
        return Verdict(claim, "not shown", "no environment has scores of both", None)
    low, high = float(found.difference.low), float(found.difference.high)
    if found.least < LEAST:
        task, (n, m) = min(found.runs.items(), key=lambda pair: min(pair[1]))
        why = f"{n} and {m} runs in {task} are too few: {LEAST} on each side are the least that can show anything"
        return Verdict(claim, "not shown", why, found)
    outcome, why = judged(claim, low, high)
    return Verdict(claim, outcome, why, found)


def judged(claim: Claim, low: float, high: float) -> tuple[Outcome, str]:
    """By the interval of the difference alone, in words."""
    told = f"the interval of the difference, {low:.3g} to {high:.3g}, "
    if claim.relation == "better":
        if low > 0:
            return "held", told + "is wholly above 0"
        if high < 0:
            return "contradicted", told + "is wholly below 0"
        return "not shown", told + "has 0 in it"
    within = claim.within or 0.0
    if low >= -within - _ROUNDING and high <= within + _ROUNDING:
        return "held", told + f"lies wholly within {within:g} of 0"
    if low > within or high < -within:
        return "contradicted", told + f"lies wholly more than {within:g} from 0"
    return "not shown", told + f"is neither wholly within {within:g} of 0 nor wholly outside"
