"""TransfQMix: the mixer written out in plain torch, what its three tokens remember, and what an agent's token does."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from tests.compiler.cases import episodes
from tests.specs.schemas import small_schema

HEADS, WIDTH = 2, 4


def model() -> Model:
    graph = build_graph(load("transfqmix", [f"params.embed={WIDTH}", f"params.token_heads={HEADS}"]), small_schema())
    return Model(graph, seed=2, dtype=torch.float64, taps=("q", "q.parts.memory", "taken", "q_tot"))


def layers(w: dict[str, Tensor], network: str, x: Tensor, shown: Tensor) -> Tensor:
    """Tokens [batch token embed] through both layers; ``shown`` bool [batch token]."""
    for turn in range(2):
        q, k, v = (F.linear(x, w[f"{network}.a.{part}"][turn]).unflatten(-1, (HEADS, WIDTH)).transpose(1, 2)
                   for part in ("query", "key", "value"))
        allowed = (q @ k.transpose(-1, -2) / WIDTH**0.5).masked_fill(~shown[:, None, None], -torch.inf)
        read = (allowed.softmax(-1) @ v).transpose(1, 2).flatten(-2)
        read = F.linear(read, w[f"{network}.a.out"][turn], w[f"{network}.a.bias"][turn])
        x = F.layer_norm(x + read, [WIDTH], w[f"{network}.n1.gain"][turn], w[f"{network}.n1.bias"][turn])
        deep = F.linear(x, w[f"{network}.f1.weight"][turn], w[f"{network}.f1.bias"][turn]).relu()
        deep = F.linear(deep, w[f"{network}.f2.weight"][turn], w[f"{network}.f2.bias"][turn])
        x = F.layer_norm(x + deep, [WIDTH], w[f"{network}.out.gain"][turn], w[f"{network}.out.bias"][turn])
    return x


def test_the_mixer_is_a_transformer_whose_tokens_are_weights() -> None:
    of, fields = model(), episodes()
    w = {name: x.detach() for name, x in of.weights.items()}
    taps = {name: x.detach() for name, x in of.learn(fields).taps.items()}
    present, agents = fields["present"], 3
    kept = torch.zeros(4, 3, WIDTH, dtype=torch.float64)
    for time in range(taps["q_tot"].shape[1]):
        here = present[:, time]
        x = F.linear(fields["entities"][:, time], w["mixer.x.weight"], w["mixer.x.bias"])
        shown = torch.cat([here, here[:, :agents], torch.ones(4, 3, dtype=torch.bool)], 1)
        tokens = torch.cat([x, taps["q.parts.memory"][:, time], kept], 1)
        out = layers(w, "mixing", tokens, shown)
        first, (b1, w2, last) = out[:, 5:8].abs(), out[:, 8:].unbind(1)
        factors = taps["taken"][:, time].masked_fill(~here[:, :agents], 0.0)
        hidden = F.elu(torch.einsum("bn,bne->be", factors, first) + b1)
        offset = (last @ w["mixer.offset.weight"] + w["mixer.offset.bias"]).relu()
        steps = fields["steps"][:, time]
        torch.testing.assert_close(taps["q_tot"][:, time][steps], ((hidden * w2.abs()).sum(-1) + offset)[steps])
        kept = out[:, 8:]


def test_what_was_seen_earlier_is_in_the_token() -> None:
    of, fields = model(), episodes()
    other = {**fields, "entities": fields["entities"].clone()}
    other["entities"][:, 1] += 1
    before, after = (of.learn(one).taps["q"].detach() for one in (fields, other))
    assert torch.equal(before[:, 0], after[:, 0])
    late = fields["steps"][:, 3] & fields["present"][:, 3, 0]
    assert late.any()
    assert not torch.allclose(before[late, 3, 0], after[late, 3, 0])


def test_a_utility_is_the_tokens_alone() -> None:
    of, fields = model(), episodes()
    taps = of.learn(fields).taps
    torch.testing.assert_close(taps["q"], F.linear(taps["q.parts.memory"], of.weights["utility.q.weight"],
                                                   of.weights["utility.q.bias"]))
