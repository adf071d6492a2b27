"""Normal draws, batch norm and Gaussians against torch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal, TanhTransform, TransformedDistribution, kl_divergence

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from tests.compiler.cases import episodes
from tests.specs.schemas import small_schema

SCHEMA = small_schema()
SPEC = """
compose: 1
name: tiny
summary: A node of one block.
extends: iql
params: {{width: 5}}
networks:
  utility:
    nodes:
      x: {{to: width}}
      y: {node}
      h: {{of: y}}
"""


def model(node: str, schema: Any = SCHEMA) -> Model:
    graph = build_graph(load_text(SPEC.format(node=node)), schema)
    return Model(graph, seed=3, dtype=torch.float64, taps=("q.x", "q.y"))


def learned(of: Model, fields: dict[str, Tensor], seed: int = 0) -> tuple[Tensor, Tensor]:
    drawn = of.draw("learn", seed, 0, torch.arange(len(fields["present"])), steps=SCHEMA.limit + 1)
    taps = of.learn(fields, drawn).taps
    return taps["q.x"], taps["q.y"]


def test_draws_are_standard_normal() -> None:
    of = model("{block: sample_gaussian, mean: x, variance: 4}", small_schema(limit=60))
    drawn = of.draw("learn", 0, 0, torch.arange(300), steps=61)["q.y.noise"].double()
    assert drawn.shape == (300, 61, 3, 5)
    assert abs(float(drawn.mean())) < 0.01
    assert abs(float(drawn.std()) - 1) < 0.01
    assert abs(float((drawn**4).mean()) - 3) < 0.05
    assert float((drawn[:, 1:] * drawn[:, :-1]).mean()) < 0.01
    fields = episodes()
    x, y = learned(model("{block: sample_gaussian, mean: x, variance: 4}"), fields)
    noise = of.draw("learn", 0, 0, torch.arange(4), steps=7)["q.y.noise"]
    assert noise.shape == x.shape == y.shape


def test_gumbel_draws_are_of_the_softmax_and_their_gradient_is_its_own() -> None:
    wide = small_schema(limit=400)
    node = "{block: gumbel_softmax, logits: x, over: width, temperature: 0.5}"
    of, soft = model(node, wide), model(node.replace("}", ", hard: false}"), wide)
    fields = episodes(0, wide)
    drawn = of.draw("learn", 0, 0, torch.arange(4), steps=401)
    (x, y), (_, smooth) = ((found["q.x"], found["q.y"]) for found in (m.learn(fields, drawn).taps for m in (of, soft)))
    assert torch.equal(y.detach().round().sum(-1), torch.ones_like(y[..., 0]))
    assert ((y.detach() - y.detach().round()).abs() < 1e-12).all()
    assert torch.equal(y.argmax(-1), smooth.argmax(-1))
    height = drawn["q.y.height"].double().clamp(1e-7, 1 - 1e-7)
    torch.testing.assert_close(smooth, ((x - (-height.log()).log()) / 0.5).softmax(-1))
    weight = torch.randn(y.shape, dtype=y.dtype, generator=torch.Generator().manual_seed(0))
    hard_slope, soft_slope = (torch.autograd.grad((z * weight).sum(), list(m.weights.values()), allow_unused=True)
                              for z, m in ((y, of), (smooth, soft)))
    for a, b in zip(hard_slope, soft_slope, strict=True):
        assert (a is None and b is None) or torch.allclose(a, b)
    counts, chances = y.detach().mean((0, 1, 2)), x.detach().softmax(-1).mean((0, 1, 2))
    torch.testing.assert_close(counts, chances, rtol=0, atol=0.03)


@pytest.mark.parametrize("drawn", ["step", "episode"])
def test_an_episodes_draw_holds_for_all_its_steps(drawn: str) -> None:
    of, numbers = model(f"{{block: sample_gaussian, mean: x, variance: 1, drawn: {drawn}}}"), torch.arange(2)
    acted = [of.draw("act", 0, step, numbers)["q.y.noise"] for step in range(3)]
    assert acted[0].shape == ((2, 1, 3, 5) if drawn == "step" else (2, 3, 5))
    assert torch.equal(acted[0], acted[1]) is torch.equal(acted[1], acted[2]) is (drawn == "episode")
    assert not torch.equal(*(of.draw("act", 0, 0, numbers + k)["q.y.noise"] for k in (0, 2))), "episodes differ"
    updates = [of.draw("learn", 0, update, numbers, steps=3)["q.y.noise"] for update in (0, 1)]
    assert not torch.equal(*updates), "every update draws anew"


def test_batch_norm_of_all_rows_is_torchs_in_training() -> None:
    of, fields = model("{block: batch_norm, of: x, count: all}"), episodes()
    x, y = learned(of, fields)
    for step in range(x.shape[1]):
        norm = torch.nn.BatchNorm1d(5, dtype=torch.float64)
        torch.testing.assert_close(y[:, step].flatten(0, 1), norm(x[:, step].flatten(0, 1)))


def test_batch_norm_leaves_out_who_is_absent_and_what_was_not_played() -> None:
    of, fields = model("{block: batch_norm, of: x}"), episodes()
    x, y = learned(of, fields)
    here = fields["present"][..., :3]
    assert not here.all()
    for step in range(x.shape[1]):
        rows, found = x[:, step][here[:, step]], y[:, step][here[:, step]]
        if len(rows) > 1:
            torch.testing.assert_close(found, torch.nn.BatchNorm1d(5, dtype=torch.float64)(rows))
    fields["observation"][~here] = 7.0
    torch.testing.assert_close(learned(of, fields)[1][here], y[here])


def test_a_single_row_is_its_bias() -> None:
    alone = small_schema(1, 0)
    of = model("{block: batch_norm, of: x, over: agent}", alone)
    assert float(of.learn(episodes(schema=alone)).taps["q.y"].detach().abs().max()) == 0


@pytest.mark.parametrize(("node", "said"), [
    ("{block: batch_norm, of: x, over: [batch, time]}", "'time' cannot be averaged over"),
    ("{block: batch_norm, of: x, over: [batch, width]}", "'width' cannot be averaged over"),
    *((f"{{block: batch_norm, of: x, over: entity, count: {count}}}", "no axis 'entity'")
      for count in ("present", "all")),
    ("{block: min_max, of: x, over: time}", "'time' cannot be compared"),
    ("{block: sample_gaussian, mean: x, variance: x}", "'variance' must not be negative, and this may be"),
    ("{block: sample_gaussian, mean: x, variance: 1, drawn: update}", "expected 'step' or 'episode'"),
    ("{block: shifts, of: x, over: agent, as: action}", "'action' has 8 rows, 'agent' has 3"),
    ("{block: shifts, of: x, over: time, as: width}", "rows of 'time' cannot be shifted"),
    ("{block: shifts, of: x, over: agent, as: agent}", "already has an axis 'agent'"),
])  # fmt: skip
def test_mistakes_are_told(node: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        model(node)


def test_closed_forms_are_torchs() -> None:
    ports = {"gaussian_entropy": "variance: square(x) + 0.5",
             "gaussian_kl": "mean: x, variance: square(x) + 0.5, to_mean: 1 - x, to_variance: 2",
             "gaussian_log_prob": "of: 1 - x, mean: x, variance: square(x) + 0.5"}
    for block, wired in ports.items():
        x, y = learned(model(f"{{block: {block}, {wired}}}"), episodes())
        p, r = Normal(x, (x**2 + 0.5).sqrt()), Normal(1 - x, 2**0.5)
        wanted = {"gaussian_entropy": p.entropy, "gaussian_kl": lambda: kl_divergence(p, r),  # noqa: B023
                  "gaussian_log_prob": lambda: p.log_prob(1 - x)}[block]()  # noqa: B023
        torch.testing.assert_close(y, wanted)
    x, y = learned(model("{block: squashed_gaussian_log_prob, of: tanh(1 - x), mean: x, variance: square(x) + 0.5}"),
                   episodes())
    p = TransformedDistribution(Normal(x, (x**2 + 0.5).sqrt()), TanhTransform(cache_size=1))
    torch.testing.assert_close(y, p.log_prob((1 - x).tanh()))
    x, y = learned(model("{block: gaussian_kl, mean: x, variance: 2, to_mean: x, to_variance: 2}"), episodes())
    assert float(y.detach().abs().max()) == 0
