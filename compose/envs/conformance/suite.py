"""All properties, put to the test one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

from compose.envs.conformance import (
    after_end,
    aims,
    batch,
    constants,
    determinism,
    ending,
    features,
    fresh,
    inactive,
    lifecycle,
    masks,
    presence,
    randomness,
    restarting,
    returns,
    rewards,
    tasks,
)
from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.play import Make, call
from compose.envs.guard.finding import Broken, Finding

Outcome = Literal["holds", "violated", "not seen", "not checked"]
EPISODES, SEEDS = 32, (0, 1)


def _played(case: Case) -> Iterator[Finding | Unseen]:
    assert case.plays
    return iter(())


FORM = Property("form", "all fields are there, with the schema's shapes and dtypes, on one device", _played)
PROPERTIES = (
    FORM, features.PROPERTY, presence.PROPERTY, masks.PROPERTY, aims.PROPERTY, constants.PROPERTY, tasks.PROPERTY,
    returns.PROPERTY, rewards.PROPERTY, ending.PROPERTY, after_end.PROPERTY, determinism.PROPERTY, batch.ALONE,
    batch.SEEDS, restarting.PROPERTY, inactive.PROPERTY, randomness.VARIED, randomness.GENERATORS, fresh.PROPERTY,
    lifecycle.UNRESET, lifecycle.SCHEMA,
)
"""In the order in which they are tested. What needs the form to be right is not tested without it."""


@dataclass(frozen=True)
class Result:
    """What came of one property."""

    property: Property
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    """Why it was not seen or not checked."""

    def as_json(self) -> dict[str, Any]:
        """Plain data, for tools."""
        return {"name": self.property.name, "says": self.property.says, "outcome": self.outcome, "reason": self.reason,
                "findings": [finding.as_json() for finding in self.findings]}


@dataclass(frozen=True)
class Report:
    """What came of all of them."""

    title: str
    results: tuple[Result, ...]
    episodes: int
    steps: int
    """Steps of episodes that were recorded, each episode to its end."""
    seeds: tuple[int, ...] = field(default=())

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the properties."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings, each once."""
        return tuple(dict.fromkeys(finding.code for finding in self.findings))


def check(source: str | Make, *, episodes: int | Sequence[int] = EPISODES, seeds: Sequence[int] = SEEDS,
          device: str | torch.device = "cpu") -> Report:
    """Play an environment with random legal actions and test every property.

    Args:
        source: A name of the catalogue, or what makes the environment, such as its class.
        episodes: How many episodes under each seed, or their numbers; at least two.
        seeds: At least two.
        device: Where an environment given by its name lives.

    Raises:
        SpecError: If there is no such environment, or it cannot be played.
        ValueError: If there are too few episodes or seeds.
    """
    numbers = range(episodes) if isinstance(episodes, int) else episodes
    if len(numbers) < 2 or len(set(seeds)) < 2:
        raise ValueError("two episodes and two seeds are the least that shows whether they differ")
    case = Case(source, numbers, seeds, device)
    results: list[Result] = []
    for one in PROPERTIES:
        results.append(_result(one, case, results))
    steps = sum(int(play.running.sum()) for play in case.recorded)
    return Report(call(source).strip('"'), tuple(results), len(numbers) * len(case.recorded), steps, tuple(seeds))


def _result(one: Property, case: Case, before: Sequence[Result]) -> Result:
    needed = {"form", *one.needs} if one is not FORM else set()
    failed = [r.property.name for r in before if r.outcome in ("violated", "not checked")]
    lacking = [name for name in failed if name in needed]
    if lacking:
        return Result(one, "not checked", reason=f"{lacking[0]} comes first")
    found: dict[tuple[str, str, str], Finding] = {}
    unseen: list[Unseen] = []
    try:
        for said in one.check(case):
            if isinstance(said, Unseen):
                unseen.append(said)
            else:
                found.setdefault((said.code, said.field, said.expected), said)
    except Broken as broken:
        found |= {(f.code, f.field, f.expected): f for f in broken.findings}
    if found:
        return Result(one, "violated", tuple(found.values()))
    return Result(one, "not seen", reason=unseen[0].reason) if unseen else Result(one, "holds")


def assert_conforms(source: str | Make, *, episodes: int | Sequence[int] = EPISODES, seeds: Sequence[int] = SEEDS,
                    device: str | torch.device = "cpu") -> None:
    """:func:`check` as one line of a test.

    Raises:
        AssertionError: With every finding, if there are any.
        SpecError, ValueError: As :func:`check`.
    """
    report = check(source, episodes=episodes, seeds=seeds, device=device)
    if report.findings:
        raise AssertionError("\n\n".join([report.title, *(f.diagnostic().render() for f in report.findings)]))
