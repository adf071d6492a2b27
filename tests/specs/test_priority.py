"""Hindsight priorities of episodes (PTM, Eq. 3): bounds, ties, several episodes of a task, one episode."""

from __future__ import annotations

import math
from functools import cache

import pytest
import torch
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.language.load import load, load_data
from compose.training.rollout import tensors

ENV = schema("group_matching:tasks=3x1+4x2+5x2,cells=3,limit=4")
SMALL = ["params.embed=8", "params.hyper=8", "params.hidden=8", "params.mixing=4", "params.heads=2"]
OVER_TASKS = {
    "compose": 1, "name": "over_tasks", "summary": "Priorities sum to one over tasks, shared by a task's episodes.",
    "extends": "qmix_attention_reweighted",
    "graph": {"is_task": {"block": "one_hot", "of": "env.task", "as": "task"},
              "shares": {"block": "mean", "of": "is_task", "over": "batch"},
              "share": {"block": "contract", "of": "is_task", "with": "shares", "over": "task"},
              "priority": {"of": "1 - solved - log(share)"}},
}  # fmt: skip
"""The softmax over the tasks of the batch instead of over its episodes."""


@cache
def model(of: str = "1 - solved") -> Model:
    spec = load("qmix_attention_reweighted", [*SMALL, f"graph.priority.of={of}"])
    return Model(build_graph(spec, ENV), dtype=torch.float64, passes=(), taps=("priority",))


def priorities(of: Model, rates: list[float], tasks: list[int]) -> Tensor:
    of.statistics["solved.rate"].copy_(torch.tensor(rates))
    fields = tensors(fake_batch(ENV, 0, batch=len(tasks), dtype=torch.float64))
    found = of.learn({**fields, "task": torch.tensor(tasks)}).taps["priority"]
    assert not found.requires_grad
    assert float(found.sum()) == pytest.approx(1)
    return found


def test_one_episode_weighs_one() -> None:
    assert priorities(model(), [0.3, 0.0, 1.0], [2]).tolist() == [1.0]


@pytest.mark.parametrize("rate", [0.0, 0.4, 1.0])
def test_equal_rates_are_equal_weights(rate: float) -> None:
    found = priorities(model(), [rate] * 3, [0, 1, 2, 2, 1])
    torch.testing.assert_close(found, torch.full((5,), 0.2, dtype=torch.float64))


def test_only_differences_of_rates_count() -> None:
    tasks = [0, 1, 2, 0, 0]
    one, other = (priorities(model(), [0.1 + more, 0.5 + more, 0.3 + more], tasks) for more in (0.0, 0.4))
    torch.testing.assert_close(one, other)


def test_the_hardest_of_many_weighs_as_much_as_the_paper_says() -> None:
    """One unsolved episode among 31 solved ones: e / (e + 31) = 0.081 of the weight, where equal ones have 0.031."""
    found = priorities(model(), [1.0, 0.0, 1.0], [1] + [0] * 31)
    assert float(found[0]) == pytest.approx(math.e / (math.e + 31))
    assert float(found[0] / found[1]) == pytest.approx(math.e)


def test_twice_the_episodes_are_twice_the_mass() -> None:
    """Over a batch, as written, what a task weighs against another grows with its episodes."""
    def odds(tasks: list[int]) -> float:
        found, task = priorities(model(), [0.2, 0.9, 0.0], tasks), torch.tensor(tasks)
        return float(found[task == 1].sum() / found[task == 0].sum())

    assert odds([0, 1, 1, 0]) == pytest.approx(odds([0, 1]))
    assert odds([0, 1, 1]) == pytest.approx(2 * odds([0, 1]))


def test_over_tasks_a_task_weighs_the_same_however_many_episodes_it_has() -> None:
    spec = load_data({**OVER_TASKS, "params": {"embed": 8, "hyper": 8, "hidden": 8, "mixing": 4, "heads": 2}})
    of = Model(build_graph(spec, ENV), dtype=torch.float64, passes=(), taps=("priority",))
    rates, wanted = [0.2, 0.9, 0.0], torch.tensor([0.8, 0.1]).softmax(0)
    for tasks in ([0, 1], [0, 1, 1], [1, 0, 0, 0, 1, 0]):
        found, task = priorities(of, rates, tasks), torch.tensor(tasks)
        for k in (0, 1):
            mine = found[task == k]
            assert float(mine.sum()) == pytest.approx(float(wanted[k]))
            assert float(mine.max() - mine.min()) < 1e-12


def test_a_low_temperature_stays_finite() -> None:
    found = priorities(model("(1 - solved) / 0.001"), [0.0, 0.5, 1.0], [0, 1, 2])
    torch.testing.assert_close(found, torch.tensor([1.0, 0, 0], dtype=torch.float64))
