"""Mistakes that typing a spec finds: one line changed in a sound spec, and the whole text of what is reported."""

from __future__ import annotations

import pytest

from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from tests.specs.schemas import small_schema

SOUND = """compose: 1
name: sound
summary: Sound until a line is changed.
params: {hidden: 8, alpha: 0.5, beta: {kind: linear, from: 1, to: 0.2, over: 100 env_steps}}
axes: {pair: 2 * agent, layer: 2}
networks:
  utility:
    inputs: {entities: batch time entity Width, visible: bool batch time agent entity}
    nodes:
      x: {block: linear, of: entities, to: hidden}
      a: {block: attention, queries: agents(x), keys: x, mask: visible, heads: 2, width: hidden, to: hidden}
      q: {block: linear, of: a, to: action}
    returns: {q: batch time agent action}
  block:
    inputs: {x: batch time agent Width}
    nodes:
      y: {block: linear, of: x, to: hidden}
    returns: y
graph:
  q:     {network: utility, entities: env.entities, visible: env.visible}
  taken: {block: take, of: q, index: env.action}
  stack: {network: block, repeat: layer, carry: x, x: q.a}
  both:  {block: concat, of: [taken, taken], along: agent, as: pair}
  q_tot: {block: sum, of: taken, over: agent}
act: {choose: greedy, values: q, where: env.available}
losses:
  td:    {of: square(q_tot - env.reward)}
  each:  {of: square(taken - env.reward), mean: agent, weight: alpha}
  small: {of: square(stack), mean: [agent, hidden], weight: 1 - beta}
  pairs: {of: square(both), mean: pair}
learner:
  kind: replay
  optimizers:
    main: {kind: adam}
claims: {igm: {joint: q_tot, status: proved}}
"""


def build(text: str, schema: EntitySchema | None = None) -> Graph:
    return build_graph(load_text(text, name="mine.yaml"), schema)


def report(old: str, new: str, schema: EntitySchema | None = None) -> list[str]:
    """What is said (``where: message (hint)``) once ``old`` is replaced by ``new`` in the sound spec."""
    assert old in SOUND
    with pytest.raises(SpecError) as error:
        build(SOUND.replace(old, new, 1), schema)
    found = error.value.diagnostics
    assert all(d.span is not None and d.span.file == "mine.yaml" for d in found), "every mistake has its place"
    return [f"{d.where}: {d.message}" + (f" ({d.hint})" if d.hint else "") for d in found]


@pytest.mark.parametrize("schema", [None, small_schema()])
def test_the_sound_spec_types(schema: EntitySchema | None) -> None:
    graph = build(SOUND, schema)
    assert not graph.notes
    assert str(graph.values["q_tot"].type) == "[batch time]"
    assert graph.joint is graph.values["q_tot"]
    assert set(graph.weights) >= {"utility.x.weight", "block.y.weight"}
    assert graph.weights["block.y.weight"].axes == ("layer", "hidden", "hidden")


