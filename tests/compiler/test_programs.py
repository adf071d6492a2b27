"""What must hold for every method: the traced programs are the plain interpreter; acting is learning, step by step;
targets are fixed; episodes do not touch each other; absent rows and the order of entities do not matter."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest
import torch
from torch import Tensor

from compose.compiler.interpret import Given, Interpreter
from compose.graph.proofs import prove
from compose.graph.schema import EntitySchema
from tests.compiler.cases import (
    BATCH,
    DRAFTS,
    PACKAGED,
    SCHEMA,
    Fields,
    acted,
    at,
    draw_axes,
    draws,
    episodes,
    gradients,
    largest,
    model,
    moved,
    params,
    sources,
    stored,
    total,
)
from tests.specs.handful import few

METHODS = [*PACKAGED, *DRAFTS]
every_method = pytest.mark.parametrize("spec", METHODS, ids=lambda s: s.stem if isinstance(s, Path) else s,
                                       scope="module")
"""Of module scope, so that tests of one method follow one another and its model is made once a process."""
some_methods = pytest.mark.parametrize("spec", few(METHODS), ids=lambda s: s.stem if isinstance(s, Path) else s,
                                       scope="module")
"""For what follows from how blocks compute: each of them occurs in the handful."""


def proved(spec: str | Path, check: str) -> bool:
    return next(p for p in prove(model(spec).graph) if p.name == check).outcome == "proved"


def needs_others(spec: str | Path) -> None:
    """Skip what is told to depend on the whole batch: batch norm."""
    proof = next(p for p in prove(model(spec).graph) if p.name == "decentralised")
    if "other episodes" in proof.path:
        pytest.skip("statistics are of all episodes of the batch")


@some_methods
def test_traced_programs_equal_the_plain_interpreter(spec: str | Path) -> None:
    it = model(spec)
    fields = episodes(0, stored(it))
    given = sources(it, fields)
    traced, plain = it.programs["learn"](given), it.programs["learn"].plain(given)
    assert list(traced) == list(plain)
    for name in traced:
        assert largest(traced[name], plain[name]) <= 1e-12, name
    for name in (n for n in traced if n.startswith("total:")):
        mine, reference = gradients(it, traced[name]), gradients(it, plain[name])
        scale = max(float(g.abs().max()) for g in reference.values())
        for weight, g in reference.items():
            assert float((mine[weight] - g).abs().max()) <= 1e-10 * scale, weight


@some_methods
def test_acting_step_by_step_gives_the_values_of_learning(spec: str | Path) -> None:
    it = model(spec)
    fields = episodes(1, stored(it))
    learned, state = acted(it, it.learn(fields, draws(it), params(it))), None
    for step in range(SCHEMA.limit + 1):
        drawn = {name: x[:, [step]] if "time" in draw_axes(it, name) else x for name, x in draws(it).items()
                 if name in it.programs["act"].needs("draw")}
        made = it.act(at(fields, stored(it), step), state, drawn, params(it))
        assert largest(made.values, learned[:, step].detach()) <= 1e-10
        allowed = fields["available"][:, step]
        assert torch.equal(made.where, allowed if it.spec.act.where else torch.ones_like(allowed))
        state = made.state


@some_methods
def test_no_gradient_reaches_targets(spec: str | Path) -> None:
    it = model(spec)
    if not it.target:
        pytest.skip("has no target networks")
    target = {name: x.clone().requires_grad_() for name, x in it.target.items()}
    found = it.programs["learn"](sources(it, episodes(0, stored(it)), target))
    for name in (n for n in found if n.startswith("total:")):
        reached = torch.autograd.grad(found[name], list(target.values()), allow_unused=True, retain_graph=True)
        assert all(g is None or not g.any() for g in reached)


@some_methods
def test_targets_are_lagged_copies(spec: str | Path) -> None:
    it = model(spec)
    fields = episodes(0, stored(it))
    before = it.learn(fields, draws(it), params(it))
    for name, kept in it.target.items():
        assert torch.equal(kept, it.weights[name])
    lagged = {name: x * 1.1 for name, x in it.target.items()}
    after = it.programs["learn"](sources(it, fields, lagged))
    assert torch.equal(after[f"tap:{it.taps[0]}"], acted(it, before))
    if lagged:
        assert any(not torch.equal(after[f"loss:{name}"], x) for name, x in before.losses.items())


@some_methods
def test_draws_are_inputs(spec: str | Path) -> None:
    it = model(spec)
    fields = episodes(0, stored(it))
    made = [it.learn(fields, draws(it, seed), params(it)) for seed in (0, 0, 1)]
    first, again, other = ([total(learned), acted(it, learned)] for learned in made)
    assert all(map(torch.equal, first, again))
    assert all(map(torch.equal, first, other)) is not bool(draws(it))


@some_methods
def test_draws_depend_on_the_episode_and_not_on_the_batch(spec: str | Path) -> None:
    it, order = model(spec), torch.tensor([2, 0, 3])
    part = it.draw("learn", 0, 7, order)
    for name, x in it.draw("learn", 0, 7, torch.arange(BATCH)).items():
        assert torch.equal(x[order], part[name])


@some_methods
def test_episodes_do_not_touch_each_other(spec: str | Path) -> None:
    needs_others(spec)
    it, order = model(spec), torch.tensor([3, 1, 0, 2])
    fields = episodes(0, stored(it))
    shuffled = moved(fields, stored(it), lambda x, axis, dim: x.index_select(dim, order) if axis == "batch" else x)
    drawn = {name: x[order] for name, x in draws(it).items()}
    before, after = it.learn(fields, draws(it), params(it)), it.learn(shuffled, drawn, params(it))
    assert largest(acted(it, after), acted(it, before)[order]) <= 1e-10
    for name, loss in before.losses.items():
        assert largest(after.losses[name], loss) <= 1e-10
    part = torch.tensor([1, 3])
    chosen = moved(fields, stored(it), lambda x, axis, dim: x.index_select(dim, part) if axis == "batch" else x)
    alone = it.learn(chosen, {n: x[part] for n, x in draws(it).items()}, params(it))
    assert largest(acted(it, alone), acted(it, before)[part]) <= 1e-10


def padded(fields: Fields, schema: EntitySchema, agents: int, others: int) -> Fields:
    """The same episodes with more slots: absent ones, full of numbers that must not matter."""
    old, noise = SCHEMA.agents, torch.Generator().manual_seed(0)

    def widen(x: Tensor, axis: str, dim: int) -> Tensor:
        if axis not in ("agent", "entity", "id"):
            return x
        parts = [x.narrow(dim, 0, old), x.narrow(dim, old, x.shape[dim] - old)]
        extra = [agents, others if axis == "entity" else 0]
        rows = []
        for part, count in zip(parts, extra, strict=True):
            shape = [*x.shape[:dim], count, *x.shape[dim + 1 :]]
            more = torch.randn(shape, generator=noise, dtype=torch.float64)
            rows += [part, more.to(x.dtype) if x.is_floating_point() else torch.zeros(shape, dtype=x.dtype)]
        return torch.cat(rows, dim)

    made = moved(fields, schema, widen)
    made["available"][:, :, old:, 0] = True
    return made


def slots(agents: int, others: int) -> list[int]:
    """Where the entities of the small schema stand in the larger one."""
    return [*range(SCHEMA.agents), *range(SCHEMA.agents + agents, SCHEMA.entities + agents)]


@pytest.mark.parametrize("spec", ["refil", "qmix_mean_pooling", "opt", "vast_qmix"])
@pytest.mark.parametrize(("agents", "others"), [(2, 0), (0, 2)])
def test_absent_slots_of_one_side_change_nothing(spec: str, agents: int, others: int) -> None:
    absent_slots_change_nothing(spec, agents, others)


@some_methods
def test_absent_slots_change_nothing(spec: str | Path) -> None:
    absent_slots_change_nothing(spec, 1, 3)


def absent_slots_change_nothing(spec: str | Path, agents: int, others: int) -> None:
    small = model(spec)
    fields = episodes(0, stored(small))
    if not proved(spec, "padding"):
        pytest.skip("is not claimed: counts slots, or has weights for each")
    large = model(spec, SCHEMA.agents + agents, SCHEMA.others + others)
    if any(large.weights[n].shape != w.shape for n, w in small.weights.items()):
        pytest.skip("reads an observation that is longer where there are more slots")
    large.load({n: w.detach() for n, w in small.weights.items()}, small.target)
    places = {"agent": list(range(SCHEMA.agents)), "entity": slots(agents, others)}
    drawn = draws(large)
    for name, x in draws(small).items():
        for dim, axis in enumerate(draw_axes(small, name)):
            if axis in places:
                drawn[name].index_copy_(dim, torch.tensor(places[axis]), x)
    before = small.learn(fields, draws(small), params(small))
    after = large.learn(padded(fields, stored(small), agents, others), drawn, params(large))
    assert largest(acted(large, after)[:, :, : SCHEMA.agents], acted(small, before)) <= 1e-10
    for name, loss in before.losses.items():
        assert largest(after.losses[name], loss) <= 1e-10, name
    mine, theirs = gradients(large, total(after)), gradients(small, total(before))
    for name, g in theirs.items():
        assert float((mine[name] - g).abs().max()) <= 1e-9 * (1 + float(g.abs().max())), name


def test_the_padding_test_can_fail() -> None:
    small, large = model("qmix_attention_official"), model("qmix_attention_official", 5, 2)
    large.load({n: w.detach() for n, w in small.weights.items()}, small.target)
    before, after = small.learn(episodes()), large.learn(padded(episodes(), SCHEMA, 2, 0))
    assert largest(after.losses["td"], before.losses["td"]) > 1e-6


@some_methods
def test_the_order_of_agents_and_entities_does_not_matter(spec: str | Path) -> None:
    it = model(spec)
    fields = episodes(0, stored(it))
    if not proved(spec, "permutation"):
        pytest.skip("is not claimed: weights or fields know the slots")
    agents, entities = torch.tensor([2, 0, 1]), torch.tensor([2, 0, 1, 4, 3])
    orders = {"agent": agents, "entity": entities, "id": agents}
    mixed = moved(fields, stored(it), lambda x, axis, dim: x.index_select(dim, orders[axis]) if axis in orders else x)
    drawn = draws(it)
    for name in drawn:
        for dim, axis in enumerate(draw_axes(it, name)):
            drawn[name] = drawn[name].index_select(dim, orders[axis]) if axis in orders else drawn[name]
    before, after = it.learn(fields, draws(it), params(it)), it.learn(mixed, drawn, params(it))
    assert largest(acted(it, after), acted(it, before)[:, :, agents]) <= 1e-10
    for name, loss in before.losses.items():
        assert largest(after.losses[name], loss) <= 1e-10


@some_methods
def test_steps_after_the_end_change_nothing(spec: str | Path) -> None:
    needs_others(spec)
    it = model(spec)
    if any(getattr(node.op, "steps", "") == "stored" and node.op.ahead == inf for node in it.graph.nodes()):
        pytest.skip("as released, returns run on to the last step of the longest episode")
    fields = episodes(0, stored(it))
    before = it.learn(fields, draws(it), params(it))
    recorded = torch.nn.functional.pad(fields["steps"], (1, 0))[:, :-1] | fields["steps"]
    late = {name: x.clone() for name, x in fields.items()}
    for name, field in stored(it).fields.items():
        if field.axes[:2] == ("batch", "time") and name != "steps" and field.dtype == "float":
            late[name][~recorded] = 3.5
    after = it.learn(late, draws(it), params(it))
    for name, loss in before.losses.items():
        assert largest(after.losses[name], loss) <= 1e-10


def test_values_named_by_the_graph_can_be_evaluated_alone() -> None:
    it, fields = model("refil"), episodes()
    (q,) = Interpreter(it.graph, Given(sources(it, fields)), it.dtype).evaluate([it.graph.values["q"]])
    assert largest(q, acted(it, it.learn(fields, draws(it), params(it)))) <= 1e-12
