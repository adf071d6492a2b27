"""Prioritized Tasks Mining: its losses in the cases where they must be others, its weights, its memory of successes."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Learned, Model
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.checkpoint import latest, read_state, read_tensors
from compose.training.folder import RunFolder
from compose.training.rollout import tensors
from tests.cli.conftest import Run, run

__all__ = ["run"]

ENV = schema("group_matching:tasks=3x1+4x2+5x2,cells=3,limit=6")
BATCH = 6


@cache
def model(spec: str, *taps: str, overrides: tuple[str, ...] = ()) -> Model:
    small = ("params.embed=8", "params.hyper=8", "params.hidden=8", "params.mixing=4", "params.heads=2")
    return Model(build_graph(load(spec, [*small, *overrides]), ENV), seed=1, dtype=torch.float64, passes=(), taps=taps)


def batch(*, equal: bool = False) -> dict[str, Tensor]:
    """Random episodes; ``equal``: all of the full length."""
    lengths = torch.full((BATCH,), ENV.limit) if equal else None
    return tensors(fake_batch(ENV, 0, batch=BATCH, dtype=torch.float64, lengths=lengths))


def learn(of: Model, fields: dict[str, Tensor], **params: float) -> Learned:
    moving = {"alpha": 0.5, **params} if "alpha" in of.moving else {}
    draws = Model.draw(model("ptm"), "learn", 0, 0, torch.arange(BATCH))
    return of.learn(fields, {name: draws[name] for name in of.programs["learn"].needs("draw")}, moving)


def set_rates(of: Model, rates: list[float]) -> None:
    of.statistics["solved.rate"].copy_(torch.tensor(rates))


def test_without_lambda_it_is_qmix_attention() -> None:
    fields, mine, base = batch(), model("ptm", overrides=("params.lambda=0",)), model("qmix_attention")
    found: dict[Model, dict[str, Tensor]] = {}
    for of in (mine, base):
        grads = torch.autograd.grad(learn(of, fields).totals["main"], list(of.weights.values()))
        found[of] = dict(zip(of.weights, grads, strict=True))
    assert found[mine].keys() == found[base].keys()
    for name, grad in found[base].items():
        torch.testing.assert_close(found[mine][name], grad, rtol=0, atol=1e-14)


def test_with_equal_rates_and_lengths_and_no_exploration_it_is_refil_twice() -> None:
    fields = batch(equal=True)
    mine = model("ptm", overrides=("params.lambda=1",))
    set_rates(mine, [0.3, 0.3, 0.3])
    total = learn(mine, fields, alpha=0.0).totals["main"]
    refil = learn(model("refil", overrides=("params.lambda=0.5",)), fields).totals["main"]
    torch.testing.assert_close(total, 2 * refil, rtol=1e-12, atol=0)


def test_at_full_exploration_the_other_sides_weights_do_not_matter() -> None:
    fields, of, tap = batch(), model("ptm", "w1_out"), "w1_out"
    made = learn(of, fields, alpha=1.0)
    assert made.losses["exploit"] > 0
    (none,) = torch.autograd.grad(made.totals["main"], [made.taps[tap]], retain_graph=True)
    assert not none.any()
    half = learn(of, fields, alpha=0.5)
    (some,) = torch.autograd.grad(half.totals["main"], [half.taps[tap]])
    assert some.any()
    torch.testing.assert_close(learn(model("ptm_without_exploitation"), fields).totals["main"], made.totals["main"])


def test_who_is_dropped_and_who_stays_may_be_exchanged() -> None:
    fields, of = batch(), model("ptm", "q_tot_drop")
    draws = of.draw("learn", 0, 0, torch.arange(BATCH))
    (name,) = (n for n in draws if n.startswith("dropped"))
    swapped = {**draws, name: 1 - draws[name]}
    one, other = (of.learn(fields, d, {"alpha": 0.5}).taps["q_tot_drop"] for d in (draws, swapped))
    torch.testing.assert_close(one, other, rtol=0, atol=1e-14)


def test_with_nobody_dropped_the_view_is_whole() -> None:
    fields, of = batch(), model("ptm", "q_tot_drop", "q_tot")
    draws = of.draw("learn", 0, 0, torch.arange(BATCH))
    (name,) = (n for n in draws if n.startswith("dropped"))
    found = of.learn(fields, {**draws, name: torch.zeros_like(draws[name])}, {"alpha": 0.5}).taps
    torch.testing.assert_close(found["q_tot_drop"], found["q_tot"], rtol=0, atol=1e-14)


def test_a_loss_of_ptm_is_the_mean_of_each_episode_by_its_priority() -> None:
    """With nobody dropped it is that of QMIX, episode by episode, however long each is."""
    fields, of = batch(), model("ptm", "q_tot", "y", "priority")
    set_rates(of, [0.1, 0.9, 0.5])
    draws = of.draw("learn", 0, 0, torch.arange(BATCH))
    draws = {name: torch.zeros_like(x) if name.startswith("dropped") else x for name, x in draws.items()}
    found, steps = of.learn(fields, draws, {"alpha": 0.5}), fields["steps"]
    assert len(steps.sum(1).unique()) > 1
    errors = ((found.taps["q_tot"] - found.taps["y"]) ** 2 * steps).sum(1) / steps.sum(1).clamp(min=1)
    torch.testing.assert_close(found.losses["explore"], (found.taps["priority"] * errors).sum().detach())


def test_no_draw_reaches_the_target() -> None:
    of = model("ptm", "y", "q_tot_drop", "q_aux")
    one, other = (of.learn(batch(), of.draw("learn", 0, clock, torch.arange(BATCH)), {"alpha": 0.5}).taps
                  for clock in (0, 1))
    assert torch.equal(one["y"], other["y"])
    assert not torch.equal(one["q_tot_drop"], other["q_tot_drop"])
    assert not torch.equal(one["q_aux"], other["q_aux"])


@given(rates=st.lists(st.floats(0, 1), min_size=3, max_size=3), order=st.permutations(range(BATCH)))
@settings(max_examples=15, deadline=None)
def test_priorities_sum_to_one_and_rise_where_a_task_is_solved_less(rates: list[float], order: list[int]) -> None:
    fields, of = batch(), model("ptm", "priority")
    set_rates(of, rates)
    found = learn(of, fields).taps["priority"]
    c = torch.tensor(rates, dtype=torch.float64)[fields["task"]]
    torch.testing.assert_close(found, (1 - c).softmax(0))
    assert float(found.max() / found.min()) <= math.e + 1e-9
    assert not found.requires_grad
    mixed = {name: x if name == "agent_id" else x[order] for name, x in fields.items()}
    torch.testing.assert_close(learn(of, mixed).taps["priority"], found[order])


def test_a_task_that_was_never_met_weighs_most() -> None:
    of, fields = model("ptm", "priority"), batch()
    set_rates(of, [0.5, 0.0, 1.0])
    found = learn(of, {**fields, "task": torch.tensor([0, 1, 2, 0, 1, 2])}).taps["priority"]
    assert found.argmax() == 1
    assert found.argmin() == 2


@pytest.mark.parametrize("forget", [0.0, 0.25])
def test_rates_are_successes_by_episodes(forget: float) -> None:
    of = Model(build_graph(load("ptm", [f"graph.solved.forget={forget}"]), ENV), dtype=torch.float64, passes=())
    won: dict[int, list[bool]] = {0: [], 1: [], 2: []}
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        task = torch.randint(2, (1,), generator=generator)
        success = torch.rand(1, generator=generator) < 0.5
        of.observe({"task": task, "success": success})
        won[int(task)].append(bool(success))
    for task, history in won.items():
        weights = [(1 - forget) ** age for age in reversed(range(len(history)))]
        expected = sum(w for w, one in zip(weights, history, strict=True) if one) / sum(weights) if history else 0.0
        assert float(of.statistics["solved.rate"][task]) == pytest.approx(expected, abs=1e-12)


def test_episodes_count_the_same_alone_or_in_a_batch() -> None:
    one, other = (Model(build_graph(load("ptm"), ENV), dtype=torch.float64, passes=()) for _ in range(2))
    task, success = torch.tensor([0, 1, 0, 0]), torch.tensor([True, True, False, True])
    one.observe({"task": task, "success": success})
    for i in range(4):
        other.observe({"task": task[i : i + 1], "success": success[i : i + 1]})
    for name, kept in one.statistics.items():
        torch.testing.assert_close(kept, other.statistics[name])


def test_ablations_differ_from_it_by_one_param() -> None:
    def rest(name: str) -> Any:
        own = ("name", "summary", "paper", "params")
        return {key: x for key, x in load(name).spec.data().items() if key not in own}

    for name in ("ptm_without_exploration", "ptm_without_exploitation"):
        assert rest(name) == rest("ptm")
        assert load(name).spec.params["alpha"] in (0, 1)


def test_a_resumed_run_remembers(tmp_path: Path, run: Run) -> None:
    sets = ("params.embed=8", "params.hyper=8", "params.hidden=8", "learner.replay.batch=4", "learner.replay.start=4",
            "learner.environments=2")  # fmt: skip
    common = ("--env", "group_matching:tasks=2x1+3x1,cells=2,limit=4", "--threads", "1", "--eval-episodes", "2",
              *(part for one in sets for part in ("--set", one)))  # fmt: skip
    for folder, updates in (("whole", 9), ("half", 4), ("half", 9)):
        again = ("--resume",) if (tmp_path / folder).exists() else ()
        done = run("train", "ptm", *common, "--run", str(tmp_path / folder), "--updates", str(updates), *again)
        assert done.code == 0, done.err
    whole, half = (latest(RunFolder(tmp_path / name)) for name in ("whole", "half"))
    assert whole is not None
    assert half is not None
    for group in ("statistics", "weights"):
        one, other = read_tensors(whole, group), read_tensors(half, group)
        assert all(torch.equal(one[name], other[name]) for name in one)
    assert read_tensors(whole, "statistics")["solved.episodes"].sum() == read_state(whole)["clocks"]["episodes"]
    row = RunFolder(tmp_path / "whole").rows("metrics")[-1]
    assert 0 <= row["statistic/solved.rate/2x1"] <= 1
    assert row["log/priority"] == pytest.approx(1 / 4), "the mean of a batch of 4"


@pytest.mark.long
def test_it_learns_several_tasks_at_once(run: Run, tmp_path: Path) -> None:
    """Random play solves 0.36 of these episodes, the policy before training 0.1."""
    game = "group_matching:tasks=3x1+4x2+5x2,cells=5,limit=20"
    done = run("train", "examples/quick_ptm.yaml", "--env", game, "--updates", "2000", "--eval-every", "2000",
               "--eval-episodes", "256", "--threads", "1", "--run", str(tmp_path / "run"))
    assert done.code == 0, done.err
    assert RunFolder(tmp_path / "run").json("summary.json")["best"]["success"] > 0.5
    weights = RunFolder(tmp_path / "run").rows("metrics")[-1]
    assert weights["log/priority/5x2"] > weights["log/priority/3x1"], "the hardest task weighs most"


def test_eq_9_by_its_word_masks_every_hypernetwork() -> None:
    """Only the dropped-out view changes, and there b1, w2 and v do; nothing else does."""
    taps = ("q_tot", "q_aux", "q_tot_drop", "q_tot_drop.b1", "q_tot_drop.v", "q_tot_drop.w2_pos")
    plain, masked = (learn(model(spec, *taps), batch()).taps for spec in ("ptm", "ptm_masked_mixer"))
    assert {name for name in taps if torch.equal(plain[name], masked[name])} == {"q_tot", "q_aux"}
