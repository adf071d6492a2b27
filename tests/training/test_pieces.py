"""Collection in pieces: an episode is the same however it is cut, and nothing crosses an end."""

from __future__ import annotations

import io
from collections import defaultdict
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import Tensor

from compose.compiler.model import Model
from compose.envs.catalogue import make
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import Loaded, load, load_text
from compose.training.actors import ModelActor
from compose.training.build import build_model
from compose.training.evaluate import evaluate
from compose.training.folder import reading
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.piece_learner import PieceLearner
from compose.training.records import State, checked
from compose.training.rollout import carried, rollout, tensors
from compose.training.run import train
from compose.training.settings import Settings
from compose.training.stretches import ENVIRONMENT
from tests.training.test_run import logs, same

GAME = "group_matching:agents=3,cells=3,limit=7"
OWN_SIGHT = "skirmish/terran_5_vs_5:limit=9,shared_sight=0.5,targets=any"
"""Who saw whom first is part of how an episode stands."""
SETTINGS = ["params.hidden=8", "learner.environments=4", "learner.horizon=5", "learner.updates=4 per horizon",
            "learner.minibatches=2"]
TEXT = """
compose: 1
name: remembers
summary: Q-learning from lambda-returns; utilities remember by a recurrent unit, a delay and a loop.
networks:
  utility:
    inputs: {entities: batch time entity Width, before: batch time agent action}
    nodes:
      x:    {block: linear, of: agents(entities), to: hidden}
      h:    {block: gru, of: x, to: hidden}
      back: {block: previous, of: h, start: 0.5}
      q:    {block: linear, of: h, to: action}
      p:    {block: linear, of: back, to: action}
      z:    {block: linear, of: before, to: action}
    returns: {q: batch time agent action, p: batch time agent action, z: batch time agent action}
params: {hidden: 8}
graph:
  u:       {network: utility, entities: env.entities, before: env.last_action}
  again:   {block: previous, of: total, axes: batch time agent action}
  total:   u.q + u.p + u.z + 0.5 * again
  taken:   {block: take, of: total, index: env.action}
  best:    {block: max, of: total, over: action, where: env.available}
  joint:   {block: sum, of: taken, over: agent}
  v:       {block: sum, of: best, over: agent}
  returns: {block: lambda_return, value: v, reward: env.reward, terminated: env.terminated, discount: 0.9, trace: 0.7}
act: {choose: epsilon_greedy, values: total, where: env.available, epsilon: 0.3}
losses: {td: {of: square(joint - returns)}}
learner:
  kind: on_policy
  environments: 4
  horizon: 5
  updates: 4 per horizon
  minibatches: 2
  optimizers: {main: {kind: adam, lr: 0.01}}
"""
RECORDS = ["learner.environments=4", "learner.horizon=5", "learner.updates=2 per horizon", "params.hidden=8"]


def spec(text: str = TEXT) -> Loaded:
    return load_text(text)


def learner(loaded: Loaded | None = None, env: str = GAME, seed: int = 3) -> PieceLearner:
    world = make(env)
    made = learner_for(build_model(loaded or spec(), world.schema, seed=seed), world, seed)
    assert isinstance(made, PieceLearner)
    return made


def stretches(one: PieceLearner, pieces: int) -> dict[int, list[dict[str, Tensor]]]:
    """What is played with the weights as they are, episode by episode: its stretches in order."""
    found: dict[int, list[dict[str, Tensor]]] = defaultdict(list)
    for _ in range(pieces):
        one.collect()
        assert one.piece is not None
        rows = tensors(one.piece)
        for row, number in enumerate(rows["episode"].tolist()):
            found[number].append({name: x[row] for name, x in rows.items() if name not in one.env.schema.fields or
                                  "batch" in one.env.schema.fields[name].axes})
    return found


@pytest.mark.parametrize(("loaded", "env"), [
    (spec(), GAME), (load("mappo", RECORDS), "skirmish/3m:limit=9"), (load("mappo_continuous", RECORDS), "spread/2"),
], ids=["loop", "records", "continuous"])  # fmt: skip
def test_an_episode_is_the_one_that_a_rollout_plays(loaded: Loaded, env: str) -> None:
    """However it is cut: step by step the same actions, rewards, ends, and the same is recorded."""
    one = learner(loaded, env)
    found = stretches(one, 7)
    whole = [number for number, parts in found.items() if int(sum(p["steps"].sum() for p in parts)) and number < 6]
    act = one.model.spec.act
    actor = ModelActor(one.model, one.seed, one.epsilon(), one.model.params_at(one.clocks.read()), sampled=act.sampled,
                       records=True)
    played = tensors(rollout(actor, make(env), torch.tensor(whole), one.stream, one.keep))
    timed = [name for name, x in played.items() if name in found[0][0] and found[0][0][name].dim()
             and name not in ("filled", "task") and x.dim() > 1]
    assert {"action", "reward", "terminated", "steps", "last_action"} <= set(timed)
    assert any(len(found[number]) > 1 for number in whole)
    for row, number in enumerate(whole):
        parts = found[number]
        for name in timed:
            joined = torch.cat([p[name][: int(p["steps"].sum())] for p in parts])
            torch.testing.assert_close(joined, played[name][row, : len(joined)], msg=f"{name} of {number}")


