"""Rewards standardised, and returns of some steps, against plain loops."""

from __future__ import annotations

import pytest
import torch

from tests.blocks.test_choices_and_groups import SCHEMA, SPEC, values
from tests.compiler.cases import episodes, inline


@pytest.mark.parametrize("n", [1, 2, 3, 40])
def test_n_step_returns(n: int) -> None:
    fields, found = values("{block: n_step_return, value: v, reward: env.reward, terminated: env.terminated, "
                           f"discount: 0.9, n: {n}}}")
    v, on, ends, reward = (fields[name] for name in ("v", "steps", "terminated", "reward"))
    for episode in range(4):
        for t in range(8):
            total, at = torch.zeros((), dtype=torch.float64), t
            while at < t + n and on[episode, at] and (at == t or not ends[episode, at - 1]):
                total += 0.9 ** (at - t) * reward[episode, at]
                at += 1
            if at == t or not ends[episode, at - 1]:
                total += 0.9 ** (at - t) * v[episode, at]
            torch.testing.assert_close(found[episode, t], total)
    if n == 1:
        _, target = values("{block: td_target, value: v, reward: env.reward, terminated: env.terminated, "
                           "discount: 0.9}")
        torch.testing.assert_close(found[on], target[on])


def stored(reward: torch.Tensor, on: torch.Tensor, steps: str) -> torch.Tensor:
    """Everything that counts, in a row."""
    return reward[on] if steps == "taken" else reward.masked_fill(~on, 0.0)[:, : int(on.sum(1).max())].flatten()


@pytest.mark.parametrize("steps", ["taken", "stored"])
def test_a_batch_standardises_itself(steps: str) -> None:
    fields, found = values(f"{{block: standardise_batch, of: env.reward, steps: {steps}, eps: 0.01}}")
    on, reward = fields["steps"], fields["reward"]
    seen = stored(reward, on, steps)
    torch.testing.assert_close(found[on], (reward[on] - seen.mean()) / (seen.std() + 0.01))
    assert found[~on].eq(0).all()


@pytest.mark.parametrize("steps", ["taken", "stored"])
def test_running_moments_are_those_of_all_batches(steps: str) -> None:
    """As many numbers as there were, of mean 0 and variance 1 for 1e-4 of one before, joined two by two."""
    text = SPEC.replace("IT", f"{{block: standardise, of: env.reward, steps: {steps}}}").replace(", mean: [MEAN]", "")
    model, all_seen = inline(text, SCHEMA, ("it",)), []
    number, mean, variance = 1e-4, 0.0, 1.0
    for batch in range(3):
        fields = episodes(batch, SCHEMA)
        fields["reward"] = fields["reward"] * (batch + 1) + batch
        seen = stored(fields["reward"], fields["steps"], steps)
        all_seen.append(seen)
        model.refresh(fields, {}, {})
        n, m, v = len(seen), float(seen.mean()), float(seen.var())
        variance = (variance * number + v * n + (m - mean) ** 2 * number * n / (number + n)) / (number + n)
        mean, number = mean + (m - mean) * n / (number + n), number + n
        it = model.learn(fields).taps["it"]
        torch.testing.assert_close(it, (fields["reward"] - mean) / variance**0.5)
        assert {name.split(".")[1]: float(x) for name, x in model.statistics.items()} == pytest.approx(
            {"number": number, "mean": mean, "variance": variance})
    assert mean == pytest.approx(float(torch.cat(all_seen).mean()), rel=1e-3)


def test_gae_is_the_lambda_return_less_the_value() -> None:
    """By its recursion (Schulman et al. 2016, Eq. 16), at true ends, where a time limit cuts, and beyond: 0."""
    fields, found = values("{block: lambda_return, value: v, reward: env.reward, terminated: env.terminated, "
                           "discount: 0.9, trace: 0.7}")
    v, on, ends, reward = (fields[name] for name in ("v", "steps", "terminated", "reward"))
    assert 0 < int(ends.sum()) < len(v), "some are cut"
    gae = torch.zeros_like(v)
    for t in reversed(range(v.shape[1] - 1)):
        error = reward[:, t] + 0.9 * v[:, t + 1] * ~ends[:, t] - v[:, t]
        gae[:, t] = on[:, t] * (error + 0.9 * 0.7 * gae[:, t + 1])
    torch.testing.assert_close(found - v, gae)