MISTAKES = {
    "a network that is not there": (
        "{network: utility,", "{network: utilty,",
        ["graph.q.network: no network 'utilty' (Did you mean 'utility'?)"]),
    "a missing input": (
        ", visible: env.visible}", "}",
        ["graph.q: input 'visible' of network 'utility' is not wired (visible: bool[batch time agent entity])"]),
    "an unknown input": (
        ", visible: env.visible}", ", visible: env.visible, seen: env.visible}",
        ["graph.q.seen: network 'utility' has no input 'seen' (inputs: entities, visible)"]),
    "a misspelt input": (
        ", visible: env.visible}", ", visibel: env.visible}",
        ["graph.q.visibel: network 'utility' has no input 'visibel' (Did you mean 'visible'?)"]),
    "axes of another kind at an input": (
        "visible: env.visible}", "visible: env.present}",
        ["graph.q.visible: expected bool[batch time agent entity], got bool[batch time entity]: "
         "axis 'agent' is missing"]),
    "numbers where a mask belongs": (
        "visible: env.visible}", "visible: env.last_action}",
        ["graph.q.visible: expected bool[batch time agent entity], got [batch time agent action]"]),
    "a body that does not give what it states": (
        "returns: {q: batch time agent action}", "returns: {a: batch time agent action}",
        ["networks.utility.returns.a: the network returns [batch time agent action], "
         "but 'a' is [batch time agent hidden]"]),
    "a network that applies itself": (
        "      y: {block: linear, of: x, to: hidden}\n", "      y: {network: block, x: x}\n",
        ["networks.block.nodes.y.network: a network cannot apply itself: block -> block"]),
    "repeat without carry": (
        "repeat: layer, carry: x, x: q.a", "repeat: layer, x: q.a",
        ["graph.stack.repeat: `repeat` needs `carry`, the input that is fed back (inputs: x)"]),
    "repeat that changes the axes": (
        "      y: {block: linear, of: x, to: hidden}\n", "      y: {block: linear, of: x, to: action}\n",
        ["graph.stack.carry: [batch time agent hidden] goes in and [batch time agent action] comes out; "
         "they must be the same to repeat"]),
    "a name that is not there": (
        "of: square(q_tot - env.reward)", "of: square(qtot - env.reward)",
        ["losses.td.of: nothing here is called 'qtot' (Did you mean 'q_tot'?)"]),
    "a field without env": (
        "index: env.action", "index: action",
        ["graph.taken.index: nothing here is called 'action' (Did you mean 'env.action'?)"]),
    "a field that no environment has": (
        "index: env.action", "index: env.actoin",
        ["graph.taken.index: environments have no field 'actoin' (Did you mean 'env.action'?)"]),
    "a node that a network lacks": (
        "x: q.a}", "x: q.b}",
        ["graph.stack.x: 'q.b': network 'utility' has no node 'b' (it has: x, a, q)"]),
    "an output that a block lacks": (
        "of: square(both)", "of: square(both.sum)",
        ["losses.pairs.of: 'both' has no output 'sum' (its only output is itself)"]),
    "a shadow of a param": (
        "  taken: {", "  hidden: taken\n  taken: {",
        ["graph.hidden: 'hidden' is also a param (give the node another name)"]),
    "a shadow of an axis": (
        "  taken: {", "  layer: taken\n  taken: {",
        ["graph.layer: 'layer' is also an axis (give the node another name)"]),
    "a shadow of an input": (
        "      x: {block", "      visible: visible\n      x: {block",
        ["networks.utility.nodes.visible: 'visible' is also an input of the network (give the node another name)"]),
    "a node that nobody reads": (
        "  taken: {", "  spare: square(q)\n  taken: {",
        ["graph.spare: nothing reads 'spare' (read it from a loss or from `act`, or leave it out)"]),
    "a node of a network that nobody reads": (
        "      q: {block: linear, of: a", "      spare: relu(a)\n      q: {block: linear, of: a",
        ["networks.utility.nodes.spare: nothing reads 'spare' (read it from a loss or from `act`, or leave it out)"]),
    "an axis that a loss forgets": (
        ", mean: agent, weight: alpha", ", weight: alpha",
        ["losses.each.of: axis 'agent' of [batch time agent] is neither in 'mean' nor in 'sum' "
         "(average it, add it up, or mix it before the loss)"]),
    "an axis that a loss has not": (
        "of: square(q_tot - env.reward)", "of: square(q_tot - env.reward), mean: agent",
        ["losses.td.mean: no axis 'agent' in [batch time]"]),
    "an axis in mean and in sum": (
        "mean: agent, weight: alpha", "mean: agent, sum: agent, weight: alpha",
        ["losses.each.sum: axis 'agent' is in 'mean' and in 'sum'"]),
    "a loss over a mask": (
        "of: square(q_tot - env.reward)", "of: env.steps",
        ["losses.td.of: a loss needs numbers with an axis 'batch', got bool[batch time]"]),
    "a loss counted where there is no mask": (
        "mean: pair}", "mean: pair, where: env.reward}",
        ["losses.pairs.where: expected a mask, got [batch time]"]),
    "a loss counted over axes it has not": (
        "of: square(q_tot - env.reward)", "of: square(q_tot - env.reward), where: env.visible",
        ["losses.td.where: 'where' is bool[batch time agent entity]; "
         "the loss is [batch time] and has no axis 'agent'"]),
    "a negative weight": (
        "weight: alpha", "weight: alpha - 1",
        ["losses.each.weight: the weight is -0.5; a loss weight must not be negative"]),
    "a weight that becomes negative": (
        "weight: 1 - beta", "weight: beta - alpha",
        ["losses.small.weight: the weight can be -0.3 (it moves between -0.3 and 0.5); "
         "a loss weight must not be negative"]),
    "a weight that is no number": (
        "weight: alpha", "weight: env.reward",
        ["losses.each.weight: a weight is one number, got [batch time]"]),
    "an optimizer that is not there": (
        "mean: pair}", "mean: pair, optimizer: mian}",
        ["losses.pairs.optimizer: no optimizer 'mian' (Did you mean 'main'?)"]),
    "an optimizer that must be named": (
        "main: {kind: adam}", "main: {kind: adam}\n    other: {kind: adam}",
        [f"losses.{n}: several optimizers; the loss must say which one it trains (optimizer: main or other)"
         for n in ("td", "each", "small", "pairs")]),
    "values that are no action values": (
        "values: q,", "values: taken,",
        ["act.values: expected [batch time agent action], got [batch time agent]"]),
    "an axis to reduce that is not there": (
        "of: taken, over: agent", "of: taken, over: entity",
        ["graph.q_tot.over: no axis 'entity' in [batch time agent]"]),
    "a size that is no name": (
        "of: entities, to: hidden", "of: entities, to: hiden",
        ["networks.utility.nodes.x.to: 'hiden' is no axis and no param (Did you mean 'hidden'?)"]),
    "a size that is no whole number": (
        "of: entities, to: hidden", "of: entities, to: alpha",
        ["networks.utility.nodes.x.to: 'alpha' is 0.5; a size is a whole number of at least 1"]),
    "an axis whose size is its own": (
        "layer: 2", "layer: layer + 1",
        ["axes.layer: the size of 'layer' depends on itself: layer -> layer"]),
    "heads that do not divide the width": (
        "heads: 2", "heads: 3",
        ["networks.utility.nodes.a.heads: width 8 does not divide into 3 heads"]),
    "masks that are added": (
        "visible: env.visible}", "visible: env.visible + env.visible}",
        ["graph.q.visible: operand 1 of '+': expected numbers, got bool[batch time agent entity] "
         "(masks join with & | ~; use a `where` block to turn one into numbers)"]),
    "numbers joined like masks": (
        "visible: env.visible}", "visible: env.visible & env.reward}",
        ["graph.q.visible: operand 2 of '&': expected a mask (bool), got [batch time] "
         "(masks join with & | ~; use a `where` block to turn one into numbers)"]),
    "a sum that may be negative as a weight": (
        "{block: sum, of: taken, over: agent}", "{block: weighted_sum, of: taken, weights: taken, over: agent}",
        ["graph.q_tot.weights: 'weights' must not be negative, and this may be "
         "(make it positive with a `positive` block (softmax, abs, softplus, sigmoid))"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported(name: str) -> None:
    old, new, said = MISTAKES[name]
    assert report(old, new) == said


def test_a_cycle_is_reported_as_a_walk() -> None:
    found = report("of: x, to: hidden}\n    returns", "of: z, to: hidden}\n      z: x + y\n    returns")
    assert found == ["networks.block.nodes.z: cycle without a delay: y -> z -> y "
                     "(a loop must run through `previous`)"]


def test_networks_that_apply_each_other() -> None:
    two = SOUND.replace("graph:\n", """  one:
    inputs: {x: batch time agent Width}
    nodes: {y: {network: two, x: x}}
    returns: y
  two:
    inputs: {x: batch time agent Width}
    nodes: {y: {network: one, x: x}}
    returns: y
graph:
  odd: {network: one, x: q.a}
""", 1).replace("of: square(stack)", "of: square(odd)")
    two = two.replace("  stack: {network: block, repeat: layer, carry: x, x: q.a}\n", "")
    with pytest.raises(SpecError) as error:
        build(two)
    assert [d.message for d in error.value.diagnostics] == ["a network cannot apply itself: one -> two -> one"]


def test_axes_that_join_must_be_as_long_as_said() -> None:
    assert report("pair: 2 * agent", "pair: 3 * agent", small_schema()) == [
        "graph.both.as: 'pair' has 9 rows; agent + agent are 6"]


def test_one_network_has_one_shape_of_weights() -> None:
    sums = "  q_tot: {block: sum, of: taken, over: agent}"
    other = "  more: {network: block, x: env.last_action}\n  flat: {block: mean, of: more, over: hidden}\n"
    assert report(sums, other + sums.replace("of: taken", "of: flat")) == [
        "networks.block.nodes.y: weight 'block.y.weight' is [layer hidden hidden] in 'stack[0].y' "
        "and [hidden action] in 'more.y' "
        "(all applications of a network share its weights; make another network with `like`)"]


def test_all_mistakes_come_at_once_and_what_follows_from_one_is_silent() -> None:
    text = SOUND.replace("{network: utility,", "{network: utilty,").replace("weight: alpha", "weight: alpha - 1")
    with pytest.raises(SpecError) as error:
        build(text)
    assert [d.where for d in error.value.diagnostics] == ["graph.q.network", "losses.each.weight"]


def test_mistakes_of_a_network_are_said_once() -> None:
    text = SOUND.replace("of: entities, to: hidden", "of: entities, to: hiden").replace(
        "  taken: {", "  again: {network: utility, entities: env.entities, visible: true}\n  taken: {").replace(
        "of: square(q_tot", "of: square(again.x - q_tot")
    with pytest.raises(SpecError) as error:
        build(text)
    assert len(error.value.diagnostics) == 1


def test_a_field_that_this_environment_lacks_is_named() -> None:
    bare = small_schema()
    bare = bare.model_copy(update={"fields": {n: f for n, f in bare.fields.items() if n != "state"}})
    found = report("of: square(q_tot - env.reward)", "of: square(q_tot - env.state), mean: state", bare)
    assert found == ["losses.td.of: sound needs field 'state'; small has none"]


def test_inherited_nodes_that_nobody_reads_are_notes() -> None:
    child = """
compose: 1
name: child
summary: Drops the loss that read the mixer.
extends: qmix_attention
graph: {q_tot: {block: sum, of: taken, over: agent}}
"""
    graph = build(child)
    assert [n.message for n in graph.notes] == ["nothing reads the inherited 'w1'"]
    assert graph.notes[0].where == "graph.w1"


def test_an_abstract_spec_is_not_built() -> None:
    with pytest.raises(SpecError) as error:
        build(SOUND.replace("summary:", "abstract: true\nsummary:"))
    assert error.value.diagnostics[0].message == \
        "sound is abstract: it lacks what a child spec must add, and cannot be used alone"


def test_the_text_shows_file_line_and_a_caret() -> None:
    with pytest.raises(SpecError) as error:
        build(SOUND.replace("of: square(q_tot - env.reward)", "of: square(qtot - env.reward)"))
    assert str(error.value) == (
        "mine.yaml:27:22  error[name.unknown]  losses.td.of: nothing here is called 'qtot'\n"
        "  27 |   td:    {of: square(qtot - env.reward)}\n"
        "     |                      ^^^^ Did you mean 'q_tot'?"
    )
