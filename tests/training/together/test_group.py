"""A step for several seeds is a step for each."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from torch.linalg import vector_norm

from compose.compiler.programs import learned
from compose.envs.guard import form
from compose.envs.guard.finding import Finding
from compose.envs.interface import Environment, Fields
from compose.language.diagnostics import SpecError
from compose.training.learner import Learner
from compose.training.rollout import tensors
from compose.training.together.group import Group
from compose.training.together.recurrences import gru, lstm
from compose.training.together.stack import StackedProgram, stackable
from compose.training.together.workers import Workers
from tests.compiler.cases import PACKAGED, draws, episodes, model
from tests.specs.handful import few
from tests.specs.packaged import loaded
from tests.specs.schemas import small_schema
from tests.training.together.small import MOVING, TINY_CLIP, DoubleLearner, double_learners

SEEDS, UPDATES = (3, 5, 8), 15
CLIPPED = TINY_CLIP + MOVING


@pytest.fixture(autouse=True)
def _doubles_are_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment must give floats; here, what is looked at is what it would be as floats."""
    look = form.fields

    def floats(env: Environment, given: Fields, batch: int) -> list[Finding]:
        return look(env, {name: x.float() if x.dtype == torch.float64 else x for name, x in given.items()}, batch)

    monkeypatch.setattr(form, "fields", floats)


@pytest.mark.parametrize(("written", "library", "gates", "states"), [(gru, torch.gru, 3, 1), (lstm, torch.lstm, 4, 2)])
def test_the_written_out_recurrence_is_the_library_s(written: Any, library: Any, gates: int, states: int) -> None:
    g = torch.Generator().manual_seed(0)
    shapes = ((7, 4, 5), (gates * 6, 5), (gates * 6, 6), (gates * 6,), (gates * 6,), *((1, 4, 6),) * states)
    given = [torch.randn(*s, generator=g, dtype=torch.float64, requires_grad=True) for s in shapes]
    (x, *weights), start = given[:5], given[5] if states == 1 else given[5:]
    settings = (True, 1, 0.0, True, False, False)
    found, wanted = written(x, start, weights, *settings), library(x, start, weights, *settings)
    assert len(found) == len(wanted)
    for one, two in zip(found, wanted, strict=True):
        assert torch.allclose(one, two, atol=1e-14)
    pull = torch.randn(7, 4, 6, generator=g, dtype=torch.float64)
    for one, two in zip(*(torch.autograd.grad((y[0] * pull).sum(), given) for y in (found, wanted)), strict=True):
        assert torch.allclose(one, two, atol=1e-13)
    with pytest.raises(NotImplementedError):
        written(x, start, weights, True, 1, 0.0, True, False, True)


@pytest.mark.parametrize("name", few([n for n in PACKAGED if loaded(n).spec.learner.kind == "replay"
                                      and not loaded(n).spec.record]))
def test_a_stacked_program_is_each_program(name: str) -> None:
    """Values and gradients of `learn` for three sets of weights and batches, against each by itself."""
    schema, of = small_schema(3, 2), model(name)
    g = torch.Generator().manual_seed(1)
    weights = {n: torch.stack([w.detach() + 0.1 * torch.randn(w.shape, generator=g, dtype=w.dtype) for _ in SEEDS])
               .requires_grad_() for n, w in of.weights.items()}  # fmt: skip
    batches, drawn = [episodes(s, schema) for s in SEEDS], [draws(of, s) for s in SEEDS]
    program = stackable(of)
    stacked = StackedProgram(program, schema)
    fields = {n: torch.stack([b[n] for b in batches]) if n in stacked.fields else batches[0][n]
              for n in program.needs("field")}  # fmt: skip
    given = {"weight": weights, "target": {n: weights[n].detach() * 0.9 for n in of.target}, "field": fields,
             "draw": {n: torch.stack([d[n] for d in drawn]) for n in drawn[0]},
             "param": {n: torch.tensor([0.2, 0.5, 0.8], dtype=of.dtype) for n in of.moving},
             "statistic": {n: torch.stack([x] * len(SEEDS)) for n, x in of.statistics.items()}}  # fmt: skip
    made = learned(stacked(given))
    total = torch.stack([x.sum() for x in made.totals.values()]).sum()
    grads = torch.autograd.grad(total, list(weights.values()), allow_unused=True)
    for row, (batch, draw) in enumerate(zip(batches, drawn, strict=True)):
        own = {n: w.detach()[row].requires_grad_() for n, w in weights.items()}
        shared = {kind: {n: x[row] for n, x in given[kind].items()} for kind in ("target", "param", "statistic")}
        alone = learned(program({"weight": own, "field": batch, "draw": draw, **shared}))
        for n, x in alone.losses.items():
            assert torch.allclose(made.losses[n][row], x, rtol=1e-10)
        wanted = torch.autograd.grad(sum(alone.totals.values()), list(own.values()), allow_unused=True)
        for n, one, two in zip(own, grads, wanted, strict=True):
            assert (one is None) == (two is None), n
            if one is not None and two is not None:
                assert torch.allclose(one[row], two, rtol=1e-9, atol=1e-11), n


def advance(learner: Learner | Group, due: Learner, updates: int) -> None:
    while due.clocks.updates < updates:
        if due.due() > 0:
            learner.update()
        else:
            learner.collect()


@cache
def apart(*changes: str) -> list[DoubleLearner]:
    """Learners after some updates, each by itself."""
    learners = double_learners(SEEDS, *changes)
    for one in learners:
        advance(one, one, UPDATES)
    return learners


