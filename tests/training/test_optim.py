"""Optimizer steps against their equations, order, clipping, values that are not finite."""

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
