"""On-policy learning: episodes are used once, whatever is killed goes on, actions are drawn from the policy."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from rich.console import Console

from compose.envs.catalogue import make
from compose.kernels.random import categorical, key, uniform
from compose.language.diagnostics import SpecError
from compose.language.load import Loaded, load, load_text
from compose.training.actors import evaluating, sampled
from compose.training.build import build_model
from compose.training.checkpoint import latest
from compose.training.evaluate import evaluate, score
from compose.training.folder import RunFolder
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.on_policy import OnPolicyLearner
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.together.run import train_together
from tests.training.test_run import logs, same

SMALL = ["params.units=8", "params.mixing=8", "params.assigner=8"]
WALK = """
compose: 1
name: walk
summary: REINFORCE with a baseline, for episodes of several steps.
params: {alpha: {kind: linear, from: 1, to: 0.5, over: 20 updates}}
networks:
  head:
    inputs: {entities: batch time entity Width}
    nodes:
      x: {block: linear, of: agents(entities), to: action}
      v: {block: linear, of: agents(entities), to: scalar}
    returns: x
graph:
  logits:  {network: head, entities: env.entities}
  worth:   {block: mean, of: logits.v, over: agent}
  returns: {block: mc_return, reward: env.reward, discount: 0.9}
  log_pi:  {block: log_prob, logits: logits, index: env.action}
act: {choose: categorical, logits: logits, where: env.available, evaluate: greedy}
losses:
  worth:  {of: square(worth - returns), optimizer: critic}
  policy: {of: -log_pi * stop(returns - worth), mean: agent, weight: alpha, optimizer: policy}
learner:
  kind: on_policy
  environments: 3
  updates: 1 per 4 episodes
  optimizers: {critic: {kind: adam}, policy: {kind: rmsprop, after: critic}}