def test_episodes_are_numbered_as_they_begin_and_none_is_lost() -> None:
    one = learner()
    found = stretches(one, 9)
    assert sorted(found) == list(range(len(found)))
    assert one.clocks.env_steps == 9 * 4 * 5 == sum(int(p["steps"].sum()) for parts in found.values() for p in parts)
    now = one.pieces.running
    assert now is not None
    running = now.episode[now.step > 0].tolist()
    assert one.clocks.episodes == len(found) - len(running)
    lengths = {number: sum(int(p["steps"].sum()) for p in parts) for number, parts in found.items()}
    assert [lengths[number] for number in running] == now.step[now.step > 0].tolist()
    assert all(1 <= length <= 7 for length in lengths.values())


def test_rows_are_stretches_of_one_episode() -> None:
    """Rewards, ends and carried states never cross an end; the last index is what was seen, and nothing more."""
    one = learner()
    began: dict[int, dict[str, Tensor]] = {}
    for _ in range(6):
        before = one.pieces.running
        one.collect()
        assert one.piece is not None
        rows, state = tensors(one.piece), carried(one.piece)
        assert state is not None
        steps, filled = rows["steps"], rows["filled"]
        length = steps.sum(1)
        clock = torch.arange(steps.shape[1])
        assert torch.equal(steps, clock < length[:, None])
        assert torch.equal(filled, clock <= length[:, None])
        assert bool((length >= 1).all())
        assert int(length.max()) <= 5
        assert int(length.sum()) == 20
        ends = rows["terminated"].nonzero()
        assert all(at == length[row] - 1 for row, at in ends.tolist()), "an end is a row's last step"
        for name in ("action", "reward", "terminated"):
            assert not rows[name][~steps].any()
        assert torch.bincount(rows[ENVIRONMENT]).sum() == len(length) >= 4
        fresh = one.model.initial_state(1, "act")
        for row, number in enumerate(rows["episode"].tolist()):
            goes_on = before is not None and number in before.episode[before.step > 0].tolist()
            if number not in began and not goes_on:
                assert all(torch.equal(x[row], fresh[name][0]) for name, x in state.items())
                assert not rows["last_action"][row, 0].any()
            else:
                assert before is not None
                at = before.episode.tolist().index(number)
                assert all(torch.equal(x[row], before.state[name][at]) for name, x in state.items())
            began[number] = {}


def test_what_is_computed_from_stretches_is_what_the_whole_episode_gives() -> None:
    """Values at every step, by a recurrent unit, a delay and a loop; with and without passes."""
    for passes in (True, False):
        loaded, world = spec(), make(GAME)
        model = build_model(loaded, world.schema, seed=3, settings=Settings(updates=1, passes=passes))
        model.taps = ("total", "v")
        tapped = type(model)(model.graph, seed=3, taps=("total", "v"), passes=model.passes)
        one = PieceLearner(tapped, world, 3)
        found: dict[int, list[Tensor]] = defaultdict(list)
        for _ in range(5):
            one.collect()
            assert one.piece is not None
            made = tapped.learn(tensors(one.piece), {}, {}, carried(one.piece))
            for row, number in enumerate(one.piece["episode"].tolist()):
                found[number].append(made.taps["total"][row, : int(one.piece["steps"][row].sum())].detach())
        numbers = torch.arange(4)
        actor = ModelActor(tapped, one.seed, one.epsilon())
        played = rollout(actor, make(GAME), numbers, one.stream, one.keep)
        whole = tapped.learn(tensors(played)).taps["total"].detach()
        for row in range(4):
            joined = torch.cat(found[row])
            torch.testing.assert_close(joined, whole[row, : len(joined)], atol=1e-6, rtol=1e-5)


def test_a_stretch_that_begins_anew_would_say_something_else() -> None:
    """So the test before this one sees what it says it sees."""
    one = learner()
    one.collect()
    one.collect()
    assert one.piece is not None
    rows, state = tensors(one.piece), carried(one.piece)
    assert one.model.learn(rows, {}, {}, state).losses != one.model.learn(rows, {}, {}).losses


