"""Loops through a delay: over whole episodes they give what their steps give one by one, with passes and without."""

from __future__ import annotations

import pytest
import torch

from compose.compiler.compile import compile
from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.compiler.numeric import attack
from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.proofs import prove
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from tests.marked import first

HEAD = "compose: 1\nname: delayed\nsummary: A delay.\nextends: qmix_attention_group_matching\n"
DELAY = """\
networks:
  utility:
    nodes:
      late: {block: previous, of: a, axes: batch time agent embed}
      q: {of: relu(a) + late}
"""
LOOP = """\
networks:
  utility:
    nodes:
      late: {block: previous, of: mixed, axes: batch time agent embed}
      mixed: {block: linear, of: relu(a) + late, to: embed}
      q: {of: mixed}
"""
FROM_HALF = LOOP.replace("of: mixed, axes", "of: mixed, start: 0.5, axes")
OTHER_ORDER = LOOP.replace("axes: batch time agent embed", "axes: agent batch embed time")
WITH_A_GRU = LOOP.replace("relu(a) + late, to: embed}", """h, to: embed}
      h: {block: gru, of: relu(a) + late, to: embed}""")
TWO_DELAYS = LOOP.replace("relu(a) + late, to: embed}", """relu(a) + late - later, to: embed}
      later: {block: previous, of: late + mixed, start: -1, axes: batch time agent embed}""")
COUNTER = """\
networks:
  utility:
    nodes:
      turn:   {block: previous, of: turn + 1, axes: batch time}
      q: {of: relu(a) * turn}
"""
ITSELF = "networks:\n  utility:\n    nodes:\n      late: {block: previous, of: late, start: 2, axes: batch time}\n" \
         "      q: {of: relu(a) * late}\n"
LOOPS = {"loop": LOOP, "start": FROM_HALF, "order": OTHER_ORDER, "gru": WITH_A_GRU, "two": TWO_DELAYS,
         "counter": COUNTER, "itself": ITSELF}


def graph_of(text: str) -> Graph:
    return build_graph(load_text(HEAD + text, name="delayed.yaml"), catalogue.schema("group_matching/small"))


def fields_of(model: Model) -> dict[str, torch.Tensor]:
    assert model.schema is not None
    return dict(fake_batch(model.schema, 1, batch=3, time=5, dtype=torch.float64))


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS)
def test_steps_one_by_one_are_the_whole(text: str) -> None:
    model = Model(graph_of(text), dtype=torch.float64, taps=("q",))
    fields = fields_of(model)
    found, state = model.learn(fields).taps["q"], model.initial_state(3)
    for step in range(5):
        acted = model.act({name: fields[name][:, step : step + 1] for name in model.programs["act"].fields}, state)
        state = acted.state
        torch.testing.assert_close(found[:, step], acted.values, rtol=1e-9, atol=1e-9)
    assert not torch.allclose(found[:, 1], found[:, 4])


@pytest.mark.parametrize("text", LOOPS.values(), ids=LOOPS)
def test_passes_change_nothing(text: str) -> None:
    graph = graph_of(text)
    fast, plain = Model(graph, dtype=torch.float64), Model(graph, dtype=torch.float64, passes=())
    fields = fields_of(fast)
    found = []
    for model in (fast, plain):
        total = model.learn(fields).totals["main"]
        total.backward()
        found.append([total, *(w.grad for w in model.weights.values())])
    given = plain._given("learn", fields, None, None)
    found.append([plain.programs["learn"].plain(given)["total:main"]])
    for other in found[1:]:
        for mine, theirs in zip(found[0], other, strict=False):
            torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-10)


def test_a_delay_that_states_its_axes_without_need_compiles() -> None:
    schema = catalogue.schema("group_matching/small")
    loaded = load_text(HEAD + DELAY, name="delayed.yaml")
    assert build_graph(loaded, schema).loops == {}
    assert compile(loaded, schema).initial_state(2)["q.late.previous"].shape == (2, 5, 64)


@pytest.mark.parametrize(("node", "why"), [
    ("{block: mean, of: late, over: time}", "its result has no axis 'time'"),
    ("{block: lambda_return, value: late, reward: env.reward, terminated: env.terminated, discount: 1, trace: 0.5}",
     "it reads other steps than its own"),
])
def test_what_reads_other_steps_stands_in_no_loop(node: str, why: str) -> None:
    text = LOOP.replace("of: relu(a) + late", "of: relu(a) + late + far") + f"      far: {node}\n"
    with pytest.raises(SpecError) as error:
        graph_of(text)
    assert "error[graph.loop]  networks.utility.nodes.far" in str(error.value)
    assert why in str(error.value)


LEAKS = {"unmasked": "      layers: {mask: true}\n",
         "all tokens": "      memory: {of: all}\n      all: {block: max, of: parts.body, over: entity}\n",
         "earlier tokens": "      tokens: {of: [mine + earlier.body, memory]}\n"
                           "      earlier: {block: split, of: late, along: token, into: {body: entity, memory: 1}}\n"
                           "      late: {block: previous, of: out, axes: batch time agent token embed}\n"}


@pytest.mark.parametrize("nodes", first((LEAKS["unmasked"],), LEAKS.values()), ids=LEAKS)
def test_what_a_memory_lets_through_is_no_proof(nodes: str) -> None:
    """UPDeT's memory is its agent's own only if it reads what the agent sees."""
    text = "compose: 1\nname: leak\nsummary: A leak.\nextends: qmix_updet\n" \
           "claims: {decentralised: null}\nnetworks:\n  utility:\n    nodes:\n"
    graph = build_graph(load_text(text + nodes, name="leak.yaml"), catalogue.schema("skirmish/3m"))
    found = {proof.name: proof for proof in attack(graph, prove(graph))}
    assert found["decentralised"].outcome == "refuted"
    assert {proof.name: proof.outcome for proof in prove(graph)}["decentralised"] == "not proved"


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_torch_compile_leaves_a_loop_as_it_is() -> None:
    graph = graph_of(LOOP)
    fast, plain = (Model(graph, seed=3, native=native) for native in (True, False))
    fields = {name: x.float() if x.is_floating_point() else x for name, x in fields_of(plain).items()}
    torch.testing.assert_close(fast.learn(fields).totals["main"], plain.learn(fields).totals["main"])
