from __future__ import annotations

import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compose.language.diagnostics import Path, Span, SpecError
from compose.language.dump import dump
from compose.language.merge import merge
from compose.language.source import load
from compose.language.tree import Node, plain

BASE = """\
    params: {embed: 8, alpha: {kind: linear, from: 1, to: 0, over: 5 updates}}
    networks:
      u:
        inputs: {x: batch time Width, m: bool batch}
        nodes:
          a: {block: linear, of: x, to: embed, bias: true}
          b: a + 1
        returns: b
      w: {like: u}
    graph:
      q: {network: u, x: env.state, m: env.present}
      t: {block: take, of: q, index: env.action}
    act: {choose: greedy, values: q}
    losses:
      td: {of: square(t), weight: 2, mean: agent}
    learner:
      kind: replay
      replay: {batch: 32}
      optimizers: {main: {kind: adam, lr: 0.1, clip: 1}}
    """


def data(build: Any, child: str) -> dict[str, Any]:
    found: dict[str, Any] = build(base=BASE, child="extends: ./base.yaml\n" + textwrap.dedent(child)).data
    return found


def wrong(explain: Any, child: str) -> str:
    text: str = explain(base=BASE, child="extends: ./base.yaml\n" + textwrap.dedent(child))
    return text


def test_mappings_merge_and_everything_else_replaces(build: Any) -> None:
    found = data(build, """\
        params: {embed: 16}
        graph: {q: {x: env.observation}}
        losses: {td: {mean: [agent, entity]}}
        learner: {replay: {batch: 8}}
        """)
    assert found["params"]["embed"] == 16
    assert found["graph"]["q"] == {"network": "u", "x": "env.observation", "m": "env.present"}
    assert found["losses"]["td"] == {"of": "square(t)", "weight": 2, "mean": ["agent", "entity"]}
    assert found["learner"]["replay"] == {"batch": 8}
    assert found["learner"]["optimizers"]["main"]["lr"] == 0.1


@pytest.mark.parametrize(("child", "at", "value"), [
    ("graph: {t: {block: max, of: q}}", "graph.t", {"block": "max", "of": "q"}),
    ("graph: {t: {network: u, x: q, m: q}}", "graph.t", {"network": "u", "x": "q", "m": "q"}),
    ("graph: {t: {block: take, index: best}}", "graph.t", {"block": "take", "of": "q", "index": "best"}),
    ("losses: {td: {of: t}}", "losses.td", {"of": "t"}),
    ("losses: {td: {of: square(t), weight: 1}}", "losses.td", {"of": "square(t)", "weight": 1, "mean": "agent"}),
    ("params: {alpha: {kind: constant, to: 1}}", "params.alpha", {"kind": "constant", "to": 1}),
    ("params: {alpha: {to: 3}}", "params.alpha", {"kind": "linear", "from": 1, "to": 3, "over": "5 updates"}),
    ("params: {alpha: 1}", "params.alpha", 1),
    ("params: {embed: {kind: constant, to: 1}}", "params.embed", {"kind": "constant", "to": 1}),
    ("act: {choose: categorical, logits: q}", "act", {"choose": "categorical", "logits": "q"}),
    ("learner: {optimizers: {main: {kind: rmsprop}}}", "learner.optimizers.main", {"kind": "rmsprop"}),
    ("learner: {kind: on_policy}", "learner", {"kind": "on_policy"}),
    ("networks: {u: {nodes: {b: a}}}", "networks.u.nodes.b", "a"),
    ("networks: {u: {nodes: {b: {block: linear, of: a}}}}", "networks.u.nodes.b", {"block": "linear", "of": "a"}),
    ("networks: {u: {nodes: {a: x}}}", "networks.u.nodes.a", "x"),
    ("networks: {u: {nodes: {a: 1}}}", "networks.u.nodes.a", 1),
    ("networks: {u: {replace: true, nodes: {c: x}, returns: c}}", "networks.u", {"nodes": {"c": "x"}, "returns": "c"}),
])
def test_a_changed_tag_replaces(build: Any, child: str, at: str, value: Any) -> None:
    found: Any = data(build, child)
    for name in at.split("."):
        found = found[name]
    assert found == value