def test_n_step_returns_over_all_stored_steps() -> None:
    """EPyMARL's: rewards and values of steps that are not there are 0; the last state counts even if it is an end."""
    fields, found = values("{block: n_step_return, value: v, reward: env.reward, terminated: env.terminated, "
                           "discount: 0.9, n: 3, steps: stored}")
    v, on, reward = (fields[name] for name in ("v", "steps", "reward"))
    last = int(on.sum(1).max())
    for episode in range(4):
        for t in range(last):
            at = min(t + 3, last)
            total = sum(0.9 ** (k - t) * reward[episode, k] * on[episode, k] for k in range(t, at))
            total += 0.9 ** (at - t) * v[episode, at] * (on[episode, at] | (at == last))
            torch.testing.assert_close(found[episode, t], total)


AGENTS = """
compose: 1
name: normalised
summary: Values of agents, standardised in the batch and over all batches.
networks:
  critic:
    inputs: {entities: batch time entity Width}
    nodes: {v: {block: linear, of: agents(entities), to: scalar}}
    returns: v
graph:
  v:       {network: critic, entities: env.entities}
  y:       {block: lambda_return, value: v, reward: env.reward, terminated: env.terminated}
  count:   env.steps & agents(env.present)
  moments: {block: moments, by: env.task, of: y, where: count, rate: 1.0e-3, debias: true}
  it:      {block: standardise_batch, of: y, where: env.steps}
act: {choose: greedy, values: env.last_action}
losses: {all: {of: square(v - (y - moments.mean) / moments.scale) + square(v - it), mean: agent}}
learner: {kind: replay, optimizers: {main: {kind: adam}}}
"""


def test_values_of_agents_are_standardised_over_those_present() -> None:
    model = inline(AGENTS, SCHEMA, ("y", "it", "moments.mean", "moments.scale"))
    fields = episodes(0, SCHEMA)
    agents = fields["present"][..., : fields["action"].shape[2]]
    count = fields["steps"][..., None] & agents
    assert not bool(agents.all())
    before = model.learn(fields).taps
    assert before["moments.mean"].eq(0).all()
    assert before["moments.scale"].eq(1).all()
    seen = before["y"][count]
    torch.testing.assert_close(before["it"][count], (seen - seen.mean()) / (seen.std() + 1e-5))
    all_seen, tasks = [], fields["task"]
    for batch in range(2):
        fields["reward"] = fields["reward"] + 3 * batch
        model.refresh(fields)
        y = model.learn(fields).taps["y"]
        all_seen.append({int(k): y[tasks == k][count[tasks == k]] for k in tasks.unique()})
    found = model.learn(fields).taps
    for k in all_seen[0]:
        means = torch.stack([one[k].mean() for one in all_seen])
        squares = torch.stack([(one[k] ** 2).mean() for one in all_seen])
        mean, square = means.mean(), squares.mean()
        torch.testing.assert_close(found["moments.mean"][tasks == k][0], mean, rtol=2e-3, atol=1e-3)
        torch.testing.assert_close(found["moments.scale"][tasks == k][0], (square - mean**2).sqrt(), rtol=2e-3, atol=0)


def test_moments_of_whole_numbers_are_those_of_the_same_floats() -> None:
    text = AGENTS.replace("moments: {block: moments, by: env.task, of: y,",
                          "float:   {block: moments, by: env.task, of: env.action * 1.0, where: count}\n"
                          "  moments: {block: moments, by: env.task, of: env.action,")
    text = text.replace(", debias: true", "").replace("rate: 1.0e-3", "rate: 3.0e-4")
    model = inline(text.replace("moments.scale)", "moments.scale + 0 * float.mean)"), SCHEMA,
                   ("moments.mean", "moments.scale", "float.mean", "float.scale"))
    model.refresh(fields := episodes(0, SCHEMA))
    found = model.learn(fields).taps
    assert found["moments.mean"].ne(0).any()
    for name in ("mean", "scale"):
        torch.testing.assert_close(found[f"moments.{name}"], found[f"float.{name}"], rtol=0, atol=0)


def test_stored_steps_of_agents_are_of_those_who_are_there() -> None:
    graph = AGENTS.replace("{block: standardise_batch, of: y, where: env.steps}",
                           "{block: standardise_batch, of: y, where: env.steps, steps: stored}")
    model, fields = inline(graph, SCHEMA, ("y", "it")), episodes(0, SCHEMA)
    found, agents = model.learn(fields).taps, fields["present"][..., : fields["action"].shape[2]]
    count = fields["steps"][..., None] & agents
    number = int(fields["steps"].sum(1).max()) * int(count.any(1).sum())
    zeros = torch.zeros(number - int(count.sum()), dtype=torch.float64)
    stored = torch.cat([found["y"][count], zeros])
    torch.testing.assert_close(found["it"][count], (found["y"][count] - stored.mean()) / (stored.std() + 1e-5))
