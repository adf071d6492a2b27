"""What tensors hold at most while something is learned from."""

from __future__ import annotations

import pytest
import torch

from compose.compiler.held import _course, _Held, held
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.marked import first
from tests.specs.handful import handful
from tests.specs.packaged import METHODS
from tests.specs.schemas import small_schema


def test_what_is_held_at_once_is_counted() -> None:
    given = torch.ones(1000)
    with _Held() as count:
        x = given * 2  # 4000 bytes
        y = (x + 1).view(10, 100)[2:]  # as many, and views of them
        given.add_(1)  # nothing new
        assert (count.now, max(count.course)) == (8000, 8000)
        del x
        assert count.now == 4000
        z = y.sum()
        assert (count.now, max(count.course)) == (4004, 8000)
        del y
        assert count.now == 4
    assert float(z) > 0
    assert max(count.course) == 8000


def test_what_gradients_need_is_held() -> None:
    weight = torch.nn.Parameter(torch.ones(500))
    with _Held() as count:
        kept = (weight.exp().exp()).sum()  # both are kept, though no name holds them
        assert count.now == 2 * 2000 + 4
        torch.autograd.grad(kept, weight)
        assert max(count.course) >= 3 * 2000
    with _Held() as count, torch.no_grad():
        weight.exp().exp().sum()
        assert count.now < 2000


@pytest.mark.parametrize("name", first(handful(), METHODS))
def test_nothing_is_changed_and_more_episodes_hold_more(name: str) -> None:
    model = Model(build_graph(load(name), small_schema()), seed=1)
    state, random = {n: x.clone() for n, x in model.state_dict().items()}, torch.random.get_rng_state()
    steps = model.spec.learner.span(small_schema().sizes["time"])
    found = [held(model, batch, steps) for batch in (1, 2, 3, 10)]
    assert 0 < found[0] < found[1]
    assert found[3] - found[2] >= 0.999 * 7 * (found[2] - found[1])  # or more, at another moment
    assert all(torch.equal(x, state[n]) for n, x in model.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random)
    assert all(weight.grad is None for weight in model.weights.values())


def test_what_passes_leave_out_is_not_held() -> None:
    graph = build_graph(load("refil"), small_schema())
    assert held(Model(graph), 8, 9) < 0.8 * held(Model(graph, passes=()), 8, 9)


@pytest.mark.parametrize("name", ["refil", "qmix_attention", "opt"])
def test_twelve_episodes_hold_about_what_is_foretold(name: str) -> None:
    model = Model(build_graph(load(name), small_schema()), seed=1)
    assert held(model, 12, 9) == pytest.approx(max(_course(model, 12, 9)), rel=0.02)