def test_the_worked_example_of_lambda_returns() -> None:
    """Of the released code's formulas: five stored steps, the last one only bootstraps; an episode ends within."""
    q = torch.tensor([
        [[1, 2, 0.5], [0, 1, 4]], [[2, 1, 3], [1, 0.5, 0]], [[0.5, 0.2, 0.1], [2, 2.5, 1]],
        [[1.5, 1, 0], [0.5, 3, 1]], [[2, 2.2, 0], [1, 0, 5]]])
    allowed = torch.ones_like(q, dtype=torch.bool)
    allowed[0, 1, 2] = allowed[1, 0, 2] = allowed[4, 1, 2] = False
    action = torch.tensor([[1, 1], [0, 0], [0, 1], [1, 2], [0, 0]])
    reward, ends = torch.tensor([0.5, 0, 1, -0.2, 0]), torch.tensor([False, False, True, False, False])
    text = """
compose: 1
name: worked
summary: The graph of pqn_vdn from given values.
networks:
  scale: {inputs: {x: batch time agent action}, nodes: {y: {block: linear, of: x, to: action}}, returns: y}
graph:
  q:       {network: scale, x: env.last_action}
  taken:   {block: take, of: q, index: env.action}
  q_tot:   {block: sum, of: taken, over: agent}
  highest: {block: max, of: q, over: action, where: env.available}
  v:       {block: sum, of: highest, over: agent}
  y:       {block: lambda_return, value: v, reward: env.reward, terminated: env.terminated, discount: 0.99, trace: 0.85}
act: {choose: epsilon_greedy, values: q, where: env.available, epsilon: 0}
losses: {td: {of: square(q_tot - y)}}
learner: {kind: on_policy, optimizers: {main: {kind: radam}}}
"""
    schema = make("group_matching:agents=2,cells=3,limit=6").schema
    model = Model(build_graph(load_text(text), schema), taps=("y", "q_tot"))
    with torch.no_grad():
        model.weights["scale.y.weight"].copy_(torch.eye(3))
        model.weights["scale.y.bias"].zero_()
    cut = [(0, 3), (3, 5)]  # the episode that ends, and the one after it, each with what was seen last
    rows = torch.zeros(2, 5, dtype=torch.bool)
    rows[0, :3], rows[1, :1] = True, True

    def laid(x: Tensor) -> Tensor:
        made = x.new_zeros(2, 5, *x.shape[1:])
        for row, (begin, end) in enumerate(cut):
            made[row, : end - begin] = x[begin:end]
        return made

    fields = {"last_action": laid(q), "action": laid(action), "available": laid(allowed), "reward": laid(reward),
              "terminated": laid(ends), "steps": rows, "present": torch.ones(2, 5, 2, dtype=torch.bool)}
    made = model.learn(fields, {}, {})
    y, q_tot = made.taps["y"].detach(), made.taps["q_tot"].detach()
    found = torch.cat([y[0, :3], y[1, :1]])
    torch.testing.assert_close(found, torch.tensor([2.02851045, 1.287, 1.0, 2.968]))
    torch.testing.assert_close(torch.cat([q_tot[0, :3], q_tot[1, :1]]), torch.tensor([3.0, 3.0, 3.0, 2.0]))
    assert float(made.losses["td"]) == pytest.approx(2.203796, abs=1e-5)


def test_every_environment_is_in_one_minibatch_of_an_epoch() -> None:
    one, other = learner(), learner()
    firsts = set()
    for piece in range(12):
        one.collect()
        other.collect()
        assert one.piece is not None
        assert one.due() == 4
        for epoch in range(2):
            seen = []
            for _ in range(2):
                chosen = one.chosen()
                assert torch.equal(chosen["episode"], other.chosen()["episode"]), "by the seed and the update alone"
                environments = set(chosen[ENVIRONMENT].tolist())
                assert int(chosen["steps"].sum()) == 2 * 5
                assert len(environments) == 2
                whole = torch.isin(one.piece[ENVIRONMENT], torch.tensor(sorted(environments)))
                assert chosen["episode"].tolist() == one.piece["episode"][whole].tolist()
                seen.append(environments)
                one.update()
                other.update()
            assert seen[0] | seen[1] == {0, 1, 2, 3}, (piece, epoch)
            firsts.add(frozenset(seen[0]))
        assert one.due() == 0
    assert len(firsts) == 6, "every split of four in two occurs"


def test_an_update_from_both_halves_is_one_from_all() -> None:
    """The mean over steps: every environment has as many."""
    one = learner()
    one.collect()
    one.collect()
    whole = one.batch_of(one.piece).fields  # type: ignore[arg-type]
    assert one.piece is not None
    everything = one.model.learn(whole, {}, {}, carried(one.piece)).losses["td"]
    halves = []
    for _ in range(2):
        batch = one.batch()
        halves.append(one.model.learn(batch.fields, batch.draws, batch.params, batch.state).losses["td"])
        one.clocks.updates += 1
    torch.testing.assert_close(sum(halves) / 2, everything)


