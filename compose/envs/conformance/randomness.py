"""Where chance comes from: the seed and the episode, and nowhere else."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy
import torch

from compose.envs.conformance.case import Case, Property
from compose.envs.conformance.compare import all_alike, same
from compose.envs.conformance.finding import Finding, Unseen

_STATES: dict[str, Callable[[], object]] = {
    "torch": lambda: torch.get_rng_state().tolist(),
    "torch.cuda": lambda: [s.tolist() for s in torch.cuda.get_rng_state_all()] if torch.cuda.is_available() else [],
    "random": random.getstate,
    "numpy.random": lambda: str(numpy.random.get_state()),
}


def _generators(case: Case) -> Iterator[Finding]:
    play = case.plays[0]
    before = {name: state() for name, state in _STATES.items()}
    case.play(play.episodes, play.seed, actions=play.action)
    for name, state in _STATES.items():
        if state() != before[name]:
            yield Finding("env.global_rng", f"that the global random numbers of {name} are left alone",
                          "that they were drawn or seeded", see=play.title)


def _varied(case: Case) -> Iterator[Finding | Unseen]:
    first, second = (case.play(case.episodes, seed, alike=True) for seed in (case.seeds[0], case.seeds[-1]))
    steps = min(len(first.action), len(second.action))
    seeds = not same(first.cut(steps), second.cut(steps))
    episodes = not all_alike(first) or not all_alike(second)
    if not seeds and not episodes:
        yield Unseen("the environment has no chance in it: all episodes are alike")
    elif not seeds:
        yield Finding("env.seed", "that another seed gives other episodes",
                      f"the same episodes under seeds {case.seeds[0]} and {case.seeds[-1]}", see=first.title)
    elif not episodes:
        yield Finding("env.episode", "that episodes with different numbers differ",
                      f"{len(case.episodes)} equal ones under one seed", see=first.title)


GENERATORS = Property("generators", "no global random numbers are drawn or seeded", _generators)
VARIED = Property("variety", "other seeds and other episode numbers give other episodes", _varied, ("determinism",))
