"""Applications whose weights get no gradient: values are the same, what is wired to them is reached, they are not."""

from __future__ import annotations

import pytest
import torch

from compose.compiler.model import Model
from compose.compiler.passes import PASSES
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.load import load_text
from tests.compiler.cases import SCHEMA, episodes, gradients, largest

SPEC = """
compose: 1
name: frozen
summary: A critic of what an actor says, applied to train and applied to climb.
networks:
  head:
    inputs: {x: batch time agent Width}
    nodes: {y: {block: linear, of: x, to: 4, activation: tanh}, out: {block: linear, of: y, to: scalar}}
    returns: out
  critic:
    inputs: {x: batch time agent Width}
    nodes:
      inner: {network: head, x: x}
      h:     {block: gru, of: x, to: 3}
      q:     {block: linear, of: h, to: scalar}
      sum:   inner + q
    returns: sum
  actor:
    inputs: {x: batch time agent Width}
    nodes: {a: {block: linear, of: x, to: feature}}
    returns: a
graph:
  seen:  agents(env.entities)
  a:     {network: actor, x: seen}
  worth: {network: critic, x: seen + a FROZEN}
  value: {network: critic, x: seen}
  logits: {block: linear, of: a, to: action}
act: {choose: greedy, values: logits}
losses:
  climb: {of: -worth, mean: agent, optimizer: actor}
  fit:   {of: square(value - 1), mean: agent, optimizer: critic}
learner: {kind: replay, optimizers: {actor: {kind: sgd}, critic: {kind: sgd}}}
"""


def model(frozen: bool, passes: tuple[object, ...] = ()) -> Model:
    text = SPEC.replace("  fit:", "  imitate: {of: square(logits), mean: [agent, action], optimizer: actor}\n  fit:")
    text = text.replace(" FROZEN}", ", frozen: true}" if frozen else "}")
    if not frozen:
        text = text.replace("optimizer: actor}", "optimizer: critic}").replace("actor: {kind: sgd}, ", "")
    return Model(build_graph(load_text(text), SCHEMA), seed=5, dtype=torch.float64, passes=passes,  # type: ignore[arg-type]
                 taps=("worth", "value"))


@pytest.mark.parametrize("passes", [(), tuple(PASSES)], ids=["plain", "passes"])
def test_gradients_pass_through_and_not_into_it(passes: tuple[object, ...]) -> None:
    frozen, free = model(True, passes), model(False, passes)
    found, other = frozen.learn(episodes()), free.learn(episodes())
    torch.testing.assert_close(found.taps["worth"], other.taps["worth"], rtol=0, atol=0)
    mine, theirs = (gradients(of, one.taps["worth"].sum()) for of, one in ((frozen, found), (free, other)))
    for name in mine:
        if name.startswith("actor."):
            assert theirs[name].any()
            assert largest(mine[name], theirs[name]) < 1e-12
        else:
            assert not mine[name].any()
            assert theirs[name].any() or name.startswith("graph.")
    values = gradients(frozen, found.taps["value"].sum())
    assert all(values[name].any() for name in values if name.startswith(("critic.", "head.")))


def test_what_each_optimizer_trains() -> None:
    of = model(True)
    assert {name.partition(".")[0] for name in of.trained_by("actor")} == {"actor", "graph"}
    assert {name.partition(".")[0] for name in of.trained_by("critic")} == {"critic", "head"}
    proofs = {proof.name: proof.outcome for proof in prove(of.graph)}
    assert proofs["learning signal"] == "proved"


def test_the_same_inputs_frozen_and_not_are_two_values() -> None:
    text = SPEC.replace("seen + a FROZEN", "seen, frozen: true")
    text = text.replace("{of: -worth, mean: agent, optimizer: actor}",
                        "{of: square(logits), mean: [agent, action], optimizer: actor}")
    text = text.replace("square(value - 1)", "square(value - 1) + worth")
    of = Model(build_graph(load_text(text), SCHEMA), seed=5, dtype=torch.float64, taps=("worth", "value"))
    found = of.learn(episodes())
    torch.testing.assert_close(found.taps["worth"], found.taps["value"])
    still, moves = (gradients(of, found.taps[name].sum()) for name in ("worth", "value"))
    assert not any(g.any() for g in still.values())
    assert all(moves[name].any() for name in moves if name.startswith(("critic.", "head.")))
