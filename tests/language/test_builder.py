"""The Python way to write a spec gives what its file would give."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import compose
from compose.language import builder, handles
from compose.language.builder import (
    SpecBuilder,
    agents,
    block,
    ceil,
    env,
    first,
    loss,
    maximum,
    moving,
    patch,
    square,
    stop,
)  # fmt: skip
from compose.language.diagnostics import SpecError
from compose.language.functions import FUNCTIONS
from compose.language.handles import Handle
from compose.language.values import Expr

TITLE = "Randomized Entity-wise Factorization for Multi-Agent Reinforcement Learning"
AUTHORS = ("Iqbal", "Schroeder de Witt", "Peng", "Boehmer", "Whiteson", "Sha")


def refil() -> SpecBuilder:
    s = SpecBuilder(
        "refil",
        "QMIX (Attention) plus an imagined factorisation over a random partition of the entities.",
        paper={"title": TITLE, "authors": AUTHORS, "venue": "ICML", "year": 2021, "where": "Eq. 3-6"},
        extends="qmix_attention",
    )
    g, p, q, w1, mixer = s.graph, s.params, s.network("utility"), s.network("w1"), s.network("mixer")
    p.lambda_ = 0.5
    s.axes.factor = 2 * s.axes.agent

    g.groups = block.random_partition(of=first(env.present), parts=2, drawn="update")
    g.q_in = q(entities=g.seen, visible=env.visible & g.groups.within)
    g.q_out = q(entities=g.seen, visible=env.visible & g.groups.across)
    g.taken_in = block.take(of=g.q_in, index=env.action)
    g.taken_out = block.take(of=g.q_out, index=env.action)
    g.imagined = block.concat(of=[g.taken_in, g.taken_out], along="agent", as_=s.axes.factor)
    g.w1_in = w1(entities=g.seen, mask=g.groups.within)
    g.w1_out = w1(entities=g.seen, mask=g.groups.across)
    g.w1_both = block.concat(of=[g.w1_in, g.w1_out], along="agent", as_=s.axes.factor)
    g.q_aux = mixer(factors=g.imagined, w1=g.w1_both, entities=g.seen)

    s.losses.td = patch(weight=1 - p.lambda_)
    s.losses.aux = loss(square(g.q_aux - g.y), weight=p.lambda_)
    return s


def small(name: str = "small") -> SpecBuilder:
    """A whole spec with nothing inherited."""
    s = SpecBuilder(name, "Independent learners.")
    g, p = s.graph, s.params
    p.embed = 16
    p.gamma = 0.99
    utility = s.network(
        "utility",
        inputs={"entities": "batch time entity Width", "visible": "bool batch time agent entity"},
        returns={"q": "batch time agent action"},
    )
    n = utility.nodes
    n.x = block.linear(of=n.entities, to=p.embed, activation="relu")
    n.a = block.attention(queries=agents(n.x), keys=n.x, mask=n.visible, width=p.embed, to=p.embed)
    n.h = block.gru(of=n.a, to=p.embed)
    n.q = block.linear(of=n.h, to="action")

    g.q = utility(entities=env.entities, visible=env.visible)
    g.q_bar = utility(entities=env.entities, visible=env.visible, target=True)
    g.taken = block.take(of=g.q, index=env.action)
    g.best = block.max(of=g.q_bar, over="action", where=env.available)
    g.y = block.td_target(value=g.best, reward=env.reward, terminated=env.terminated, discount=p.gamma)
    s.losses.td = loss(square(g.taken - g.y), mean="agent")
    epsilon = moving("linear", 1.0, 0.05, over="500 env_steps")
    s.act(choose="epsilon_greedy", values=g.q, where=env.available, epsilon=epsilon)
    s.learner(kind="replay", replay={"episodes": 100}, optimizers={"main": {"kind": "adam", "lr": 1e-3}})
    s.claims(decentralised="proved", igm="none")
    return s


def test_refil_is_the_packaged_spec() -> None:
    built, packaged = refil().build(), compose.load("refil")
    assert built == packaged
    assert built.identity() == packaged.identity()


def test_the_file_it_writes_is_the_spec_too() -> None:
    assert compose.loads(refil().dumps()) == refil().build()
    assert "q_in:      {network: utility, entities: seen, visible: env.visible & groups.within}" in refil().dumps()


def test_a_spec_from_nothing_is_checked_by_the_graph() -> None:
    from compose.graph.build import build_graph

    graph = build_graph(small().load())
    assert str(graph.values["q"].type) == "[batch time agent action]"


def test_everything_inheritance_can_do() -> None:
    s = SpecBuilder("vdn", "Plain sum.", extends="qmix_attention")
    g = s.graph
    s.params.hyper = None
    s.params.mixing = None
    s.delete_network("w1", "b1", "w2", "v", "mixer")
    g.w1 = None
    g.w1_bar = None
    g.q_tot = block.sum(of=g.taken, over="agent")
    g.v_bar = block.sum(of=g.taken_bar, over=s.axes.agent)
    built = s.build()
    assert built.graph == compose.load("vdn_attention").graph
    assert built.networks == compose.load("vdn_attention").networks

    s = SpecBuilder("more", "Patches.", extends=["qmix_attention"])
    s.network("w1", replace=True, inputs={"rows": "batch time agent X"}, returns="rows_out")
    n = s.network("w1").nodes
    n.rows_out = block.linear(of=n.rows, to="mixing")
    s.network("w3", like=s.network("w1"))
    s.network("mixer").nodes.total = patch(activation="relu", v="0")
    s.learner(target={"kind": "polyak", "tau": 0.01}, optimizers={"main": {"lr": 1e-3}})
    built = s.build()
    assert built.networks["w3"] == built.networks["w1"]
    assert list(built.networks["w1"].nodes) == ["rows_out"]
    assert str(built.networks["mixer"].nodes["total"].v) == "0"
    assert built.learner.optimizers["main"].lr == 1e-3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_the_language_has_a_python_name(name: str) -> None:
    operands = [env.reward] * FUNCTIONS[name].arity
    made = abs(env.reward) if name == "abs" else getattr(builder, name)(*operands)
    assert str(made) == f"{name}({', '.join(map(str, operands))})"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda a, b: a & b | ~a, "a & b | ~a"),
        (lambda a, b: a & (b | a), "a & (b | a)"),
        (lambda a, b: (a < b) & (a >= 2), "a < b & a >= 2"),
        (lambda a, b: (a > b) | (a <= 2), "a > b | a <= 2"),
        (lambda a, b: a.equals(b), "a == b"),
        (lambda a, b: 1 - (a - b) - 1, "1 - (a - b) - 1"),
        (lambda a, b: (a + 1) * -b / 2, "(a + 1) * -b / 2"),
        (lambda a, b: 2 / (1 + a) * 3, "2 / (1 + a) * 3"),
        (lambda a, b: True & a, "true & a"),
        (lambda a, b: False | a, "false | a"),
        (lambda a, b: 2 * a, "2 * a"),
        (lambda a, b: abs(a) + "b * 2", "abs(a) + b * 2"),
        (lambda a, b: a.layers.p["if"], "a.layers.p.if"),
        (lambda a, b: stop(previous_of(a)), "stop(previous(a))"),
        (lambda a, b: maximum(ceil(a), 0.5), "maximum(ceil(a), 0.5)"),
    ],
)
def test_operators_write_expressions(make: Callable[[Handle, Handle], Handle], text: str) -> None:
    a, b = (Handle(Expr(name).tree) for name in "ab")
    assert str(make(a, b)) == text
    assert Expr(text).text == text


def previous_of(x: Handle) -> Handle:
    return handles.previous(x)


def test_python_equality_and_hash_stay_pythons() -> None:
    a = env.reward
    assert a == a
    assert a != env.reward
    assert {a: 1}[a] == 1


def wrong(change: Callable[[SpecBuilder], object]) -> str:
    def attempt() -> None:
        s = small()
        change(s)
        s.build()

    with pytest.raises(SpecError) as caught:
        attempt()
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: env.visible and env.present,
         "error[python.misuse]  'env.visible' has no truth value yet\n"
         "  write & | ~ for and, or, not; chain comparisons with &"),
        (lambda s: 0 < env.reward < 1,
         "error[python.misuse]  'env.reward > 0' has no truth value yet\n"
         "  write & | ~ for and, or, not; chain comparisons with &"),
        (lambda s: setattr(s.graph, "q", env.reward), "error[python.misuse]  graph.q is given twice"),
        (lambda s: square(block.linear(of=s.graph.q, to="embed")),
         "error[python.misuse]  an expression cannot hold a node that has no name\n"
         "  give it a name first: graph.NAME = ..., then write graph.NAME"),
        (lambda s: block.take(of=block.linear(of=s.graph.q), index=0),
         "error[python.misuse]  block take: 'of' is a node that has no name\n"
         "  give it one first: graph.NAME = ..., then wire graph.NAME"),
        (lambda s: square(None), "error[python.misuse]  an expression cannot hold a value of type NoneType"),
        (lambda s: env.reward + math.nan, "error[python.misuse]  an expression cannot hold nan"),
        (lambda s: square("a +"),
         "error[python.misuse]  'a +' is no expression: the expression ends too early"),
        (lambda s: (s.graph.q + 1).h,
         "error[python.misuse]  'q + 1' is an expression; it has no 'h'\n  only named nodes have outputs"),
        (lambda s: setattr(s.graph.q, "of", 1),
         "error[python.misuse]  'q.of' cannot be set: a handle only reads\n  change a node with q = patch(of=...)"),
        (lambda s: list(env.visible), "error[python.misuse]  'env.visible' cannot be iterated over"),
        (lambda s: list(s.graph), "error[python.misuse]  a name is a text, not 0"),
        (lambda s: s.delete_network("utility"), "error[python.misuse]  networks.utility is in use above"),
        (lambda s: (s.delete_network("x"), s.network("x")), "error[python.misuse]  networks.x is deleted above"),
        (lambda s: s.network("utility", returns="x"), "error[python.misuse]  networks.utility.returns is given twice"),
        (lambda s: s.act(choose="greedy"), "error[python.misuse]  act.choose is given twice"),
        (lambda s: setattr(s, "learner", {"kind": "replay"}),
         "error[python.misuse]  'learner' cannot be assigned here: nothing would read it\n"
         "  write learner(NAME=...), or learner.NAME = ..."),
        (lambda s: setattr(s, "grpah", 3),
         "error[python.misuse]  'grpah' cannot be assigned here: nothing would read it\n  Did you mean 'graph'?"),
        (lambda s: setattr(s, "graph", {"q": 1}),
         "error[python.misuse]  'graph' cannot be assigned here: nothing would read it\n"
         "  write its members one by one: graph.NAME = ..."),
        (lambda s: setattr(s, "extends", "refil"),
         "error[python.misuse]  'extends' cannot be assigned here: nothing would read it\n"
         "  it is said at the beginning: SpecBuilder(..., extends=...)"),
        (lambda s: setattr(s, "networks", {}),
         "error[python.misuse]  'networks' cannot be assigned here: nothing would read it\n"
         "  write network(NAME, inputs=..., returns=...)"),
        (lambda s: setattr(s.network("utility"), "retruns", "q"),
         "error[python.misuse]  'retruns' cannot be assigned here: nothing would read it\n"
         "  write network('utility', returns=...)"),
        (lambda s: setattr(s.network("utility"), "nodes", {}),
         "error[python.misuse]  'nodes' cannot be assigned here: nothing would read it\n"
         "  write its nodes one by one: network('utility').nodes.NAME = ..."),
        (lambda s: setattr(s.network("utility"), "x2", 1),
         "error[python.misuse]  'x2' cannot be assigned here: nothing would read it\n"
         "  a node is network('utility').nodes.x2"),
        (lambda s: setattr(block, "linear", 3),
         "error[python.misuse]  'linear' cannot be assigned here: nothing would read it"),
        (lambda s: setattr(block.linear(of="q", to=3), "to", 4),
         "error[python.misuse]  'to' cannot be assigned here: nothing would read it\n"
         "  fields are arguments: block.TAG(of=...)"),
        (lambda s: delattr(s.graph, "q"),
         "error[python.misuse]  'q' cannot be deleted\n  what is inherited goes by assigning None to its name"),
        (lambda s: setattr(s.act, "choose", "greedy"), "error[python.misuse]  act.choose is given twice"),
        (lambda s: setattr(s.params, "bad", object()),
         "error[data.type]  params.bad: a spec holds text, numbers, true, false, null, lists and mappings, "
         "not an object"),
        (lambda s: setattr(s.graph, "z", block.linaer(of=s.graph.q)),
         "<small>:20:18  error[block.unknown]  graph.z.block: no block 'linaer'\n"
         "  20 |   z:     {block: linaer, of: q}\n"
         "     |                  ^^^^^^ Did you mean 'linear'?"),
        (lambda s: setattr(s.params, "zeta", patch(to=1.0)),
         "<small>:4:34  error[merge.patch]  params.zeta: nothing to patch: there is no parameter 'zeta'\n"
         "  4 | params: {embed: 16, gamma: 0.99, zeta: {to: 1.0}}\n"
         "    |                                  ^^^^ a new parameter needs kind:"),
    ],
)  # fmt: skip
def test_mistakes_are_spec_errors(change: Callable[[SpecBuilder], object], text: str) -> None:
    assert wrong(change) == text


def test_settings_are_written_by_calls_or_one_by_one() -> None:
    s, t = small(), SpecBuilder("more", "Settings.", extends="qmix_attention")
    t.act.epsilon = moving("linear", 1.0, 0.1, over="9 updates")
    t.learner.target = {"kind": "polyak", "tau": 0.1}
    t.learner(environments=3)
    t.claims.igm = None
    built = t.build()
    assert (built.learner.environments, built.learner.target.tau, built.act.epsilon.to) == (3, 0.1, 0.1)
    assert s.build() == small().build()


@pytest.mark.parametrize("closed", [SpecBuilder("a", "A."), SpecBuilder("a", "A.").network("n"), block])
@given(name=st.from_regex(r"[a-z_][a-z_0-9]{0,9}", fullmatch=True))
def test_nothing_is_assigned_that_nobody_reads(closed: object, name: str) -> None:
    before = dict(vars(closed))
    with pytest.raises(SpecError, match="cannot be assigned here"):
        setattr(closed, name, 1)
    assert vars(closed) == before


def test_an_expression_that_grows_too_long_is_refused() -> None:
    def grow(step: Callable[[Handle], Handle]) -> None:
        x = env.reward
        for _ in range(2000):
            x = step(x)

    with pytest.raises(SpecError, match="at most 1,000 characters; this one has 1,002"):
        grow(lambda x: x + 1)
    with pytest.raises(SpecError, match="more than 40 levels deep"):
        grow(lambda x: -x)
