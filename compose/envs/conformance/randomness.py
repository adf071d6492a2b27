"""Where chance comes from: the seed and the episode, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy
import torch

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.conformance.compare import all_alike, same
from compose.envs.guard.finding import Finding

_UNUSUAL = 1_845_117_003
"""A seed that nobody else sets."""


def _generators(case: Case) -> Iterator[Finding]:
    play = case.plays[0]
    saved, saved_numpy = random.getstate(), numpy.random.get_state()
    with torch.random.fork_rng():
        torch.manual_seed(_UNUSUAL)
        random.seed(_UNUSUAL)
        numpy.random.seed(_UNUSUAL)
        before = _states()
        try:
            case.play(play.episodes, play.seed, actions=play.action)
            after = _states()
        finally:
            random.setstate(saved)
            numpy.random.set_state(saved_numpy)
    for name, state in before.items():
        if after[name] != state:
            yield Finding("env.global_rng", f"the global random numbers of {name} to be left alone",
                          "that they are drawn or seeded", see=play.title)


def _states() -> dict[str, Any]:
    """The states of the generators that everybody shares."""
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    numbers = numpy.random.get_state(legacy=False)["state"]
    return {"torch": [state.tolist() for state in (torch.get_rng_state(), *devices)], "random": random.getstate(),
            "numpy.random": (numbers["key"].tobytes(), numbers["pos"])}


def _varied(case: Case) -> Iterator[Finding | Unseen]:
    first, second = (case.play(case.episodes, seed, alike=True) for seed in (case.seeds[0], case.seeds[-1]))
    steps = min(len(first.action), len(second.action))
    seeds = not same(first.cut(steps), second.cut(steps))
    episodes = not all_alike(first) or not all_alike(second)
    if not seeds and not episodes:
        yield Unseen("the environment has no chance in it: all episodes are alike")
    elif not seeds:
        yield Finding("env.seed", "another seed to give other episodes",
                      f"the same episodes under seeds {case.seeds[0]} and {case.seeds[-1]}", see=first.title)
    elif not episodes:
        yield Finding("env.episode", "episodes with different numbers to differ",
                      f"{len(case.episodes)} equal ones under one seed", see=first.title)


GENERATORS = Property("generators", "no global random numbers are drawn or seeded", _generators)
VARIED = Property("variety", "other seeds and other episode numbers give other episodes", _varied, ("determinism",))
