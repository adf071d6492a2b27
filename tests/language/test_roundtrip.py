"""What is written down is read back equal: every packaged spec, and generated ones that use the whole grammar."""

from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

import compose
from compose.language.block import Block, OneOrMore
from compose.language.dump import dump
from compose.language.functions import FUNCTIONS
from compose.language.load import load_data
from compose.language.models import Spec
from compose.language.nodes import MODIFIERS
from compose.language.registry import catalogue
from compose.language.values import Expr
from compose.language.write import write
from tests.specs import packaged
from tests.specs.handful import few

NAMES = st.sampled_from(["q", "x", "h1", "w_pos", "rows", "a", "seen", "y", "total", "embed"])
REFS = st.sampled_from(["env.visible", "env.reward", "q", "x", "q.h", "groups.within", "embed", "q.layers.p"])
NUMBERS = st.integers(0, 10**6) | st.floats(0, 1e6, allow_nan=False)
FLOATS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: x + 0.0)  # no -0.0, which is read as 0.0
LABELS = st.text(st.sampled_from("abc XY019:,()@-~=éλ._/+"), min_size=1, max_size=30).map(str.strip).filter(bool)
TEXTS = st.text(st.sampled_from("abc XY019:#,{}[]&*!|>'\"%@`-?~=éλ\n\t\\."), min_size=1, max_size=30)


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions over expressions, with all the parentheses and blanks that people may write."""
    binary = st.tuples(parts, st.sampled_from(["+", "-", "*", "/", "&", "|", "<", "<=", "==", ">", ">="]), parts)
    unary = st.tuples(st.sampled_from(["-", "~", "--", "- "]), parts)
    calls = st.sampled_from(list(FUNCTIONS)).flatmap(
        lambda name: st.lists(parts, min_size=FUNCTIONS[name].arity, max_size=FUNCTIONS[name].arity).map(
            lambda arguments: f"{name}({', '.join(arguments)})"))
    return binary.map(" ".join) | binary.map(lambda b: f"({''.join(b)})") | unary.map("".join) | calls


EXPRESSIONS = st.recursive(
    REFS | NUMBERS.map(repr) | st.sampled_from(["true", "false", "1e-05", ".5", "3."]), joined, max_leaves=6)
OPERANDS = EXPRESSIONS | NUMBERS | st.booleans()
SIGNATURES = st.lists(st.sampled_from(["batch", "time", "agent", "entity", "entity'", "Width", "embed?"]), unique=True
                      ).flatmap(lambda axes: st.sampled_from(["", "bool ", "int ", "any ", "... "]).map(
                          lambda prefix: prefix + " ".join(axes)))
PERIODS = st.tuples(st.integers(1, 10**6), st.sampled_from(["env_steps", "episodes", "updates"])).map(
    lambda p: f"{p[0]} {p[1]}")
POINTS = st.lists(st.tuples(st.floats(0.01, 0.99), FLOATS).map(list), max_size=3).map(sorted)
FROM = {"from": FLOATS | st.integers(-5, 5)}
MOVING = st.one_of(
    st.fixed_dictionaries({"kind": st.just("constant"), **FROM}),
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["linear", "cosine"]), "to": FLOATS, "over": PERIODS}, optional=FROM),
    st.fixed_dictionaries({"kind": st.just("exponential"), "from": st.just(1), "to": st.just(0.5), "over": PERIODS}),
    st.fixed_dictionaries({"kind": st.just("piecewise"), "over": PERIODS, **FROM},
                          optional={"at": POINTS, "to": FLOATS}),
    st.fixed_dictionaries({"kind": st.just("piecewise"), "over": PERIODS,
                           "at": POINTS.map(lambda points: [[0, 1], *points, [1.0, 0.5]])}))


def values(info: FieldInfo) -> st.SearchStrategy[Any]:
    """What a block's field may hold in a file."""
    kinds = str(info.annotation)
    if "AxesText" in kinds or any("AxesText" in str(m) for m in info.metadata):
        return st.sampled_from(["batch time agent embed", "batch time"])
    if OneOrMore in info.metadata or "OneOrMore" in kinds or "BeforeValidator(func=<function _listed" in kinds:
        one = EXPRESSIONS if Expr.__name__ in kinds else NAMES
        return one | st.lists(one, max_size=3)
    if kinds.startswith("dict"):
        return st.dictionaries(NAMES, EXPRESSIONS, min_size=1, max_size=3)
    if "tuple" in kinds:
        return st.lists(OPERANDS, max_size=3)
    if "Literal" in kinds:
        return st.sampled_from(get_args(info.annotation) or ["none"])
    if info.annotation is bool:
        return st.booleans()
    if info.annotation is int:
        return st.integers(2, 9)
    if info.annotation is float:
        limits = {name: getattr(mark, name) for mark in info.metadata for name in ("gt", "ge", "lt", "le")
                  if getattr(mark, name, None) is not None}  # fmt: skip
        low, high = limits.get("gt", limits.get("ge", -1e6)), limits.get("lt", limits.get("le", 1e6))
        bounded = st.floats(low, high, exclude_min="gt" in limits, exclude_max="lt" in limits, allow_subnormal=False)
        return bounded.map(lambda x: x + 0.0) if limits else FLOATS | st.integers(-3, 3)
    return OPERANDS if Expr.__name__ in kinds else NAMES


