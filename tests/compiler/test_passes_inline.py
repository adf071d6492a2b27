"""Small specs that might fool a pass: values and gradients against the plain form, with garbage wherever nothing should
read, and with every pass made as eager as it can be."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import pytest
from torch import Tensor

from compose.compiler.passes import PASSES, absent, batch, fuse, pack, regroup, share, split
from tests.compiler.cases import episodes
from tests.compiler.tiny import SCHEMA, differ, messy, spec
from tests.marked import first


@pytest.fixture(autouse=True, params=[False, True], ids=["", "eager"])
def eager(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do passes work on tensors however small?"""
    if request.param:
        monkeypatch.setattr(importlib.import_module("compose.compiler.passes.siblings"), "WORTH", 0)
        monkeypatch.setattr(importlib.import_module("compose.compiler.passes.absent"), "HEAVY", 0)


alone = pytest.mark.parametrize("eager", first((True,), (False, True)), ids=["", "eager"],
                                indirect=True)  # fmt: skip
"""One pass by itself: eager, or it leaves these tensors as they are."""


def every(cases: dict[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("text", list(cases.values()), ids=list(cases))


LOSSES = {text: spec("", f"other: {{of: taken, {text}}}") for text in (
    "sum: [time, agent]", "sum: [batch, agent]", "sum: [batch, time, agent]", "mean: agent, where: env.active",
    "mean: agent, where: env.steps | env.active", "mean: agent, where: ~env.steps", "mean: agent, where: true",
    "mean: agent, where: env.steps & ~env.active", "mean: agent, where: previous(env.steps)",
    "mean: agent, where: env.steps == env.active", "mean: agent, where: first(env.steps)",
    "mean: agent, count: all", "sum: agent, count: slots",
)}  # fmt: skip
"""Which steps and rows count; a loss beside it counts steps of the episode alone, so that there is something to
pack."""

TIMES = {text: spec(f"z: {text}", "other: {of: square(z) * taken, mean: agent}") for text in (
    "{block: mean, of: taken, over: time}", "{block: mean, of: taken, over: [time, agent], count: slots}",
    "{block: mean, of: taken, where: env.steps, over: time}", "{block: sum, of: taken, over: time}",
    "{block: softmax, of: taken, over: time}", "{block: max, of: taken, over: time}",
    "{block: softmax, of: taken, over: batch}", "{block: mean, of: taken, over: batch}",
    "{block: contract, of: taken, with: taken, over: time}", "previous(taken)",
    "previous(previous(taken))", "first(taken)",
)}  # fmt: skip
"""Steps that meet one another."""

AHEAD = spec("""
    s1: {block: sum, of: taken, over: agent}
    y1: {block: td_target, value: s1, reward: env.reward, terminated: env.terminated}
    y2: {block: td_target, value: y1, reward: env.reward, terminated: env.terminated}
    y3: {block: td_target, value: previous(y2), reward: env.reward, terminated: env.terminated}
    """, "a: {of: square(s1 - y2)}\nb: {of: square(s1 - y3)}")

PLACES = {text: spec(f"z: {text}\nw: {{block: linear, of: z, to: scalar}}", f"other: {{of: square(w), mean: [{axes}]}}")
          for text, axes in {
    "{block: concat, of: [env.agent_id, x]}": "agent, entity",
    "{block: concat, of: [first(x), ay, env.agent_id]}": "agent, entity",
    "{block: expand, of: x, along: agent}": "agent, entity", "{block: expand, of: x, along: layer}": "layer, entity",
    "{block: pool, of: first(x), over: entity, mask: env.visible}": "agent",
    "{block: linear, of: env.entities, to: [step, wide]}": "step, entity",
}.items()}  # fmt: skip
"""Operations that work out places of axes themselves, with batch and time joined into one."""

NAMES = {axis: spec(f"""
    z: {{block: linear, of: env.entities, to: [{axis}, wide]}}
    a: {{block: attention, queries: z, keys: z, mask: true, heads: 2, width: wide, to: wide}}
    w: {{block: linear, of: a, to: scalar}}""", f"other: {{of: square(w), mean: [entity, {axis}]}}")
    for axis in ("step", "head", "part")}  # fmt: skip
"""Axes called as something inside the compiler might be."""

ABSENT = {f"{block} {count}": spec(f"""
    z: {{block: {block}, of: y, over: entity, count: {count}}}
    w: {{block: linear, of: z, to: scalar}}""",
    f"other: {{of: square(w){', mean: entity' if block == 'softmax' else ''}}}")
    for block in ("mean", "sum", "softmax") for count in ("present", "slots", "all")} | {
    f"pool {by} {count} {mask}": spec(f"""
    z: {{block: pool, of: y, over: entity, by: {by}, count: {count}, mask: {mask}}}
    w: {{block: linear, of: z, to: scalar}}""",
    f"other: {{of: square(w){', mean: agent' if 'visible' in mask else ''}}}")
    for by, count, mask in (("mean", "slots", "~env.present"), ("sum", "all", "env.present"),
                            ("max", "all", "~env.visible"), ("sum", "all", "env.present | ~env.present"),
                            ("mean", "present", "env.visible & first(env.present)"))} | {
    f"attention {mask}": spec(f"""
    a: {{block: attention, queries: x, keys: x, mask: {mask}, heads: 2, width: wide, to: width}}
    b: {{block: attention, queries: a, keys: a, mask: {mask}, heads: 2, width: wide, to: width, bias: false}}
    c: {{block: mean, of: b, over: entity}}
    d: {{block: mean, of: b, over: entity, count: all}}
    o: {{block: linear, of: others(b), to: width}}
    e: {{block: mean, of: o, over: other, count: slots}}""", "other: {of: square(c + d + e), mean: width}")
    for mask in ("true", "env.present", "~env.present", "env.sight", "~env.sight", "first(env.present)")} | {
    f"loss {text}": spec("", f"other: {{of: square(y), mean: [entity, wide], {text}}}")
    for text in ("count: all", "count: slots", "where: env.steps & ~env.present, count: all")} | {
    "pairs": spec("""
    f: {block: rename, of: ay, axis: agent, to: "agent'"}
    d: f * ay
    m: {block: mean, of: d, over: agent}
    z: {block: mean, of: m, over: "agent'", count: all}""", "other: {of: square(z), mean: wide}"),
    "a width of agents": spec("""
    f: {block: flatten, of: taken, axes: agent}
    g: {block: linear, of: taken, to: agent}
    l: {block: linear, of: g, to: agent, bias: false}
    n: {block: linear, of: taken, to: agent, activation: relu}""",
        "other: {of: square(f - l) + n, mean: agent}"),
    "means of some": spec("""
    a: {block: mean, of: y, over: entity, where: env.present}
    b: {block: mean, of: y, over: entity, where: first(env.present)}
    c: {block: mean, of: y, over: entity, where: ~env.present, count: slots}
    d: {block: mean, of: y, over: entity, where: previous(env.present), count: all}""",
        "other: {of: square(a + 2 * b + c + d), mean: wide}"),
    "own of pairs": spec("""
    f: {block: rename, of: ay, axis: agent, to: "agent'"}
    l: {block: linear, of: f * ay, to: wide}
    z: {block: own, of: l}
    n: {block: linear, of: z, to: scalar}""", "other: {of: square(n), mean: agent}"),
    "own": spec("f: {block: expand, of: y, along: agent}\nz: {block: own, of: f}",
                "other: {of: square(z), mean: [agent, wide], count: all}"),
    "entities": spec("""
    f: {block: linear, of: entities(h), to: wide}
    z: {block: mean, of: f, over: entity, count: all}""", "other: {of: square(z), mean: wide}"),
    "joined": spec("""
    f: {block: concat, of: [ay, ay], along: agent, as: factor}
    z: {block: mean, of: f, over: factor, count: all}""", "other: {of: square(z), mean: wide}"),
    "two that are zero": spec("""
    s: {block: softmax, of: env.entities, over: entity}
    l: {block: linear, of: x, to: feature}
    m: {block: linear, of: x, to: feature}
    z: {block: contract, of: s * l, with: s * m, over: feature}
    n: {block: mean, of: z, over: entity, count: all}""", "other: {of: square(n)}"),
    "zero but for a bias": spec("""
    s: {block: softmax, of: env.entities, over: entity}
    l: {block: linear, of: s, to: wide}
    m: {block: linear, of: x, to: wide}
    c: {block: contract, of: l, with: m, over: wide}
    z: {block: mean, of: c, over: entity, count: all}
    o: {block: mean, of: l, over: entity, count: all}""", "other: {of: square(z + o), mean: wide}"),
    "values of all beside one's own": spec("""
    f: {block: concat, of: [ay, taken]}
    n: {block: linear, of: f, to: scalar}""", "other: {of: square(n), mean: agent}"),
    "a state of all": spec("""
    f: {block: gru, of: taken, to: width}
    g: {block: gru, of: taken, to: agent}""",
        "other: {of: square(f), mean: width}\nmore: {of: square(g), mean: agent}"),
    "a mask that counts absent rows": spec("""
    t: {block: linear, of: y, to: scalar}
    m: {block: mean, of: y, over: entity, where: t > 0, count: slots}""",
        "other: {of: square(m), mean: wide}\n"
        "more: {of: square(y), mean: [entity, wide], where: env.steps & (t > 0), count: slots}"),
    "indices": spec("""
    f: {block: one_hot, of: env.action, as: action}
    g: {block: linear, of: f, to: wide}
    m: {block: mean, of: g, over: agent, count: slots}""", "other: {of: square(m), mean: wide}"),
}  # fmt: skip
"""Who reads rows of absent agents and entities."""

CONSTANT = {f"{queries} {keys}{bias}": spec(f"""
    a: {{block: attention, queries: {queries}, keys: {keys}, mask: true, heads: 2, width: wide, to: width{bias}}}
    l: {{block: linear, of: a, to: wide{bias}}}
    n: {{block: linear, of: l, to: scalar{bias}}}
    m: {{block: mean, of: n, over: agent}}""", "other: {of: square(m + taken), mean: agent}")
    for queries in ("agents(x)", "first(agents(x))") for keys in ("x", "first(x)") for bias in ("", ", bias: false")}
"""Products in a row; some factors are constant over time."""

ROWS = {count: spec(f"""
    l: {{block: linear, of: x, to: [layer, wide]}}
    n: {{block: linear, of: l, to: [width, agent]}}
    s: n + n
    m: {{block: mean, of: s, over: [entity, layer], count: {count}}}
    k: {{block: mean, of: m, over: width}}
    o: k + 1
    p: {{block: mean, of: l * l, over: [wide, layer]}}
    r: {{block: mean, of: p, over: entity, count: {count}}}""", "other: {of: square(o + r), mean: agent}")
    for count in ("present", "slots", "all")}  # fmt: skip

STACK = """networks:
  block:
    inputs: {x: batch time agent width}
    nodes:
      y:   {block: linear, of: x, to: width, activation: tanh}
      out: x + y
    returns: out
"""
STACKS = {f"{tied} {target}": spec(f"""
    start:  {{block: linear, of: agents(env.entities), to: width}}
    stack:  {{network: block, repeat: layer, carry: x, x: start{tied}}}
    lagged: {{network: block, repeat: layer, carry: x, x: start{tied}{target}}}
    heads:  {{block: linear, of: stack.y, to: action, each: layer}}
    others: {{block: linear, of: lagged.y, to: action, each: layer{target}}}
    q:      {{block: mean, of: heads, over: layer}}
    taken:  {{block: take, of: q, index: env.action}}
    """, "small: {of: square(stack.y), mean: [agent, width], sum: layer, weight: 0.1}\n"
    "other: {of: square(others - q), mean: [agent, action], sum: layer}", "", STACK)
    for tied in ("", ", tied: true") for target in ("", ", target: true")}  # fmt: skip

VIEWS = """networks:
  u:
    inputs: {x: batch time entity Width, m: bool batch time agent entity}
    nodes:
      y: {block: linear, of: x, to: wide, activation: relu}
      a: {block: attention, queries: agents(y), keys: y, mask: m, heads: 2, width: wide, to: wide}
      z: {block: linear, of: a, to: width, activation: relu}
      h: {block: gru, of: z, to: width}
      n: {block: layer_norm, of: h}
      q: {block: linear, of: n, to: action}
    returns: {q: batch time agent action}
  v: {like: u}
"""


def views(masks: Sequence[str], inputs: Sequence[str]) -> str:
    """Two networks and a lagged copy of one, applied several times."""
    nodes = "".join(f"""
    q{i}: {{network: u, x: {x}, m: {m}}}
    p{i}: {{network: v, x: {x}, m: {m}}}
    t{i}: {{network: u, x: {x}, m: {m}, target: true}}
    d{i}: {{block: max, of: t{i}, over: action}}""" for i, (m, x) in enumerate(zip(masks, inputs, strict=True)))
    losses = "".join(f"f{i}: {{of: square(p{i} - q{i}), mean: [agent, action], count: {count}}}\n"
                     for i, count in enumerate(("present", "slots", "all")))
    return spec(nodes + """
    q: q0 + q1 + 0.5 * q2
    taken: {block: take, of: q, index: env.action}
    s: {block: mean, of: d0 + d1 + d2, over: agent}
    y: {block: td_target, value: s, reward: env.reward, terminated: env.terminated}
    """, losses + "td: {of: square(taken - y), mean: agent}", "", VIEWS)


TWICE = ("env.entities",) * 3
SIBLINGS = {
    "negated": views(("env.visible", "~env.visible", "true"), TWICE),
    "narrower": views(("env.visible", "env.visible & env.present", "first(env.visible)"), TWICE),
    "other inputs": views(("env.visible", "env.visible", "true"),
                          ("env.entities", "2 * env.entities", "previous(env.entities)")),
}
EVERYTHING = {**LOSSES, **TIMES, "ahead by two": AHEAD, **PLACES, **NAMES, **ABSENT, **CONSTANT, **ROWS, **STACKS,
              **SIBLINGS}


@alone
@every(EVERYTHING)
def test_all_passes(text: str) -> None:
    differ(text, PASSES)


@alone
@every({**LOSSES, **TIMES, **PLACES, **STACKS, "ahead by two": AHEAD})
def test_packing_alone(text: str) -> None:
    differ(text, (pack,))


@alone
@every({**ABSENT, **NAMES, **SIBLINGS})
def test_absent_rows_alone(text: str) -> None:
    differ(text, (pack, absent))
    differ(text, (split, regroup, pack, absent))


@alone
@every({**CONSTANT, **ROWS, **NAMES})
def test_pieces_and_products_alone(text: str) -> None:
    differ(text, (split,))
    differ(text, (split, regroup))


@alone
@every({**STACKS, **SIBLINGS})
def test_stacks_alone(text: str) -> None:
    differ(text, (share, batch, fuse))
    differ(text, (split, share, batch, fuse))


def test_the_noise_is_everywhere_but_where_something_was_recorded() -> None:
    clean, noisy = episodes(1, SCHEMA, batch=5), messy()

    def changed(name: str) -> Tensor:
        return (clean[name] != noisy[name]).flatten(3).any(-1) if clean[name].dim() > 3 else clean[name] != noisy[name]

    recorded, ever = clean["present"].any(-1), clean["present"].any(1)
    assert (changed("entities") == ~(recorded[:, :, None] & ever[:, None])).all()
    assert not changed("steps").any()