"""


def walk() -> Loaded:
    return load_text(WALK)


def learner(spec: Loaded | None = None, env: str = "group_matching:agents=3,cells=3,limit=6") -> OnPolicyLearner:
    world = make(env)
    made = learner_for(build_model(spec or walk(), world.schema, seed=1), world, 1)
    assert isinstance(made, OnPolicyLearner)
    return made


def advance(one: Learner, updates: int) -> None:
    while one.clocks.updates < updates:
        if one.due() > 0:
            one.update()
        else:
            one.collect()


def go(folder: Path, updates: int = 9, *, resume: bool = False, seed: int = 1, spec: str = WALK) -> None:
    settings = Settings(updates=updates, eval_every=60, eval_episodes=5, log_every=20, checkpoint_seconds=1e-9)
    train(load_text(spec), "group_matching:agents=3,cells=3,limit=6", run_dir=folder, settings=settings, seed=seed,
          resume=resume, console=Console(file=io.StringIO()))  # fmt: skip


def test_an_update_learns_from_all_episodes_since_the_last_one() -> None:
    one = learner()
    for update in range(3):
        for held in (3, 4):  # three side by side, then no more than are missing
            assert one.due() == 0
            one.collect()
            assert one.clocks.episodes == 4 * update + held
        assert one.due() == 1
        assert one.chosen()["episode"].tolist() == [4 * update + i for i in range(4)]
        one.update()
    assert len(one.replay) == 4


def test_several_updates_from_the_same_episodes() -> None:
    one = learner(load_text(WALK.replace("1 per 4 episodes", "3 per 4 episodes")))
    one.collect()
    assert one.due() == 0
    one.collect()
    seen = []
    while one.due() > 0:
        seen.append(one.chosen()["episode"].tolist())
        one.update()
    assert seen == [[0, 1, 2, 3]] * 3


PARTS = WALK.replace("1 per 4 episodes", "6 per 4 episodes\n  minibatches: 2")


def test_every_episode_once_in_the_minibatches_of_an_epoch() -> None:
    one = learner(load_text(PARTS))
    assert one.settings.batch == 2
    epochs: list[list[list[int]]] = []
    while one.clocks.updates < 60:
        while one.due() == 0:
            one.collect()
        turn = one.clocks.updates % 2
        epochs += [[]] * (turn == 0)
        epochs[-1] = [*epochs[-1], one.chosen()["episode"].tolist()]
        assert one.batch().fields["reward"].shape[0] == 2
        one.update()
    assert one.clocks.episodes == 40
    for number, epoch in enumerate(epochs):
        first = number // 3 * 4
        assert sorted(epoch[0] + epoch[1]) == [first, first + 1, first + 2, first + 3]
    firsts = {frozenset(n % 4 for n in epoch[0]) for epoch in epochs}
    assert len(firsts) == 6, "every split of four in two occurs"


def test_minibatches_are_a_function_of_the_seed_and_the_update() -> None:
    one, other = learner(load_text(PARTS)), learner(load_text(PARTS))
    advance(one, 9)
    advance(other, 9)
    assert torch.equal(one.chosen()["episode"], other.chosen()["episode"])
    for name, weight in one.model.weights.items():
        assert torch.equal(weight, other.model.weights[name])


def test_statistics_look_at_a_collection_once_and_whole() -> None:
    text = PARTS.replace("reward: env.reward", "reward: scaled").replace(
        "graph:\n", "graph:\n  scaled: {block: standardise, of: env.reward}\n")
    one = learner(load_text(text))
    seen = []
    for update in range(12):
        while one.due() == 0:
            one.collect()
        steps = int(one.replay.newest(4)["steps"].sum())
        one.update()
        if update % 6 == 0:
            seen.append(steps)
        assert float(one.model.statistics["scaled.number"]) == pytest.approx(sum(seen) + 1e-4)
    assert len(seen) == 2


def test_parts_may_differ_in_length() -> None:
    """Each is cut to the longest of its own."""
    one = learner(load_text(PARTS), "skirmish/3m:limit=20")
    one.collect()
    one.collect()
    lengths = one.replay.newest(4)["filled"].sum(1)
    for _ in range(2):
        chosen = one.chosen()
        longest = max(int(lengths[n]) for n in chosen["episode"].tolist())
        assert chosen["reward"].shape == (2, longest)
        one.update()


def test_the_number_of_environments_changes_nothing() -> None:
    few, many = (learner(load_text(WALK.replace("environments: 3", f"environments: {n}"))) for n in (1, 4))
    advance(few, 6)
    advance(many, 6)
    assert torch.equal(few.chosen()["action"], many.chosen()["action"])
    for name, weight in few.model.weights.items():
        torch.testing.assert_close(weight, many.model.weights[name])


def test_every_weight_moves_and_metrics_name_every_loss() -> None:
    one = learner(load("vast_qmix", SMALL), "gaussian_squeeze/6")
    before = {name: w.detach().clone() for name, w in one.model.weights.items()}
    advance(one, 3)
    assert not [name for name, w in one.model.weights.items() if torch.equal(w, before[name])
                and "w1_x.weight" not in name and "w2_x.weight" not in name and name != "mixer.v_x.weight"
                and name != "mixer.b1.weight"]  # fmt: skip  (the state is all zeros)
    row = one.metrics()
    assert {"loss/critic", "loss/meta", "loss/policy", "grad_norm/critic", "grad_norm/assignment", "grad_norm/policy",
            "collected/return"} <= set(row)  # fmt: skip
    assert "epsilon" not in row


def test_only_what_is_read_is_recorded() -> None:
    one = learner(load("vast_qmix", SMALL), "gaussian_squeeze/6")
    one.collect()
    assert {"entities", "visible", "sight"} & set(one.replay.read(0, 1)) == set()
    assert set(one.replay.fixed) == {"observation", "state"}


def test_a_run_killed_within_an_epoch_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go(tmp_path / "whole", spec=PARTS, updates=12)
    update, count = Learner.update, [0]

    def killed(self: Learner) -> None:
        count[0] += 1
        if count[0] == 10:
            raise RuntimeError("killed")
        update(self)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", killed)
        with pytest.raises(RuntimeError, match="killed"):
            go(tmp_path / "killed", spec=PARTS, updates=12)
    go(tmp_path / "killed", resume=True, spec=PARTS, updates=12)
    same(tmp_path / "whole", tmp_path / "killed")
    assert logs(tmp_path / "whole") == logs(tmp_path / "killed")


@pytest.mark.more
@pytest.mark.parametrize("dies_at", [2, 9, 14])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    """Also in the middle of a collection, when some episodes of the next update are there."""
    go(tmp_path / "whole")
    collect, count = Learner.collect, [0]

    def killed(self: Learner, limit: int | None = None) -> None:
        count[0] += 1
        if count[0] == dies_at:
            raise RuntimeError("killed")
        collect(self, limit)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "collect", killed)
        with pytest.raises(RuntimeError, match="killed"):
            go(tmp_path / "killed")
    checkpoint = latest(RunFolder(tmp_path / "killed"))
    assert checkpoint is not None
    go(tmp_path / "killed", resume=True)
    same(tmp_path / "whole", tmp_path / "killed")
    assert logs(tmp_path / "whole") == logs(tmp_path / "killed")


def test_seeds_differ_and_repeat(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        go(tmp_path / name, updates=2, seed=seed)
    same(tmp_path / "a", tmp_path / "b")
    assert logs(tmp_path / "a") != logs(tmp_path / "c")


def test_seeds_are_not_trained_together(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"train\.together.*only replay learners.*walk learns on-policy"):
        train_together(walk(), "group_matching", (0, 1), [tmp_path / "0", tmp_path / "1"],
                       settings=Settings(updates=1))
    assert not list(tmp_path.iterdir())


def test_actions_are_drawn_from_the_softmax_of_those_allowed() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, 50.0]]).expand(20000, 1, 4)
    where = torch.tensor([True, True, True, False]).expand_as(logits)
    drawn = sampled(logits, where, 7, torch.arange(20000), 0)
    shares = torch.bincount(drawn.flatten(), minlength=4) / 20000
    torch.testing.assert_close(shares, torch.tensor([0.0900, 0.2447, 0.6652, 0.0]), atol=0.012, rtol=0)
    again = sampled(logits[:2], where[:2], 7, torch.tensor([11, 4]), 0)
    assert again.tolist() == [drawn[11].tolist(), drawn[4].tolist()], "whatever else is in the batch"


def test_an_index_without_chance_is_never_drawn() -> None:
    heights = torch.cat([uniform(key(0, "x"), torch.arange(5000)), torch.tensor([0.0, 1 - 2**-24])])
    chances = torch.tensor([0.0, 0.3, 0.0, 0.7, 0.0]).expand(len(heights), 5)
    assert set(categorical(chances, heights).tolist()) == {1, 3}


def test_evaluation_is_greedy_or_samples_as_the_spec_says() -> None:
    one = learner(load("vast_qmix", SMALL), "gaussian_squeeze/6")
    assert evaluating(one.model, 0).sampled
    assert not evaluating(learner().model, 0).sampled
    returns = {row["return"] for row in evaluate(one.model, one.env, 32, seed=0)}
    assert len(returns) > 8, "sampled: the game itself has no randomness"


@pytest.mark.more
@pytest.mark.parametrize("spec", [pytest.param("vast_qmix", marks=pytest.mark.long), "vast_qtran"])
def test_it_learns(spec: str) -> None:
    """A game of 8 agents whose best sum is near 17 of 72; a random sum is 36."""
    one = learner(load(spec, ["params.units=32"]), "gaussian_squeeze/8:mu=16,sigma=8")
    start = score(evaluate(one.model, one.env, 256, seed=0)).returned
    advance(one, 300)
    assert score(evaluate(one.model, one.env, 256, seed=0)).returned > max(10.0, 5 * start)