def block(cls: type[Block]) -> st.SearchStrategy[dict[str, Any]]:
    needed, spare = {"block": st.just(cls.tag())}, {}
    for name, info in cls.model_fields.items():
        if name != "block":
            (needed if info.is_required() else spare)[info.alias or name] = values(info)
    return st.fixed_dictionaries(needed, optional=spare)


BLOCKS = st.sampled_from(sorted(catalogue())).flatmap(lambda tag: block(catalogue()[tag]))
APPLICATIONS = st.builds(
    lambda wires, modifiers: {**wires, **modifiers},
    st.dictionaries(NAMES, OPERANDS, max_size=3),
    st.fixed_dictionaries({"network": NAMES}, optional={
        "target": st.booleans(), "repeat": NAMES, "carry": NAMES, "tied": st.booleans()}))
NODES = OPERANDS | BLOCKS | APPLICATIONS
NETWORKS = st.fixed_dictionaries(
    {"nodes": st.dictionaries(NAMES, NODES, max_size=4),
     "returns": NAMES | st.dictionaries(NAMES, SIGNATURES, min_size=1, max_size=1)},
    optional={"inputs": st.dictionaries(NAMES.filter(lambda n: n not in MODIFIERS), SIGNATURES, max_size=3)})
LOSSES = st.fixed_dictionaries({"of": OPERANDS}, optional={
    "weight": OPERANDS, "mean": NAMES | st.lists(NAMES, max_size=2), "sum": NAMES | st.lists(NAMES, max_size=2),
    "where": OPERANDS, "count": st.sampled_from(["present", "slots", "all"]), "optimizer": NAMES})
POSITIVE = st.floats(1e-8, 1e3) | st.integers(1, 100)
RATES = POSITIVE | st.fixed_dictionaries({
    "kind": st.just("linear"), "from": POSITIVE, "to": POSITIVE, "over": PERIODS})
STEPPING = {"lr": RATES, "after": NAMES, "weight_decay": st.floats(0, 1)}
CLIPPED = st.sampled_from(["clip", "clip_value"]).flatmap(
    lambda name: st.fixed_dictionaries({}, optional={name: POSITIVE}))
KINDS = {
    "rmsprop": {"alpha": st.floats(0, 0.999), "eps": POSITIVE}, "sgd": {"momentum": st.floats(0, 0.999)},
    **{kind: {"betas": st.just([0.8, 0.99]), "eps": POSITIVE} for kind in ("adam", "adamw", "radam")}}
OPTIMIZERS = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.builds(
    dict.__or__, CLIPPED, st.fixed_dictionaries({"kind": st.just(kind)}, optional=STEPPING | KINDS[kind])))
COUNTS = st.integers(1, 10**4)
SOME = st.integers(1, 500)
TARGETS = st.fixed_dictionaries({"kind": st.just("copy")}, optional={"every": PERIODS}) | st.fixed_dictionaries(
    {"kind": st.just("polyak"), "tau": st.floats(0.001, 1)}, optional={"every": PERIODS})
REPLAYS = st.fixed_dictionaries({"episodes": st.integers(500, 10**4)}, optional={"batch": SOME}) | st.tuples(
    SOME, SOME).map(sorted).map(lambda two: {"batch": two[0], "start": two[1]})
