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