@pytest.mark.parametrize(("at_once", "workers", "clip"), [
    (1, 1, CLIPPED), (1, 2, ()), (2, 1, CLIPPED), (3, 1, ()),
    *(pytest.param(*more, marks=pytest.mark.long) for more in (
        (1, 1, ()), (1, 2, CLIPPED), (2, 1, ()), (3, 1, CLIPPED))),
])  # fmt: skip
def test_a_group_does_what_each_learner_does(at_once: int, workers: int, clip: tuple[str, ...]) -> None:
    changes = (*clip, "learner.optimizers.main.kind=rmsprop")
    joined = double_learners(SEEDS, *changes)
    with Workers(workers) as threads:
        advance(Group(joined, threads, at_once), joined[0], UPDATES)
    for one, two in zip(apart(*changes), joined, strict=True):
        assert one.clocks == two.clocks
        held = (x.replay.read(x.replay.added - len(x.replay), x.replay.added) for x in (one, two))
        a, b = held
        assert all(torch.equal(a[name], b[name]) for name in a), "the episodes, and so every action, are the same"
        for name, w in one.model.weights.items():
            assert torch.allclose(w, two.model.weights[name], rtol=0, atol=1e-10), name
        for name, x in one.model.target.items():
            assert torch.allclose(x, two.model.target[name], rtol=0, atol=1e-10), name
        a, b = one.optimizers.state(), two.optimizers.state()
        assert set(a) == set(b)
        assert all(torch.allclose(a[name], b[name], rtol=1e-8, atol=1e-14) for name in a)
        found, wanted = two.interval.means(), one.interval.means()
        assert found == pytest.approx(wanted, rel=1e-9)
        assert not clip or found["grad_norm/main"] > 0.01, "the clip was at work"


def test_each_seed_is_clipped_by_its_own_norm() -> None:
    learners = double_learners(SEEDS, "learner.optimizers.main.clip=1.0")
    group = Group(learners, Workers(1), 1)
    name = next(iter(group.optimizers.settings))
    weights = group.optimizers.weights[name]
    grads = {w: torch.ones_like(x) for w, x in weights.items()}
    for x in grads.values():
        x[1] *= 1e-6
    seen = {}
    group.optimizers.optimizers[name].step = lambda: seen.update({w: x.grad.clone() for w, x in weights.items()})
    norms = group.optimizers.step(name, grads)
    after = [float(vector_norm(torch.cat([x[row].flatten() for x in seen.values()]))) for row in range(3)]
    assert after == pytest.approx([1.0, norms[1], 1.0], rel=1e-5)
    assert norms[1] < 1e-3 < 1.0 < norms[0]


def test_models_are_rows_of_the_stack() -> None:
    learners = double_learners(SEEDS)
    group = Group(learners, Workers(1), 1)
    with torch.no_grad():
        group.stack.weights["utility.x.bias"][1] = 7.0
    assert float(learners[1].model.weights["utility.x.bias"].detach().min()) == 7.0
    assert float(learners[0].model.weights["utility.x.bias"].detach().max()) < 7.0
    advance(group, learners[0], 3)
    state = learners[2].optimizers.state()["main/utility.x.bias/square_avg"]
    stacked = group.optimizers.optimizers["main"].state[group.stack.weights["utility.x.bias"]]["square_avg"]
    assert torch.equal(state, stacked[2])


def test_a_seed_that_explodes_is_named_before_anything_moves() -> None:
    learners = double_learners(SEEDS)
    group = Group(learners, Workers(1), 1)
    advance(group, learners[0], 2)
    with torch.no_grad():
        learners[1].model.weights["utility.x.weight"][0] = float("nan")
    before = {name: w.detach().clone() for name, w in group.stack.weights.items()}
    while learners[0].due() <= 0:
        group.collect()
    with pytest.raises(SpecError, match=r"(?s)train\.not_finite.*seed 5"):
        group.update()
    assert all(torch.equal(w.detach(), before[name]) or w.isnan().any() for name, w in group.stack.weights.items())


def test_padding_to_the_longest_changes_nothing() -> None:
    """Batches of different lengths in one stacked pass."""
    learners = double_learners(SEEDS)
    group = Group(learners, Workers(1), 3)
    while learners[0].due() <= 0:
        group.collect()
    batches = [one.batch() for one in learners]
    short = 3
    known = learners[0].env.schema.fields
    cut = {name: x[:, :short] if name == "filled" or (name in known and "time" in known[name].axes) else x
           for name, x in batches[0].fields.items()}  # fmt: skip
    cut["terminated"] = torch.zeros_like(cut["terminated"])
    cut["steps"] = torch.tensor([True, True, False]).expand_as(cut["steps"])
    assert max(batch.fields["steps"].shape[1] for batch in batches[1:]) > short
    batches[0] = type(batches[0])(cut, batches[0].draws, batches[0].params)
    stacked, alone = group._pass(batches, ["main"], range(3)), group._pass(batches, ["main"], range(1))
    for name, x in alone.grads["main"].items():
        other = stacked.grads["main"][name]
        assert (x is None) == (other is None)
        if x is not None and other is not None:
            assert torch.allclose(x[0], other[0], rtol=1e-9, atol=1e-12), name


def test_rows_are_those_of_the_learner() -> None:
    """Fields come back to the learner whose seed they were played with."""
    learners = double_learners(SEEDS)
    Group(learners, Workers(1), 1).collect()
    alone = double_learners(SEEDS)[2]
    alone.collect()
    one, two = (tensors_of(x) for x in (learners[2], alone))
    assert all(torch.equal(one[name], two[name]) for name in one)


def tensors_of(learner: Learner) -> dict[str, torch.Tensor]:
    return tensors(learner.replay.sample(2, 0, 0))