SHARED = {
    "environments": COUNTS, "target": TARGETS,
    "updates": st.sampled_from(["1 per episode", "8 per 8 episodes", "2 per 1 episodes", " 3  per 4 episodes"])}
TRAINED = {"optimizers": st.dictionaries(NAMES, OPTIMIZERS, max_size=2)}
LEARNER = st.fixed_dictionaries({"kind": st.just("replay"), **TRAINED}, optional={**SHARED, "replay": REPLAYS}) \
    | st.fixed_dictionaries({"kind": st.just("on_policy"), **TRAINED}, optional=SHARED) \
    | st.fixed_dictionaries({"kind": st.just("on_policy"), "updates": st.just("8 per 4 episodes"), **TRAINED},
                            optional={"minibatches": st.sampled_from([1, 2, 4])})
CHANCES = st.floats(0, 1)
RATES = CHANCES | st.fixed_dictionaries(
    {"kind": st.just("linear"), "to": CHANCES, "over": PERIODS}, optional={"from": CHANCES})
WHERE = {"where": OPERANDS}
ACTS = st.one_of(
    st.fixed_dictionaries({"choose": st.just("greedy"), "values": OPERANDS}, optional=WHERE),
    st.fixed_dictionaries({"choose": st.just("epsilon_greedy"), "values": OPERANDS, "epsilon": RATES}, optional=WHERE),
    st.fixed_dictionaries({"choose": st.just("categorical"), "logits": OPERANDS},
                          optional={**WHERE, "evaluate": st.sampled_from(["greedy", "sample"])}),
    st.fixed_dictionaries({"choose": st.sampled_from(["gaussian", "squashed_gaussian"]), "mean": OPERANDS,
                           "variance": OPERANDS}, optional={"evaluate": st.sampled_from(["greedy", "sample"])}))
STATUS = st.sampled_from(["proved", "soft", "none"])
SPECS = st.fixed_dictionaries(
    {"compose": st.just(1), "name": NAMES, "summary": TEXTS,
     "graph": st.dictionaries(NAMES, NODES, max_size=5),
     "act": ACTS, "losses": st.dictionaries(NAMES, LOSSES, max_size=3), "learner": LEARNER},
    optional={
        "paper": st.fixed_dictionaries({"title": TEXTS}, optional={
            "authors": st.lists(TEXTS, max_size=2), "venue": TEXTS, "year": st.integers(1900, 2100), "where": TEXTS}),
        "abstract": st.booleans(), "example_env": LABELS,
        "params": st.dictionaries(NAMES, FLOATS | st.integers(-9, 9) | MOVING, max_size=3),
        "axes": st.dictionaries(NAMES, EXPRESSIONS | st.integers(1, 9), max_size=2),
        "networks": st.dictionaries(NAMES, NETWORKS, max_size=3),
        "record": st.dictionaries(NAMES, OPERANDS, max_size=2),
        "claims": st.fixed_dictionaries({}, optional={
            "decentralised": st.sampled_from(["proved", "refuted"]),
            "igm": STATUS | st.fixed_dictionaries({"status": STATUS}, optional={"joint": OPERANDS})})})


def check(spec: Spec) -> None:
    text = compose.dumps(spec)
    again = compose.loads(text)
    assert again == spec
    assert again.identity() == spec.identity()
    assert compose.dumps(again) == text
    assert compose.loads(dump(spec.data(defaults=True))) == spec


@pytest.mark.parametrize("name", few(packaged.SPECS))
def test_packaged_specs(name: str) -> None:
    check(compose.load(name))


@given(SPECS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_specs(data: dict[str, Any]) -> None:
    check(load_data(data).spec)


@given(EXPRESSIONS)
@settings(deadline=None)
def test_expressions_have_one_canonical_text(text: str) -> None:
    expression = Expr(text)
    assert Expr(expression.text) == expression
    assert Expr(expression.text).text == expression.text
    assert Expr.of(expression.plain()) == expression
    assert write(expression) == expression.plain()


def test_a_replay_learner_that_says_nothing_of_its_replay_has_the_usual_one() -> None:
    learner = {"kind": "replay", "optimizers": {}}
    data = {"compose": 1, "name": "q", "summary": "0", "graph": {}, "losses": {},
            "act": {"choose": "greedy", "values": "q"}}
    found = load_data({**data, "learner": learner}).spec.learner.replay
    assert (found.episodes, found.batch, found.start) == (5000, 32, 32)