def test_whoever_plays_in_between_changes_nothing() -> None:
    """Running episodes are put back by what was done in them."""
    for name in (GAME, "skirmish/3m:limit=9", OWN_SIGHT, "spread/2"):
        loaded = load("mappo_continuous", RECORDS) if name == "spread/2" else spec()
        one, other = learner(loaded, name), learner(loaded, name)
        for _ in range(4):
            one.collect()
            other.collect()
            evaluate(other.model, other.env, 3, seed=0)
            assert one.piece is not None
            assert other.piece is not None
            for key, x in tensors(one.piece).items():
                assert torch.equal(x, other.piece[key]), key


def test_metrics_are_of_the_episodes_that_ended() -> None:
    one = learner()
    found = stretches(one, 6)
    now = one.pieces.running
    assert now is not None
    over = [number for number in found if number not in now.episode.tolist()]
    row = one.metrics()
    returned = sum(float(p["reward"].sum()) for number in over for p in found[number]) / len(over)
    assert row["collected/return"] == pytest.approx(returned, abs=1e-5)
    assert row["episodes"] == len(over)


def go(folder: Path, *, resume: bool = False, updates: int = 24, spec: str = TEXT, env: str = GAME) -> None:
    settings = Settings(updates=updates, eval_every=40, eval_episodes=4, log_every=20, checkpoint_updates=3,
                        checkpoint_seconds=1e9, chance_episodes=4)
    train(load_text(spec), env, run_dir=folder, settings=settings, seed=1, resume=resume,
          console=Console(file=io.StringIO()))  # fmt: skip


@pytest.mark.parametrize(("method", "dies_at", "env"), [
    ("update", 6, GAME), ("update", 15, GAME), ("collect", 3, GAME), ("update", 15, OWN_SIGHT)])
def test_a_killed_run_goes_on_bit_for_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str,
                                          dies_at: int, env: str) -> None:
    """Within an epoch, and in the middle of episodes."""
    go(tmp_path / "whole", env=env)
    kind = PieceLearner if method == "collect" else Learner
    true, count = getattr(kind, method), [0]

    def killed(self: PieceLearner, *args: object) -> None:
        count[0] += 1
        if count[0] == dies_at:
            raise RuntimeError("killed")
        true(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(kind, method, killed)
        with pytest.raises(RuntimeError, match="killed"):
            go(tmp_path / "killed", env=env)
    go(tmp_path / "killed", resume=True, env=env)
    same(tmp_path / "whole", tmp_path / "killed")
    assert logs(tmp_path / "whole") == logs(tmp_path / "killed")


def test_a_damaged_checkpoint_is_refused_or_used() -> None:
    """Whatever was done to a tensor of it; never anything else."""
    one = learner()
    for _ in range(3):
        one.collect()
        while one.due() > 1:
            one.update()
    held = {file: {name: x.clone() for name, x in group.items()} for file, group in one.tensors().items()}
    state = one.state()
    known = checked(State, {**state, "logs": {}, "evaluations": 0, "logged": 0, "wall_seconds": 1.0, "chunks": []})
    refused = 0
    for name, x in held["running"].items():
        for damaged in (None, x.flatten()[:-1].clone(), x[None].clone(), x.double() if x.is_floating_point() else
                        x.float(), torch.full_like(x, 100) if x.dtype != torch.bool else ~x, -x if x.dtype !=
                        torch.bool else x):  # fmt: skip
            running = {key: y for key, y in held["running"].items() if key != name}
            other = PieceLearner(one.model, make(GAME), 3)
            try:
                with reading(Path("running")):
                    other.restore({**held, "running": running | ({} if damaged is None else {name: damaged})}, known)
                other.update()
                other.collect()
            except SpecError:
                refused += 1
    assert refused > 100


def test_what_cannot_begin_episodes_one_by_one_is_refused() -> None:
    world = make(GAME)

    class Together(type(world)):  # type: ignore[misc]
        kept = ()

    other = Together(world.schema, world.settings)  # type: ignore[attr-defined]
    with pytest.raises(SpecError, match=r"train\.horizon.*begins its episodes together"):
        learner_for(build_model(spec(), world.schema), other, 0)
    with pytest.raises(NotImplementedError):
        other.restart(torch.tensor([0]), torch.tensor([1]), 0)


def test_what_acting_does_not_carry_is_refused() -> None:
    lagged = TEXT.replace("  best:", "  later:   {network: utility, entities: env.entities, before: env.last_action, "
                          "target: true}\n  best:").replace("of: total, over: action", "of: later.q, over: action")
    with pytest.raises(SpecError, match=r"train\.carried.*'later\.h'"):
        learner(load_text(lagged))
