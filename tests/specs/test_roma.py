"""ROMA: what roles are, what reaches them, and what they do to values."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import draws, episodes, gradients
from tests.specs.schemas import small_schema

SCHEMA = small_schema()
TAPS = ("q", "q.role", "q.role.mean", "q.role.variance", "divergence", "apart", "known")


def model(name: str = "roma", *settings: str) -> Model:
    return Model(build_graph(load(name, settings), SCHEMA), seed=3, dtype=torch.float64, taps=TAPS)


def taps(of: Model) -> dict[str, Tensor]:
    return {name: x.detach() for name, x in of.learn(episodes(), draws(of)).taps.items()}


def test_variances_stay_above_the_floor() -> None:
    of = model("roma", "params.floor=0.7")
    assert float(taps(of)["q.role.variance"].min()) == 0.7


@pytest.mark.parametrize("name", ["roma", "roma_attention", "roma_official"])
def test_pairs_lie_between_their_least_and_their_most(name: str) -> None:
    found, fields = taps(model(name)), episodes()
    here = fields["present"][..., :3].sum(-1) > 1
    for key in ("apart", "known"):
        pairs = found[key].flatten(2)[here]
        assert float(pairs.min()) == 0
        assert 1 - 1e-6 < float(pairs.max()) <= 1


def test_roles_are_told_without_the_memory_learning_from_it() -> None:
    of = model()
    total = of.learn(episodes(), draws(of)).taps["divergence"].sum()
    reached = {name for name, g in gradients(of, total).items() if g.any()}
    assert {name.rpartition(".")[0] for name in reached} == {
        f"role.{part}" for part in ("p_x", "p_n", "mean", "log_variance", "q_x", "q_n", "told_mean", "told_log")}


def test_a_narrow_role_makes_values_certain() -> None:
    of = model("roma", "params.floor=1e-14")
    with torch.no_grad():
        of.weights["role.log_variance.bias"].fill_(-200.0)
    first, second = (of.learn(episodes(), draws(of, seed)).taps["q"] for seed in (0, 1))
    torch.testing.assert_close(first, second, rtol=0, atol=1e-5)
    wide = model()
    assert not torch.allclose(*(wide.learn(episodes(), draws(wide, seed)).taps["q"] for seed in (0, 1)), atol=1e-3)


def test_a_head_of_constant_weights_is_a_linear_layer() -> None:
    of = Model(build_graph(load("roma"), SCHEMA), seed=3, dtype=torch.float64, taps=("q", "q.h"))
    with torch.no_grad():
        for name in ("w", "b"):
            of.weights[f"role.{name}.weight"].zero_()
    found = of.learn(episodes(), draws(of)).taps
    bias, hidden, actions = of.weights["role.w.bias"], *of.weights["role.w.bias"].shape
    assert (hidden, actions) == (64, 8)
    torch.testing.assert_close(found["q"], found["q.h"] @ bias + of.weights["role.b.bias"])


def test_the_released_loss_of_roles_is_above_log_2_for_positive_bits() -> None:
    of = model("roma_official", "params.entropy=1.0", "params.floor=5.0")
    assert float(of.learn(episodes(), draws(of)).losses["told"]) > math.log(2)


def test_other_numbers_of_other_agents_reach_released_actions_and_no_others() -> None:
    for name, alone in ("roma", True), ("roma_official", False):
        of, fields = model(name), episodes()
        before = of.learn(fields, draws(of)).taps["q"][:, :, 0]
        fields["observation"][:, :, 1] += 1
        after = of.learn(fields, draws(of)).taps["q"][:, :, 0]
        assert torch.equal(before, after) is alone
