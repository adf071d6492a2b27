"""HAPPO: agents step one after the other, and each knows by how much those before it have moved."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.optim import Optimizers
from tests.compiler.cases import stored
from tests.specs.schemas import small_schema

TAPS = ("log_pi", "advantage", "factor", "spread")
STEPS, RATE, CLIP, ENTROPY = 3, 0.05, 0.2, 0.01


def model(*changes: str) -> Model:
    small = ["params.hidden=6", f"learner.optimizers.policy={{kind: sgd, lr: {RATE}, each: agent, steps: {STEPS}}}"]
    return Model(build_graph(load("happo", [*small, *changes]), small_schema()), seed=1, dtype=torch.float64, taps=TAPS)


def batch(of: Model) -> dict[str, Tensor]:
    """Episodes that this policy has played."""
    fields = dict(fake_batch(stored(of), 0, batch=4, dtype=torch.float64).items())
    return fields | {"played.log_mu": of.learn(fields).taps["log_pi"].detach()}


def by_hand(of: Model, fields: dict[str, Tensor], order: list[int]) -> None:
    """The paper's Algorithm 4 with plain gradient steps: M starts as A, and is multiplied by ratios."""
    policy = {name: w for name, w in of.weights.items() if name.startswith("policy.")}
    factor = torch.ones_like(fields["reward"])
    for agent in order:
        count = fields["steps"] & fields["active"][..., agent]
        for _ in range(STEPS):
            taps = of.learn(fields).taps
            ratio = (taps["log_pi"] - fields["played.log_mu"])[..., agent].exp()
            goal = factor * taps["advantage"]
            surrogate = torch.minimum(ratio * goal, ratio.clamp(1 - CLIP, 1 + CLIP) * goal)
            loss = -(surrogate + ENTROPY * taps["spread"][..., agent])[count].mean()
            grads = torch.autograd.grad(loss, list(policy.values()))
            with torch.no_grad():
                for w, g in zip(policy.values(), grads, strict=True):
                    w[agent] -= RATE * g[agent]
        moved = of.learn(fields).taps["log_pi"].detach()[..., agent] - fields["played.log_mu"][..., agent]
        factor = factor * torch.where(fields["present"][..., agent], moved, 0.0).exp()


@pytest.mark.parametrize("order", ["given", "random"])
def test_an_update_is_the_algorithm_of_the_paper(order: str) -> None:
    mine, theirs = (model(f"learner.optimizers.policy.order={order}") for _ in range(2))
    fields = batch(mine)
    made = Optimizers(mine, mine.spec.learner.optimizers)
    taken: list[int] = []
    for index in range(3):
        of = made.optimizers[f"policy.{index}"]
        of.register_step_post_hook(lambda *_, index=index: taken.append(index))
    made.update(lambda: mine.learn(fields), moment=2)
    turns = taken[::STEPS]
    assert sorted(turns) == [0, 1, 2]
    assert (turns == [0, 1, 2]) is (order == "given")
    by_hand(theirs, fields, turns)
    moved = 0.0
    for name, w in theirs.weights.items():
        if name.startswith("policy."):
            torch.testing.assert_close(mine.weights[name], w, rtol=1e-9, atol=1e-12)
            moved += float((w - model().weights[name]).detach().abs().max())
    assert moved > 1e-4


def test_nobody_has_moved_before_the_first_step() -> None:
    of = model()
    assert (of.learn(batch(of)).taps["factor"] == 1).all()


def test_no_agents_policy_reads_anothers_weights() -> None:
    of = model()
    fields = batch(of)
    before = of.learn(fields).taps["log_pi"]
    with torch.no_grad():
        for name, w in of.weights.items():
            if name.startswith("policy."):
                w[1] += 0.1
    after = of.learn(fields).taps["log_pi"]
    here = fields["steps"]
    assert torch.equal(before[..., (0, 2)][here], after[..., (0, 2)][here])
    assert not torch.allclose(before[..., 1][here], after[..., 1][here])
