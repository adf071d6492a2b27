"""MADDPG and FACMAC: whom gradients of policies pass through, whose actions are replaced, and what targets are."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import draws, params, stored
from tests.specs.schemas import small_schema

TAPS = ("anew", "worth", "v_bar", "q_tot", "taken", "logits")


def model(name: str, *changes: str, taps: tuple[str, ...] = TAPS) -> Model:
    graph = build_graph(load(name, ["params.hidden=8", *changes]), small_schema())
    return Model(graph, seed=2, dtype=torch.float64, taps=taps)


def batch(of: Model) -> dict[str, Tensor]:
    return dict(fake_batch(stored(of), 0, batch=4, dtype=torch.float64).items())


@pytest.mark.parametrize("name", ["facmac", "maddpg"])
def test_who_trains_whom(name: str) -> None:
    of = model(name)
    assert {weight.partition(".")[0] for weight in of.trained_by("policy")} == {"policy"}
    assert {weight.partition(".")[0] for weight in of.trained_by("critic")} == {"critic", "mixer"} - (
        {"mixer"} if name == "maddpg" else set())
    assert {weight.partition(".")[0] for weight in of.programs["act"].needs("weight")} == {"policy"}


@pytest.mark.parametrize("name", ["facmac", "maddpg"])
def test_new_actions_are_one_available_action_each(name: str) -> None:
    of = model(name)
    fields = batch(of)
    anew = of.learn(fields, draws(of), params(of)).taps["anew"].detach()
    here = fields["steps"][..., None] & fields["active"]
    rows = anew[here]
    torch.testing.assert_close(rows.sort(-1).values[:, -1], torch.ones_like(rows[:, 0]))
    assert float(rows.sort(-1).values[:, :-1].abs().max()) < 1e-12
    assert fields["available"][here].gather(1, rows.argmax(-1, keepdim=True)).all()


def test_maddpg_replaces_one_agents_action_at_a_time() -> None:
    of = model("maddpg", taps=("joint", "anew", "taken", "worth"))
    fields = batch(of)
    taps = {k: x.detach() for k, x in of.learn(fields, draws(of), params(of)).taps.items()}
    joint, here = taps["joint"].unflatten(-1, (3, -1)), fields["present"][..., :3]
    for agent in range(3):
        for other in range(3):
            wanted = taps["anew" if other == agent else "taken"][:, :, other]
            both = here[..., agent] & here[..., other]
            torch.testing.assert_close(joint[:, :, agent, other][both], wanted[both])
    assert taps["worth"].shape[-1] == 3


@pytest.mark.parametrize(("name", "joint"), [("facmac", True), ("maddpg", False)])
def test_what_an_agents_policy_is_told_about_the_others_new_actions(name: str, joint: bool) -> None:
    """FACMAC's gradient is of what all policies do now, MADDPG's of one beside what the others did."""
    of = model(name)
    fields, drawn = batch(of), draws(of)
    found = of.learn(fields, drawn, params(of)).taps
    worth = found["worth"] if joint else found["worth"][..., 0]
    (reached,) = torch.autograd.grad(worth[fields["steps"]].sum(), found["anew"])
    assert reached[:, :, 0].any()
    assert bool(reached[:, :, 1].any()) is joint


def test_the_gradient_of_a_policy_is_the_critics_times_that_of_the_softmax() -> None:
    of = model("facmac")
    fields, drawn = batch(of), draws(of)
    found = of.learn(fields, drawn, params(of)).taps
    total = found["worth"][fields["steps"]].sum()
    (slope,) = torch.autograd.grad(total, found["anew"], retain_graph=True)
    (arrives,) = torch.autograd.grad(total, found["logits"], retain_graph=True)
    height = drawn["anew.height"].to(torch.float64).clamp(1e-7, 1 - 1e-7)
    y = (found["logits"].detach() - (-height.log()).log()).softmax(-1)
    torch.testing.assert_close(arrives, y * (slope - (y * slope).sum(-1, keepdim=True)))


def test_targets_are_of_lagged_policies_and_lagged_critics() -> None:
    of = model("facmac")
    fields, drawn = batch(of), draws(of)
    before = of.learn(fields, drawn, params(of)).taps["v_bar"].detach()
    with torch.no_grad():
        for w in of.weights.values():
            w.mul_(-2.0)
    assert torch.equal(of.learn(fields, drawn, params(of)).taps["v_bar"], before)
    of.follow()
    assert not torch.allclose(of.learn(fields, drawn, params(of)).taps["v_bar"], before)
