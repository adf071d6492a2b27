"""Several choices at once: logits of combinations that are sums are independent choices, whose draws and entropies they
have."""

from __future__ import annotations

import torch
from torch.distributions import Categorical

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.load import load_text
from tests.specs.schemas import small_schema

SPEC = """
compose: 1
name: two_choices
summary: An agent moves and says something, each by a choice of its own.
extends: ippo
params: {hidden: 8}
axes: {move: 4, say: 2}
networks:
  policy:
    nodes:
      scores: {to: move}
      words:  {block: linear, of: out, to: say}
    returns: {scores: batch time agent move}
    init: {gains: {words: 0.01}}
  critic:
    nodes: {words: null}
    init: {gains: {words: null}}
graph:
  pairs:   {block: flatten, of: scores + scores.words, axes: [move, say]}
  choices: {block: rename, of: pairs, axis: move*say, to: action}
  logits:  choices
act: {where: env.available}
"""


def test_sums_of_logits_are_independent_choices() -> None:
    schema = small_schema()
    graph = build_graph(load_text(SPEC), schema)
    assert {p.name: p.outcome for p in prove(graph)}["decentralised"] == "proved"
    model = Model(graph, dtype=torch.float64, taps=("scores", "scores.words", "log_pi", "spread"))
    fields = dict(fake_batch(schema, 0, dtype=torch.float64))
    fields |= {name: torch.zeros(x, dtype=torch.float64) for name, x in _played(model, fields).items()}
    taps = model.learn(fields).taps
    move, say = Categorical(logits=taps["scores"]), Categorical(logits=taps["scores.words"])
    action = fields["action"]
    torch.testing.assert_close(taps["log_pi"], move.log_prob(action // 2) + say.log_prob(action % 2))
    torch.testing.assert_close(taps["spread"], move.entropy() + say.entropy())


def _played(model: Model, fields: dict[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    stored = model.graph.stored
    assert stored is not None
    sizes = {**stored.sizes, "batch": len(fields["steps"]), "time": fields["steps"].shape[1]}
    return {name: tuple(sizes[axis] for axis in field.axes) for name, field in stored.fields.items()
            if name.startswith("played.")}