@pytest.mark.parametrize(("child", "at"), [
    ("params: {embed: null}", "params.embed"), ("graph: {t: null}", "graph.t"), ("graph: {q: {m: null}}", "graph.q.m"),
    ("networks: {w: null}", "networks.w"), ("networks: {u: {inputs: {m: null}}}", "networks.u.inputs.m"),
    ("networks: {u: {nodes: {a: null}}}", "networks.u.nodes.a"), ("networks: {u: {nodes: {a: {bias: null}}}}",
    "networks.u.nodes.a.bias"),
    ("losses: {td: null}", "losses.td"), ("learner: {optimizers: {main: null}}", "learner.optimizers.main"),
])
def test_null_deletes_members_of_open_maps(build: Any, child: str, at: str) -> None:
    found: Any = data(build, child)
    *path, last = at.split(".")
    for name in path:
        found = found[name]
    assert last not in found


@pytest.mark.parametrize(("child", "at"), [
    ("losses: {td: {mean: null}}", "losses.td.mean"), ("learner: {optimizers: {main: {clip: null}}}",
    "learner.optimizers.main.clip"),
    ("act: {values: null}", "act.values"), ("claims: null", "claims"),
])
def test_null_is_a_value_elsewhere(build: Any, child: str, at: str) -> None:
    found: Any = data(build, child)
    for name in at.split("."):
        found = found[name]
    assert found is None


def test_patches_and_deletions_must_hit(explain: Any) -> None:
    assert wrong(explain, """\
        params: {embd: null, gamma: {to: 1}, embed: {to: 1}}
        networks:
          uu: {nodes: {a: {to: 1}}}
          u: {nodes: {b: {of: x}, c: {of: x}, a: {biass: null}}}
        graph: {tt: {of: q}}
        losses: {dt: {weight: 1}}
        learner: {optimizers: {other: {lr: 1}}}
        """) == textwrap.dedent("""\
        child.yaml:3:10  error[merge.delete]  params.embd: nothing to delete: there is no parameter 'embd'
          3 | params: {embd: null, gamma: {to: 1}, embed: {to: 1}}
            |          ^^^^ Did you mean 'embed'?

        child.yaml:3:22  error[merge.patch]  params.gamma: nothing to patch: there is no parameter 'gamma'
          3 | params: {embd: null, gamma: {to: 1}, embed: {to: 1}}
            |                      ^^^^^ a new parameter needs kind:

        child.yaml:3:38  error[merge.patch]  params.embed: nothing to patch: 'embed' is a single value here
          3 | params: {embd: null, gamma: {to: 1}, embed: {to: 1}}
            |                                      ^^^^^ a new parameter needs kind:

        child.yaml:5:3  error[merge.patch]  networks.uu: nothing to patch: there is no network 'uu'
          5 |   uu: {nodes: {a: {to: 1}}}
            |   ^^ Did you mean 'u'?

        child.yaml:6:15  error[merge.patch]  networks.u.nodes.b: nothing to patch: 'b' is an expression here
          6 |   u: {nodes: {b: {of: x}, c: {of: x}, a: {biass: null}}}
            |               ^ a new node needs block: or network:

        child.yaml:6:27  error[merge.patch]  networks.u.nodes.c: nothing to patch: there is no node 'c'
          6 |   u: {nodes: {b: {of: x}, c: {of: x}, a: {biass: null}}}
            |                           ^ a new node needs block: or network:

        child.yaml:6:43  error[merge.delete]  networks.u.nodes.a.biass: nothing to delete: there is no field 'biass'
          6 |   u: {nodes: {b: {of: x}, c: {of: x}, a: {biass: null}}}
            |                                           ^^^^^ Did you mean 'bias'?

        child.yaml:7:9  error[merge.patch]  graph.tt: nothing to patch: there is no node 'tt'
          7 | graph: {tt: {of: q}}
            |         ^^ Did you mean 't'?

        child.yaml:8:10  error[merge.patch]  losses.dt: nothing to patch: there is no loss 'dt'
          8 | losses: {dt: {weight: 1}}
            |          ^^ a new loss needs of:

        child.yaml:9:24  error[merge.patch]  learner.optimizers.other: nothing to patch: there is no optimizer 'other'
          9 | learner: {optimizers: {other: {lr: 1}}}
            |                        ^^^^^ a new optimizer needs kind:""")


def test_a_spec_without_parents_is_a_patch_on_nothing(explain: Any) -> None:
    assert explain(one="graph:\n  q: {of: x}\n  z: null\n  f: {block: linear, bias: null}\n") == textwrap.dedent("""\
        one.yaml:3:3  error[merge.patch]  graph.q: nothing to patch: there is no node 'q'
          3 |   q: {of: x}
            |   ^ a new node needs block: or network:

        one.yaml:4:3  error[merge.delete]  graph.z: nothing to delete: there is no node 'z'
          4 |   z: null
            |   ^

        one.yaml:5:22  error[merge.delete]  graph.f.bias: nothing to delete: there is no field 'bias'
          5 |   f: {block: linear, bias: null}
            |                      ^^^^""")


