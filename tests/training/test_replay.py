"""The ring: what stays, what is drawn, what it costs."""

import pytest
import torch

from compose.training.actors import RandomActor
from compose.training.replay import Replay, bytes_estimate, check_rows
from compose.training.rollout import rollout
from tests.training.fakes import CountDown


def played(first, last, limit=6):
    return rollout(RandomActor(1), CountDown(limit), torch.arange(first, last), seed=5)


def filled(*batches, capacity=10, packed=False):
    replay = Replay(CountDown(6).schema, capacity, packed=packed)
    at = 0
    for count in batches:
        replay.add(played(at, at + count))
        at += count
    return replay


either = pytest.mark.parametrize("packed", [False, True])


@either
def test_the_newest_episodes_stay(packed):
    replay = filled(4, 4, 4, 5, packed=packed)
    assert len(replay) == 10
    stored = replay.read(7, 17)
    assert stored["episode"].tolist() == list(range(7, 17))
    again = played(7, 17)
    for name in ("entities", "visible", "available", "action", "reward", "filled", "steps", "terminated", "task"):
        width = stored["filled"].shape[1]
        want = again[name][:, :width] if again[name].dim() > 1 else again[name]
        assert torch.equal(stored[name], want), name


@either
def test_more_episodes_at_once_than_fit(packed):
    replay = filled(25, packed=packed)
    assert sorted(replay.sample(10, 0, 0)["episode"].tolist()) == list(range(15, 25))


@either
def test_a_short_chunk_leaves_nothing_of_the_longer_episode_before(packed):
    replay = filled(10, packed=packed)
    short = {name: x[:, :2] if x.dim() > 1 else x for name, x in replay.read(0, 3).items()}
    replay.write(short, 10)
    assert not replay.read(0, 3)["filled"][:, 2:].any()


@either
def test_a_sample_is_whole_episodes_with_their_last_actions(packed):
    replay = filled(10, packed=packed)
    batch = replay.sample(4, 0, 3)
    again = rollout(RandomActor(1), CountDown(6), batch["episode"], seed=5)
    longest = int(again["filled"].sum(1).max())
    assert batch["filled"].shape == (4, longest)
    for name in again.keys():  # noqa: SIM118
        want = again[name][:, :longest] if again[name].dim() > 1 else again[name]
        assert torch.equal(batch[name], want), name


def test_samples_are_without_replacement_uniform_and_repeatable():
    replay = filled(10)
    counts = torch.zeros(10)
    for draw in range(600):
        numbers = replay.sample(4, 0, draw)["episode"]
        assert len(numbers.unique()) == 4
        counts[numbers] += 1
    assert (counts / 600 - 0.4).abs().max() < 0.07
    assert torch.equal(replay.sample(4, 0, 9)["episode"], replay.sample(4, 0, 9)["episode"])
    assert any(not torch.equal(replay.sample(4, 0, n)["episode"], replay.sample(4, 1, n)["episode"]) for n in range(9))


def test_too_large_a_sample_is_refused():
    with pytest.raises(ValueError, match="cannot sample 11 of 10 episodes"):
        filled(10).sample(11, 0, 0)


def test_the_estimate_of_bytes_is_what_is_allocated():
    replay = filled(4)
    stored = replay.read(0, 1)
    names = set(stored) - {"filled", "episode"}
    assert bytes_estimate(replay.schema, 10, names) == replay.bytes
    assert bytes_estimate(replay.schema, 10, names - {"sight"}) < replay.bytes


@pytest.mark.parametrize("steps", [[], [1], [0, 2]])
def test_rows_whose_steps_have_gaps_are_refused(steps):
    replay = filled(4)
    rows = replay.read(0, 4)
    check_rows(replay.schema, rows, 0, 4)
    rows["filled"][1] = False
    rows["filled"][1, steps] = True
    with pytest.raises(ValueError, match="filled: expected the first steps of every episode"):
        check_rows(replay.schema, rows, 0, 4)


def test_packed_episodes_give_no_single_steps():
    with pytest.raises(ValueError, match="single steps cannot be drawn of packed episodes"):
        filled(10, packed=True).sample_steps(4, 0, 0)


def test_steps_stand_alone_and_are_those_that_were_taken():
    replay = filled(10)
    batch = replay.sample_steps(4000, 3, 7)
    assert batch["steps"].tolist() == [[True, False]] * 4000
    assert batch["filled"].all()
    assert torch.equal(batch["reward"], replay.sample_steps(4000, 3, 7)["reward"])
    assert not torch.equal(batch["reward"], replay.sample_steps(4000, 3, 8)["reward"])
    again = rollout(RandomActor(1), CountDown(6), torch.arange(10), seed=5)
    places = {}
    for episode in range(10):
        for step in range(int(again["steps"][episode].sum())):
            places[(episode, float(again["entities"][episode, step, 0, 1]))] = step
    seen = {}
    for row in range(4000):
        episode = int(batch["episode"][row])
        step = places[(episode, float(batch["entities"][row, 0, 0, 1]))]
        seen[(episode, step)] = seen.get((episode, step), 0) + 1
        if seen[(episode, step)] == 1:
            shown = ("entities", "visible", "available", "present", "last_action")
            for name in (*shown, "action", "reward", "terminated"):
                assert torch.equal(batch[name][row, 0], again[name][episode, step]), name
                if name in shown:
                    assert torch.equal(batch[name][row, 1], again[name][episode, step + 1]), name
            assert batch["task"][row] == again["task"][episode]
    steps = int(again["steps"].sum())
    assert len(seen) == steps
    assert max(seen.values()) < 2 * 4000 / steps
    assert min(seen.values()) > 4000 / steps / 2
