"""Drawn choices, returns and labels of groups: what they give on small cases, worked out in another way."""

from __future__ import annotations

import itertools

import pytest
import torch
from torch import Tensor

from compose.kernels.clusters import kmeans
from tests.compiler.cases import episodes, inline
from tests.specs.schemas import small_schema

SPEC = """
compose: 1
name: inline
summary: One block.
axes: {team: 3}
graph:
  x: {block: linear, of: agents(env.entities), to: action}
  v: {block: mean, of: x, over: [agent, action]}
  it: IT
losses:
  all: {of: square(x) + 0 * v, mean: [agent, action]}
  it: {of: 1.0 * it, mean: [MEAN]}
act: {choose: categorical, logits: x}
learner: {kind: on_policy, optimizers: {main: {kind: adam}}}
"""
SCHEMA = small_schema(4, 0, limit=7)


def values(node: str, mean: str = "", draws: dict[str, Tensor] | None = None) -> tuple[dict[str, Tensor], Tensor]:
    """Random episodes (with ``v`` and ``x`` among them) and the value of the block on them."""
    model = inline(SPEC.replace("IT", node).replace("MEAN", mean), SCHEMA, ("it", "v", "x"))
    fields = episodes(0, SCHEMA)
    drawn = model.draw("learn", 0, 0, torch.arange(4), steps=8) if draws is None else draws
    taps = model.learn(fields, drawn).taps
    return fields | {"v": taps["v"].detach(), "x": taps["x"].detach()}, taps["it"].detach()


def test_monte_carlo_returns() -> None:
    fields, found = values("{block: mc_return, reward: env.reward, discount: 0.9}")
    after = torch.zeros(4, dtype=torch.float64)
    for t in reversed(range(8)):
        after = fields["reward"][:, t] * fields["steps"][:, t] + 0.9 * after
        torch.testing.assert_close(found[:, t], after)


@pytest.mark.parametrize("trace", [0, 0.7, 1])
def test_lambda_returns(trace: float) -> None:
    """By the recursion backwards; 0 is the one-step target, 1 the Monte-Carlo return of a terminated episode."""
    fields, found = values("{block: lambda_return, value: v, reward: env.reward, terminated: env.terminated, "
                           f"discount: 0.9, trace: {trace}}}")
    v, on, ends, reward = (fields[name] for name in ("v", "steps", "terminated", "reward"))
    after = v[:, 7]
    for t in reversed(range(7)):
        goes_on = 0.9 * (~ends[:, t]) * ((1 - trace) * v[:, t + 1] + trace * after)
        after = torch.where(on[:, t], reward[:, t] + goes_on, v[:, t])
        torch.testing.assert_close(found[:, t], after)
    assert (~on[:, :7]).any()
    assert (ends.any(1) != ends.any(1).all()).any(), "some episodes are truncated"
    if trace == 0:
        _, target = values("{block: td_target, value: v, reward: env.reward, terminated: env.terminated, "
                           "discount: 0.9}")
        torch.testing.assert_close(found[on], target[on])
    if trace == 1:
        _, monte_carlo = values("{block: mc_return, reward: env.reward, discount: 0.9}")
        done = ends.any(1)[:, None] & on
        torch.testing.assert_close(found[done], monte_carlo[done])


def test_log_prob_of_an_index() -> None:
    fields, found = values("{block: log_prob, logits: x, index: env.action}", "agent")
    wanted = fields["x"].log_softmax(-1).gather(-1, fields["action"][..., None])[..., 0]
    torch.testing.assert_close(found[fields["steps"]], wanted[fields["steps"]])


def test_samples_follow_the_softmax() -> None:
    """Each draw inverts the cumulated probabilities; the shares of many draws are the probabilities."""
    heights = (torch.arange(8) + 0.5) / 8
    fields, found = values("{block: sample, logits: x, over: action}", "agent",
                           {"it.height": heights[None, :, None].expand(4, 8, 4)})
    below = (fields["x"].softmax(-1).cumsum(-1) <= heights[None, :, None, None]).sum(-1)
    assert torch.equal(found, below)


def test_draws_over_time_do_not_depend_on_the_cut() -> None:
    model = inline(SPEC.replace("IT", "{block: sample, logits: x, over: action}").replace("MEAN", "agent"), SCHEMA)
    whole = model.draw("learn", 3, 5, torch.tensor([8, 2]), steps=8)["it.height"]
    assert torch.equal(model.draw("learn", 3, 5, torch.tensor([2]), steps=3)["it.height"], whole[1:, :3])
    assert len(whole.unique()) == whole.numel()
    assert not torch.equal(model.draw("learn", 3, 6, torch.tensor([8, 2]), steps=8)["it.height"], whole)