def test_what_is_said_about_one_file_is_not_inherited(build: Any) -> None:
    document = build(base="""\
        name: base
        summary: A base.
        abstract: true
        paper: {year: 2020}
        example_env: group_matching
        claims: {igm: proved, decentralised: proved}
        """, child="extends: ./base.yaml\nname: child\nclaims: {igm: soft}\n")
    assert document.data == {"compose": 1, "name": "child", "example_env": "group_matching",
                             "claims": {"igm": "soft", "decentralised": "proved"}}


def test_a_merged_spec_reads_in_the_order_of_the_grammar(build: Any) -> None:
    base = "claims: {igm: soft}\ngraph: {q: a}\nparams: {n: 1}\n"
    found = build(base=base, child="extends: ./base.yaml\nname: c\nother: 1\n").data
    assert list(found) == ["compose", "name", "params", "graph", "claims", "other"]


# like


def test_like_is_expanded_on_the_final_network(build: Any) -> None:
    networks = data(build, """\
        networks:
          u: {nodes: {a: {to: 64}}}
          w: {nodes: {b: {block: linear, of: a}}}
          v: {like: w, inputs: {m: null}, returns: a}
        """)["networks"]
    a = {"block": "linear", "of": "x", "to": 64, "bias": True}
    b = {"block": "linear", "of": "a"}
    inputs = {"x": "batch time Width", "m": "bool batch"}
    assert networks["u"] == {"inputs": inputs, "nodes": {"a": a, "b": "a + 1"}, "returns": "b"}
    assert networks["w"] == {"inputs": inputs, "nodes": {"a": a, "b": b}, "returns": "b"}
    assert networks["v"] == {"inputs": {"x": "batch time Width"}, "nodes": {"a": a, "b": b}, "returns": "a"}


def test_patches_of_a_like_network_come_in_order(build: Any) -> None:
    """Deleting a node and writing it anew must not bring the other network's fields back."""
    networks = build(
        a=BASE, b="extends: ./a.yaml\nnetworks: {w: {nodes: {a: null}}}\n",
        c="extends: ./b.yaml\nnetworks: {w: {nodes: {a: {block: linear, of: x}}}}\n",
        d="extends: ./c.yaml\nnetworks: {w: {nodes: {a: {of: m}}}}\n").data["networks"]
    assert networks["w"]["nodes"]["a"] == {"block": "linear", "of": "m"}


@pytest.mark.parametrize(("child", "value"), [
    ("w: {replace: true, nodes: {c: 1}, returns: c}", {"nodes": {"c": 1}, "returns": "c"}),
    ("t: {returns: z}\n  w: {like: t}", {"returns": "z"}),
    ("t: {returns: z}\n  w: {like: t, inputs: {y: batch}}", {"returns": "z", "inputs": {"y": "batch"}}),
    ("t: {returns: z}\n  w: {replace: true, like: t}", {"returns": "z"}),
    ("w: {like: u, returns: a}", {"inputs": {"x": "batch time Width", "m": "bool batch"}, "returns": "a", "nodes": {
        "a": {"block": "linear", "of": "x", "to": "embed", "bias": True}, "b": "a + 1"}}),
])
def test_a_like_network_can_become_another(build: Any, child: str, value: Any) -> None:
    assert data(build, f"networks:\n  {child}")["networks"]["w"] == value


def test_a_full_network_can_become_like_another(build: Any) -> None:
    networks = data(build, "networks: {w: null, n: {nodes: {c: 1}, returns: c}, u: {like: n}}")["networks"]
    assert networks["u"] == {"nodes": {"c": 1}, "returns": "c"}


def test_wrong_likes(explain: Any) -> None:
    assert wrong(explain, """\
        networks:
          a: {like: b}
          b: {like: c}
          c: {like: a}
          d: {like: uu}
          e: {like: d}
          f: {like: 3}
          g: {like: u, nodes: {aa: {of: x}}}
          h: {replace: true, returns: x}
        """) == textwrap.dedent("""\
        child.yaml:11:7  error[merge.replace]  networks.h.replace: nothing to replace: no network 'h' is inherited
          11 |   h: {replace: true, returns: x}
             |       ^^^^^^^

        child.yaml:6:7  error[merge.like]  networks.c.like: networks that are like each other: a -> b -> c -> a
          6 |   c: {like: a}
            |       ^^^^

        child.yaml:7:7  error[merge.like]  networks.d.like: there is no network 'uu' to be like
          7 |   d: {like: uu}
            |       ^^^^ Did you mean 'u'?

        child.yaml:9:7  error[merge.like]  networks.f.like: like: takes the name of a network
          9 |   f: {like: 3}
            |       ^^^^

        child.yaml:10:24  error[merge.patch]  networks.g.nodes.aa: nothing to patch: there is no node 'aa'
          10 |   g: {like: u, nodes: {aa: {of: x}}}
             |                        ^^ Did you mean 'a'?""")


