"""Marks: what a policy must reach, and what counts as having reached it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.training.curve import Point
from compose.training.evaluate import Score

HELD = 5
"""Evaluations whose mean counts: a single one is partly luck."""

MEASURES = {"solved": "success", "return": "returned", "length": "length"}
"""What evaluations measure, as tables call it, and the field of :class:`~compose.training.evaluate.Score`."""


@dataclass(frozen=True)
class Until:
    """Ends a training early: once the mean of the last :data:`HELD` evaluations of ``measure`` is ``value`` or more."""

    measure: str
    """``solved``, ``return`` or ``length``."""
    value: float
    """What must be reached."""

    @classmethod
    def read(cls, text: str) -> Until:
        """``solved=0.95``.

        Raises:
            SpecError: ``train.until`` unless that is a measure, ``=`` and a number that can be reached.
        """
        name, equals, number = (part.strip() for part in text.partition("="))
        if not equals:
            raise _wrong(f"'{text}' is no mark", "write MEASURE=VALUE, such as solved=0.95")
        if name not in MEASURES:
            hint = did_you_mean(name, MEASURES) or f"one of: {', '.join(MEASURES)}"
            raise _wrong(f"evaluations have no measure '{name}'", hint)
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise _wrong(f"'{number}' is no number", f"such as {name}=0.95")
        if name == "solved" and not 0 < value <= 1:
            raise _wrong(f"solved is a share of episodes, above 0 and at most 1, not {value:g}", "such as solved=0.95")
        return cls(name, value)

    def __str__(self) -> str:
        return f"{self.measure}={self.value:g}"

    def reached(self, evaluations: Sequence[Point]) -> bool:
        """Whether it has held; never before there are :data:`HELD` evaluations."""
        last = _last(evaluations)
        return len(last) == HELD and getattr(mean(last), MEASURES[self.measure]) >= self.value


def recent(evaluations: Sequence[Point]) -> Score:
    """The mean of the last :data:`HELD` evaluations after the first update, of all if there are fewer; of the only
    evaluation there is where nothing was learned."""
    return mean(_last(evaluations) or [point.score for point in evaluations[-1:]])


def mean(scores: Sequence[Score]) -> Score:
    """The mean of scores, each counting the same; episodes add up."""
    return Score(sum(one.episodes for one in scores), fmean(one.success for one in scores),
                 fmean(one.returned for one in scores), fmean(one.length for one in scores))


def _last(evaluations: Sequence[Point]) -> list[Score]:
    return [point.score for point in evaluations if point.updates][-HELD:]


def _wrong(message: str, hint: str) -> SpecError:
    return SpecError(Diagnostic("train.until", message, "--until", hint=hint))
