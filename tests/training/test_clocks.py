"""Update-to-data ratio, target clock, exploration by clock."""

from types import SimpleNamespace

import pytest
import torch

from compose.language.acting import Greedy
from compose.language.load import load
from compose.training.clocks import Clocks, moving_params, updates_due
from compose.training.replay_learner import ReplayLearner
from compose.training.targets import TargetClock, Targets
from tests.training.fakes import CountDown, Linear, Period, spec


@pytest.mark.parametrize("environments", [1, 3, 5, 8])
@pytest.mark.parametrize(("updates", "episodes"), [(1, 1), (8, 8), (2, 3), (3, 2), (1, 10)])
def test_the_ratio_is_exact_whatever_the_number_of_environments(environments, updates, episodes):
    clocks, ratio = Clocks(), SimpleNamespace(updates=updates, episodes=episodes)
    while clocks.episodes < 240:
        clocks.episodes += environments
        clocks.updates += max(0, updates_due(clocks, ratio, 32))
    assert clocks.updates == (clocks.episodes - 31) * updates // episodes


def test_no_update_before_the_start():
    assert updates_due(Clocks(episodes=31), SimpleNamespace(updates=1, episodes=1), 32) == 0
    assert updates_due(Clocks(episodes=32), SimpleNamespace(updates=1, episodes=1), 32) == 1


@pytest.mark.parametrize(("step", "fires"), [(1, [200, 400, 600]), (8, [200, 400, 600]), (7, [203, 406, 609])])
def test_target_clock(step, fires):
    clock = TargetClock(200)
    assert [count for count in range(step, 620, step) if clock.fires(count)] == fires


def test_copy_and_polyak():
    model = Linear(spec(), CountDown().schema)
    with torch.no_grad():
        model.weights["utility.w"].fill_(1.0)
        model.target["utility.w"].fill_(0.0)
    polyak = Targets(SimpleNamespace(kind="polyak", every=Period(1, "updates"), tau=0.25))
    assert not polyak.follow(model, Clocks())
    assert polyak.follow(model, Clocks(updates=1))
    assert model.target["utility.w"].unique().tolist() == [0.25]
    copy = Targets(SimpleNamespace(kind="copy", every=Period(200, "episodes"), tau=0.25))
    assert not copy.follow(model, Clocks(episodes=199))
    assert copy.follow(model, Clocks(episodes=200))
    assert model.target["utility.w"].unique().tolist() == [1.0]
    assert model.target["utility.w"].data_ptr() != model.weights["utility.w"].data_ptr()


def test_a_target_that_turns_to_averaging_follows_every_update():
    settings = load("qmix_attention", ["learner.target={kind: polyak, tau: 0.005}"]).spec.learner.target
    model = SimpleNamespace(weights={"w": torch.ones(1)}, target={"w": torch.zeros(1)})
    targets = Targets(settings)
    for update in range(1, 201):
        targets.follow(model, Clocks(episodes=update, updates=update))
    assert model.target["w"].item() == pytest.approx(1 - 0.995**200, abs=1e-6)


def test_exploration_reads_the_steps_collected_before():
    learner = ReplayLearner(Linear(spec(), CountDown().schema), CountDown(), 0)
    assert learner.epsilon() == 1.0
    learner.collect()
    assert learner.epsilon() == 1.0 - 0.95 * learner.clocks.env_steps / 60
    learner.clocks.env_steps = 61
    assert learner.epsilon() == 0.05
    learner.model.spec.act = Greedy.model_construct(choose="greedy")
    assert learner.epsilon() == 0.0


def test_clocks_count_steps_that_were_taken():
    learner = ReplayLearner(Linear(spec(environments=8), CountDown().schema), CountDown(), 0)
    learner.collect()
    stored = learner.replay.read(0, 8)
    assert learner.clocks.read() == {"env_steps": int(stored["steps"].sum()), "episodes": 8, "updates": 0}
    assert stored["episode"].tolist() == list(range(8))


def test_moving_params_are_read_from_the_clocks():
    model = Linear(spec(), CountDown().schema)
    assert moving_params(model, Clocks(updates=50)) == {"rate": 0.75}