def test_long_chains_and_big_copies_are_refused(explain: Any) -> None:
    chain = "".join(f"  n{i}: {{like: n{i + 1}}}\n" for i in range(3000))
    assert "error[merge.like]  networks.n31.like: more than 32 networks in a row" in explain(one="networks:\n" + chain)
    nodes = "".join(f"      n{i}: {i}\n" for i in range(3000))
    copies = "".join(f"  c{i}: {{like: u}}\n" for i in range(200))
    text = explain(one=f"networks:\n  u:\n    nodes:\n{nodes}    returns: n0\n{copies}")
    assert "error[merge.size]  networks.c33: networks that are like others hold more than 100000 values" in text


# provenance


def test_every_value_keeps_its_place_and_its_past(build: Any) -> None:
    document = build(
        "params.embed=3",
        base=BASE, mid="extends: ./base.yaml\nparams: {embed: 16}\ngraph: {q: {x: env.observation}}\n",
        child="extends: ./mid.yaml\nnetworks: {w: {nodes: {a: {to: 5}}}}\ngraph: {t: q}\n")

    def place(at: Path) -> str:
        return str(document.values[at])

    assert document.values["params", "embed"] == Span("--set", 1, 14, 15, "params.embed=3")
    assert document.keys["params", "embed"] == Span("--set", 1, 8, 13, "params.embed=3")
    assert [(past.value, str(past.span)) for past in document.history["params", "embed"]] == [
        (16, "mid.yaml:3:17"), (8, "base.yaml:2:17")]
    assert place(("graph", "q", "x")) == "mid.yaml:4:16"
    assert place(("graph", "q", "m")) == "base.yaml:12:36"
    assert document.history["graph", "t"][0].value == {"block": "take", "of": "q", "index": "env.action"}
    assert place(("networks", "w", "nodes", "a", "to")) == "child.yaml:3:32"
    assert document.history["networks", "w", "nodes", "a", "to"][0].value == "embed"
    assert place(("networks", "w", "nodes", "a", "of")) == place(("networks", "u", "nodes", "a",
    "of")) == "base.yaml:7:30"
    assert document.is_own(("params", "embed"))
    assert document.is_own(("graph", "t"))
    assert not document.is_own(("graph", "q"))
    assert not document.is_own(("graph", "nowhere"))
    assert document.files == ("base.yaml", "mid.yaml", "child.yaml")


def test_all_values_have_a_place(build: Any) -> None:
    document = build(base=BASE, child="extends: ./base.yaml\nnetworks: {w: {nodes: {a: {to: 5}}}}\n")

    def paths(value: Any, at: Path = ()) -> set[Path]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return {at}.union(*(paths(member, (*at, name)) for name, member in inner))

    assert set(document.values) == paths(document.data)
    assert set(document.keys) == {at for at in paths(document.data) if at and isinstance(at[-1], str)}


# any two trees


names = st.sampled_from([
    "params", "networks", "graph", "losses", "nodes", "inputs", "like", "replace", "block", "of", "kind", "a", "b"])
leaves = st.sampled_from([None, True, 1, 2.5, "a", "b", "x"])
inner = st.recursive(
    leaves, lambda part: st.dictionaries(names, part, max_size=4) | st.lists(part, max_size=2), max_leaves=12)
trees = st.dictionaries(names, inner, min_size=1, max_size=5)


def tree(data: dict[str, Any], file: str) -> Node:
    return load(dump(data), file).root


@given(trees, trees, trees)
@settings(max_examples=130, deadline=None)
def test_any_layers_merge_or_give_a_spec_error(first: Any, second: Any, third: Any) -> None:
    try:
        merged = merge([tree(first, "a"), tree(second, "b")], [tree(third, "--set")])
    except SpecError:
        return
    assert isinstance(plain(merged), dict)


@given(trees)
@settings(max_examples=70, deadline=None)
def test_merging_a_merged_spec_on_nothing_changes_nothing(data: Any) -> None:
    try:
        once = plain(merge([tree(data, "a")]))
    except SpecError:
        return
    assert plain(merge([tree(once, "b")])) == once