def test_labels_in_turn() -> None:
    fields, found = values("{block: in_turn, where: agents(env.present), over: agent, into: team}", "agent")
    present = fields["present"]
    for rows, counts in zip(found.flatten(0, 1).tolist(), present.flatten(0, 1).tolist(), strict=True):
        labels = [label for label, counted in zip(rows, counts, strict=True) if counted]
        assert labels == [i % 3 for i in range(len(labels))]


def test_random_labels_are_uniform_over_as_many_as_rows_count() -> None:
    fields, found = values("{block: random_label, where: env.active, over: agent, into: team}", "agent")
    living = fields["active"].sum(-1, keepdim=True)
    assert (found < living.clamp(1, 3)).all()
    assert not found[~fields["active"]].any()
    model = inline(SPEC.replace("IT", "{block: random_label, where: env.active, over: agent, into: team}")
                   .replace("MEAN", "agent"), SCHEMA, ("it",))  # fmt: skip
    many = episodes(0, SCHEMA, batch=600)
    many["active"] = torch.ones_like(many["active"])
    labels = model.learn(many, model.draw("learn", 0, 0, torch.arange(600), steps=8)).taps["it"]
    shares = torch.bincount(labels.flatten(), minlength=3) / labels.numel()
    assert (shares - 1 / 3).abs().max() < 0.02


def inertia(points: Tensor, labels: Tensor) -> float:
    parts = [points[labels == k] for k in labels.unique()]
    return sum(float((part - part.mean(0)).square().sum()) for part in parts)


def test_kmeans_finds_the_best_of_all_partitions() -> None:
    """With many starts, against brute force over all labellings of six points that count."""
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(5, 8, 2, generator=generator, dtype=torch.float64)
    counts = torch.arange(8).expand(5, -1) < 6
    found = kmeans(points, counts, torch.rand(5, 40, 8, generator=generator), 2, 300)
    for one, labels in zip(points, found, strict=True):
        best = min(inertia(one[:6], torch.tensor(k)) for k in itertools.product(range(2), repeat=6))
        assert inertia(one[:6], labels[:6]) == pytest.approx(best, rel=1e-9)
        assert labels[6:].tolist() == [0, 0]


def test_kmeans_of_fewer_points_than_clusters_gives_each_its_own() -> None:
    points = torch.randn(1, 5, 2, generator=torch.Generator().manual_seed(0))
    counts = torch.tensor([[False, True, True, False, True]])
    labels = kmeans(points, counts, torch.rand(1, 3, 5), 4, 300)[0]
    assert sorted(labels[counts[0]].tolist()) == [0, 1, 2]


def test_kmeans_on_equal_points_ends() -> None:
    labels = kmeans(torch.zeros(2, 4, 2), torch.ones(2, 4, dtype=torch.bool), torch.rand(2, 2, 4), 3, 300)
    assert labels.max() < 3


def test_other_starts_may_swap_labels_but_not_groups() -> None:
    points = torch.tensor([[0.0, 0], [0.1, 0], [9, 9], [9.1, 9]]).expand(2, -1, -1)
    order = torch.tensor([[[4.0, 1, 3, 2]], [[3.0, 2, 4, 1]]])
    one, other = kmeans(points, torch.ones(2, 4, dtype=torch.bool), order, 2, 300)
    assert one.tolist() == [0, 0, 1, 1]
    assert other.tolist() == [1, 1, 0, 0]


@pytest.mark.parametrize("node", [
    "{block: td_target, value: v, reward: env.reward, terminated: env.terminated}",
    "{block: lambda_return, value: v, reward: env.reward, terminated: env.terminated, trace: 0.5}",
])
def test_no_gradient_passes_a_target(node: str) -> None:
    """Of a loss that multiplies the value with its target, only the value's own gradient is left."""
    text = SPEC.replace("IT", node).replace("{of: 1.0 * it, mean: [MEAN]}", "{of: v * it}")
    lines = [line for line in text.splitlines() if not line.startswith("  all:")]
    model, fields = inline("\n".join(lines), SCHEMA, ("it", "v")), episodes(0, SCHEMA)
    made, weights = model.learn(fields), list(model.weights.values())
    alone = (made.taps["v"] * made.taps["it"].detach() * fields["steps"]).sum() / fields["steps"].sum()
    wanted = torch.autograd.grad(alone, weights, retain_graph=True)
    assert any(g.any() for g in wanted)
    for found, own in zip(torch.autograd.grad(made.totals["main"], weights), wanted, strict=True):
        torch.testing.assert_close(found, own)
