"""Optimizer steps against their equations, order, clipping, values that are not finite."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from compose.language.diagnostics import SpecError
from compose.training.optim import Optimizers, turns_of
from tests.training.fakes import Learned, optimizer


class Two:
    """Weights a and b, and unused c."""

    def __init__(self, scale=1.0):
        self.scale = scale
        self.weights = {name: nn.Parameter(torch.tensor([2.0, -1.0])) for name in ("a", "b", "c")}
        self.seen = []

    def trained_by(self, name):
        return {"main": {"a": self.weights["a"], "c": self.weights["c"]}, "late": {"b": self.weights["b"]}}[name]

    def learn(self):
        a, b = self.weights["a"], self.weights["b"]
        self.seen.append(a.detach().clone())
        totals = {"main": self.scale * (a**2).sum(), "late": (b * a.detach()).sum()}
        return Learned(totals, {"square": totals["main"].detach(), "product": totals["late"].detach()})


def test_rmsprop_with_clipping():
    model = Two()
    optimizers = Optimizers(model, {"main": optimizer(lr=0.1, clip=1.0, eps=0.5)})
    made = optimizers.update(model.learn)
    grad = torch.tensor([4.0, -2.0])
    assert made.norms["main"] == pytest.approx(20**0.5)
    clipped = grad / (20**0.5 + 1e-6)
    step = 0.1 * clipped / ((0.01 * clipped**2).sqrt() + 0.5)
    torch.testing.assert_close(model.weights["a"].detach(), torch.tensor([2.0, -1.0]) - step)
    assert model.weights["c"].tolist() == [2.0, -1.0]  # nothing reaches it
    assert made.losses == {"square": 5.0, "product": 5.0}


def test_an_optimizer_after_another_sees_fresh_values():
    model = Two()
    settings = {"late": optimizer("adam", after="main", lr=0.1), "main": optimizer(lr=0.1)}
    Optimizers(model, settings).update(model.learn)
    assert len(model.seen) == 2
    assert not torch.equal(model.seen[0], model.seen[1])
    together = Two()
    Optimizers(together, {"late": optimizer(lr=0.1), "main": optimizer(lr=0.1)}).update(together.learn)
    assert len(together.seen) == 1


def test_losses_are_told_as_they_were_before_any_step():
    model = Two()
    settings = {"late": optimizer("adam", after="main", lr=0.1), "main": optimizer(lr=0.1)}
    made = Optimizers(model, settings).update(model.learn)
    assert made.losses == {"square": 5.0, "product": 5.0}
    assert model.learn().losses["product"] != 5.0, "the second pass saw another value"
    assert set(made.norms) == {"main", "late"}


def test_order():
    assert turns_of({"policy": "critic", "critic": None, "teams": "policy"}) == [["critic"], ["policy"], ["teams"]]
    with pytest.raises(SpecError, match="'after' never lets these step: a, b"):
        turns_of({"a": "b", "b": "a"})


def test_what_is_not_finite_stops_before_the_step():
    cases = ((torch.inf, r"losses\.square: the loss is inf"), (2e37, r"learner\.optimizers\.main: the norm"))
    for scale, where in cases:
        model = Two(scale)
        optimizers = Optimizers(model, {"main": optimizer()})
        with pytest.raises(SpecError, match=where) as caught:
            optimizers.update(model.learn)
        assert caught.value.diagnostics[0].code == "train.not_finite"
        assert model.weights["a"].tolist() == [2.0, -1.0]


MEANS = ("step", "exp_avg", "exp_avg_sq")
KEPT = {"rmsprop": ("step", "square_avg"), "adam": MEANS, "adamw": MEANS, "radam": MEANS, "sgd": ("momentum_buffer",)}


@pytest.mark.parametrize("kind", KEPT)
def test_state_goes_by_names_and_comes_back(kind):
    model, other = Two(), Two()
    settings = optimizer(kind, weight_decay=0.1, **({"momentum": 0.9} if kind == "sgd" else {}))
    first, second = (Optimizers(m, {"main": settings}) for m in (model, other))
    first.update(model.learn)
    with torch.no_grad():
        for name, weight in model.weights.items():
            other.weights[name].copy_(weight)
    state = first.state()
    assert set(state) == {f"main/a/{key}" for key in KEPT[kind]}
    second.restore(state)
    first.update(model.learn)
    second.update(other.learn)
    assert torch.equal(model.weights["a"], other.weights["a"])


def test_descent_without_momentum_remembers_nothing():
    model = Two()
    optimizers = Optimizers(model, {"main": optimizer("sgd", lr=0.1, clip=None)})
    optimizers.update(model.learn)
    assert optimizers.state() == {}
    optimizers.restore({})
    torch.testing.assert_close(model.weights["a"].detach(), torch.tensor([2.0, -1.0]) - 0.1 * torch.tensor([4.0, -2.0]))
    with pytest.raises(ValueError, match="missing or too many"):
        optimizers.restore({"main/a/momentum_buffer": torch.zeros(2)})


def test_momentum_decay_and_clipping_by_value():
    model = Two()
    settings = optimizer("sgd", lr=0.1, momentum=0.5, weight_decay=0.2, clip=None, clip_value=3.0)
    optimizers = Optimizers(model, {"main": settings})
    w, m = torch.tensor([2.0, -1.0]), torch.zeros(2)
    for _ in range(3):
        made = optimizers.update(model.learn)
        assert made.norms["main"] == pytest.approx(float((2 * w).norm())), "told as it was before clipping"
        m = 0.5 * m + (2 * w).clamp(-3, 3) + 0.2 * w
        w = w - 0.1 * m
        torch.testing.assert_close(model.weights["a"].detach(), w)


def test_what_decay_of_weights_is_to_each_kind():
    for kind, wanted in (("adam", 2.0 - 0.1), ("adamw", 2.0 * (1 - 0.1 * 0.5) - 0.1)):
        model = Two()
        Optimizers(model, {"main": optimizer(kind, lr=0.1, weight_decay=0.5, eps=1e-8)}).update(model.learn)
        assert float(model.weights["a"].detach()[0]) == pytest.approx(wanted), kind


def test_a_rectified_step_waits_for_its_denominator():
    model = Two()
    optimizers = Optimizers(model, {"main": optimizer("radam", lr=0.01, clip=None)})
    w, m = torch.tensor([2.0, -1.0]), torch.zeros(2)
    for step in range(1, 4):
        optimizers.update(model.learn)
        m = 0.9 * m + 0.1 * 2 * w
        w = w - 0.01 * m / (1 - 0.9**step)
        torch.testing.assert_close(model.weights["a"].detach(), w)


def test_a_step_size_follows_its_schedule():
    model = Two()
    moves = {"kind": "linear", "from": 0.1, "to": 0.02, "over": "100 env_steps"}
    optimizers = Optimizers(model, {"main": optimizer("sgd", lr=moves, clip=None)})
    w = torch.tensor([2.0, -1.0])
    for steps, rate in ((0, 0.1), (50, 0.06), (100, 0.02), (400, 0.02)):
        clocks = {"env_steps": steps, "episodes": 0, "updates": 0}
        optimizers.pace(clocks)
        optimizers.update(model.learn)
        assert optimizers.rates(clocks) == {"main": pytest.approx(rate)}
        w = w - rate * 2 * w
        torch.testing.assert_close(model.weights["a"].detach(), w)


class Rows:
    """A weight of three rows, each of which wants to be the sum of all."""

    def __init__(self):
        self.weights = {"rows": nn.Parameter(torch.tensor([[2.0, -1.0], [0.5, 1.0], [-4.0, 3.0]]))}
        self.seen = []

    def trained_by(self, name):
        return self.weights

    def learn(self):
        w = self.weights["rows"]
        self.seen.append(w.detach().clone())
        total = ((w - w.detach().sum(0)) ** 2).sum() / 2
        return Learned({"main": total}, {"apart": total.detach()})


def test_rows_step_one_after_the_other_on_fresh_values():
    model = Rows()
    given = {"lr": 0.1, "clip": None, "each": "agent", "steps": 2, "order": "given"}
    optimizers = Optimizers(model, {"main": optimizer("sgd", **given)})
    norms = optimizers.update(model.learn).norms
    w, sizes = torch.tensor([[2.0, -1.0], [0.5, 1.0], [-4.0, 3.0]]), []
    for row in (0, 0, 1, 1, 2, 2):
        grad = w[row] - w.sum(0)
        sizes.append(float(grad.norm()))
        w[row] -= 0.1 * grad
    torch.testing.assert_close(model.weights["rows"].detach(), w)
    assert norms["main"] == pytest.approx(sum(sizes) / 6)
    assert len(model.seen) == 6


def test_rows_are_clipped_and_remembered_apart():
    model, alone = Rows(), nn.Parameter(torch.tensor([2.0, -1.0]))
    settings = optimizer("adam", lr=0.1, clip=0.5, each="agent")
    optimizers = Optimizers(model, {"main": settings})
    single = torch.optim.Adam([alone], lr=0.1, eps=settings.eps)
    for moment in range(4):
        model.seen.clear()
        optimizers.update(model.learn, moment)
        turn = next(i for i, (a, b) in enumerate(zip(model.seen, [*model.seen[1:], model.weights["rows"]], strict=True))
                    if not torch.equal(a[0], b[0]))
        grad = model.seen[turn][0] - model.seen[turn].sum(0)
        alone.grad = grad * min(1.0, 0.5 / (float(grad.norm()) + 1e-6))
        single.step()
        torch.testing.assert_close(model.weights["rows"].detach()[0], alone.detach())


def test_orders_are_drawn_anew_and_follow_from_the_moment():
    def order(moment):
        model = Rows()
        Optimizers(model, {"main": optimizer("sgd", lr=0.1, clip=None, each="agent")}).update(model.learn, moment)
        stands = [*model.seen, model.weights["rows"].detach()]
        return tuple(int((a != b).any(1).nonzero()) for a, b in pairwise(stands))

    orders = [order(moment) for moment in range(60)]
    assert orders == [order(moment) for moment in range(60)]
    counts = {one: orders.count(one) for one in set(orders)}
    assert len(counts) == 6
    assert max(counts.values()) < 25


def test_statistics_of_rows_come_back():
    settings = {"main": optimizer("adam", lr=0.1, clip=None, each="agent")}
    one, other = Rows(), Rows()
    first = Optimizers(one, settings)
    first.update(one.learn, 1)
    held = {name: x.clone() for name, x in first.state().items()}
    assert {name.split("/")[0] for name in held} == {"main.0", "main.1", "main.2"}
    with torch.no_grad():
        other.weights["rows"].copy_(one.weights["rows"])
    second = Optimizers(other, settings)
    second.restore(held)
    for moment in (2, 3):
        first.update(one.learn, moment)
        second.update(other.learn, moment)
    assert torch.equal(one.weights["rows"], other.weights["rows"])
    with pytest.raises(KeyError):
        second.restore({name.replace("main.0", "main.7"): x for name, x in held.items()})
    with pytest.raises(ValueError, match="expected"):
        second.restore(held | {"main.0/rows/exp_avg": torch.zeros(3, 2)})


def test_several_steps_are_of_fresh_values():
    model = Two()
    Optimizers(model, {"main": optimizer("sgd", lr=0.1, clip=None, steps=3)}).update(model.learn)
    torch.testing.assert_close(model.weights["a"].detach(), torch.tensor([2.0, -1.0]) * 0.8**3)
    assert len(model.seen) == 3
