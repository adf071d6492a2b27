"""Episodes whose environment raised are begun again, told each time, with the same outcome as if nothing had failed."""

import pytest
import torch

from compose.envs.guard import Broken
from compose.training.actors import RandomActor
from compose.training.retry import Retried
from compose.training.rollout import rollout, tensors
from tests.training.fakes import CountDown


class Flaky(CountDown):
    """Raises at step 1 of its first ``times`` tries."""

    def __init__(self, times, error=ConnectionResetError):
        super().__init__()
        self.times, self.error = times, error

    def step(self, action):
        if self.time == 1 and self.times:
            self.times -= 1
            raise self.error("lost")
        return super().step(action)


def play(env):
    return tensors(rollout(RandomActor(0), env, torch.arange(4), seed=1))


def test_what_is_played_again_is_what_would_have_been_played():
    told = []
    found, expected = play(Retried(Flaky(2), 2, told.append)), play(CountDown())
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert [text.splitlines()[-1] for text in told] == [f"  begun again, {n} of at most 2 times" for n in (1, 2)]
    assert "step 1, first episode 0, last episode 3" in told[0]


def test_more_failures_than_allowed_end_it():
    told = []
    with pytest.raises(Broken, match="ConnectionResetError: lost"):
        play(Retried(Flaky(3), 2, told.append))
    assert len(told) == 2


def test_without_being_asked_nothing_is_begun_again():
    with pytest.raises(Broken):
        play(Flaky(1))


def test_what_is_wrong_every_time_is_not_tried_again():
    class Wrong(CountDown):
        def fields(self):
            return {**super().fields(), "task": self.numbers + 7}

    told = []
    with pytest.raises(Broken, match=r"env\.task"):
        play(Retried(Wrong(), 5, told.append))
    assert not told
