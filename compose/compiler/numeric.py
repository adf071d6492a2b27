"""Proofs attacked with numbers: random batches, in float64, looking for a counter-example.

An attack that finds one *refutes* the check and names it; one that finds none says how hard it tried. Nothing here
proves anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from compose.compiler import weights
from compose.compiler.bench import Bench, Fields
from compose.compiler.contract import ContractError, check_operation
from compose.graph.align import align
from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.node import Value
from compose.graph.proofs import Proof, foreign, prove
from compose.language.axes import Axes
from compose.language.diagnostics import SpecError
from compose.language.load import from_spec

BATCHES, TOLERANCE = 3, 1e-7
SLOPES = 4
"""Steps at which slopes are looked at."""
SLOTS = 16


def attack(graph: Graph, proofs: list[Proof], seed: int = 0) -> list[Proof]:
    """The same proofs, those that a counter-example refutes marked so, the others with what was tried."""
    attacks: dict[str, Callable[[Bench], str | None]] = {
        "decentralised": unseen, "igm": gradient_and_greedy, "permutation": permuted, "padding": garbage,
    }
    small = smaller(graph)
    found, benches = [], [Bench(small, seed)]
    benches += [Bench(small, seed + i, like=benches[0]) for i in range(1, BATCHES)]
    broken, proofs = _vouched(graph, proofs)
    for proof in proofs:
        if broken and proof.outcome in ("proved", "soft") and proof.name != "shapes":
            found.append(replace(proof, outcome="refuted", how=f"it rests on what a block declares; {broken}"))
            continue
        run = attacks.get(proof.name)
        if run is None or proof.outcome in ("not applicable", "soft"):
            found.append(proof)
            continue
        if proof.name == "igm" and "by advantage form" in proof.how:
            run = greedy_is_best
        example = next((e for e in map(run, benches) if e), None)
        slots = "" if small is graph or small.schema is None else f" with {small.schema.agents} agents"
        tried = f"{proof.how}; no counter-example in {BATCHES} random batches{slots}"
        found.append(replace(proof, how=tried) if example is None
                     else replace(proof, outcome="refuted", how=f"counter-example: {example}"))
    return found


def _vouched(graph: Graph, proofs: list[Proof]) -> tuple[str, list[Proof]]:
    """Put what foreign blocks declare to the test: why one is not to be trusted, and proofs on the word of the rest."""
    trusted = []
    for tag, node in foreign(graph).items():
        sizes = {name: str(size) for name, size in graph.spec.axes.items()}
        params = {name: size for name, size in graph.spec.params.items() if isinstance(size, int)}
        types = {port: tuple(v.type if v.constant is None else v.constant for v in wire) if isinstance(wire, tuple)
                 else wire.type if wire.constant is None else wire.constant for port, wire in node.wires.items()}
        try:
            check_operation(node.op, types, {**params, **sizes})
        except ContractError as error:
            return str(error), proofs
        except SpecError:  # sizes that only the spec knows
            continue
        trusted.append(tag)
    return "", prove(graph, trusted) if trusted else proofs


def smaller(graph: Graph) -> Graph:
    """The same spec where an environment of many slots has :data:`SLOTS` on each side: attention of every agent over
    pairs of entities grows with their cube, and an attack changes the rows of one agent after the other."""
    schema = graph.schema
    if schema is None or max(schema.agents, schema.others) <= SLOTS or any(not group.plain for group in schema.actions):
        return graph
    agents, others = min(schema.agents, SLOTS), min(schema.others, SLOTS)
    less = schema.model_copy(update={
        "agents": agents, "fewest_agents": min(schema.present_range("agent")[0], agents),
        "entities": agents + others, "fewest_others": min(schema.present_range("other")[0], others),
    })  # fmt: skip
    try:
        return build_graph(from_spec(graph.spec), less)
    except SpecError:
        return graph  # something in it needs that many


def unseen(bench: Bench) -> str | None:
    """Change what an agent cannot see; its action values must not move."""
    values = bench.graph.acted()
    acted_axes = ("batch", "time", "agent", bench.graph.spec.act.over)
    before = [x.detach() for x in bench.values(values, bench.fields)]
    agents = bench.fields["visible"].shape[2]
    declared = bench.stored.fields
    secret = [n for n, f in declared.items() if f.scope == "global" and f.dtype == "float" and n in bench.fields]
    for agent in range(agents):
        fields, hidden = dict(bench.fields), ~bench.fields["visible"][:, :, agent]
        noise = bench.random(fields["entities"])
        fields["entities"] = torch.where(hidden.unsqueeze(-1), noise, fields["entities"])
        other = torch.arange(agents) != agent
        acted = hidden[:, :, :agents] & other
        fields["last_action"] = torch.where(acted.unsqueeze(-1), bench.random(fields["last_action"]),
                                            fields["last_action"])
        for name in ("sight", "visible"):
            if name in fields:
                rows = fields[name].shape[2]
                flip = hidden[:, :, :rows].clone()
                flip[:, :, agent] = False
                seen = fields[name] ^ (flip.unsqueeze(-1) & (bench.random(fields[name].double()) > 0))
                fields[name] = seen
        for name in secret:
            fields[name] = bench.random(fields[name])
        for value, old, new in zip(values, before, bench.values(values, fields), strict=True):
            moved = align(old.double() - new.detach().double(), value.type.axes, acted_axes)
            moved = moved.expand(-1, -1, agents, -1)[:, :, agent].abs()
            moved = moved.expand(*fields["steps"].shape, -1)
            moved = moved.flatten(2).amax(2) * bench.fields["present"][:, :, agent]
            if moved.max() > TOLERANCE:
                b, t = divmod(int(moved.argmax()), moved.shape[1])
                return f"{value.name} of agent {agent} moves by {float(moved.max()):.3g} at step {t} of episode {b} " \
                       "when only rows it cannot see change"
    return None


def gradient_and_greedy(bench: Bench) -> str | None:
    """The joint value must not fall when a utility rises, and the greedy joint action must be the best one."""
    joint, utilities = _of_actions(bench.graph)
    if joint is None or utilities is None:
        return None
    (leaf,) = bench.values([utilities], bench.fields)
    leaf = leaf.detach().requires_grad_()
    (value,) = bench.values([joint], bench.fields, given={utilities: leaf})
    for step in torch.randperm(bench.fields["steps"].shape[1], generator=bench.noise)[:SLOPES].tolist():
        slope = _slope(value, joint.type.axes, leaf, utilities.type.axes, step)
        if slope < -TOLERANCE:
            return f"{joint.name} falls with slope {slope:.3g} when a utility of {utilities.name} rises"
    return greedy_is_best(bench)


def _slope(value: Tensor, axes: Axes, leaf: Tensor, leaf_axes: Axes, step: int) -> float:
    """The least slope of a value of one step by what it is made of in that step: what was expected at other steps is no
    choice of this one."""
    timed = "time" in axes and "time" in leaf_axes
    now = value.select(axes.index("time"), step) if timed else value
    found = torch.autograd.grad(now.sum(), leaf, allow_unused=True, retain_graph=True)[0] if now.requires_grad else None
    if found is None:
        return 0.0
    return float((found.select(leaf_axes.index("time"), step) if timed else found).min())


def greedy_is_best(bench: Bench) -> str | None:
    """No joint action may be worth more than the greedy one."""
    fields, (joint, utilities) = bench.fields, _of_actions(bench.graph)
    if joint is None or utilities is None:
        return None
    allowed = fields["available"]
    greedy = bench.values([utilities], fields)[0].detach().masked_fill(~allowed, -1e30).argmax(-1)
    best = bench.values([joint], {**fields, "action": greedy})[0].detach()
    steps, timed = greedy.shape[1], "time" in joint.type.axes
    for turn in range(16):  # one step at a time: what comes later may depend on it in any way
        chance = torch.rand(allowed.shape, generator=bench.noise).masked_fill(~allowed, -1.0).argmax(-1)
        now = torch.arange(steps)[None, :, None] == turn % steps
        other = bench.values([joint], {**fields, "action": torch.where(now, chance, greedy)})[0].detach()
        if timed:
            other = torch.where(align(now[0, :, 0], ("time",), joint.type.axes), other, best)
        if (other - best).max() > TOLERANCE:
            return f"a joint action beats the greedy one by {float((other - best).max()):.3g} in {joint.name}"
    return None


def _of_actions(graph: Graph) -> tuple[Value | None, Value | None]:
    return graph.joint or graph.values.get("q_tot"), graph.utilities or graph.act_values


def permuted(bench: Bench) -> str | None:
    """Reorder agents, and the other entities; values must follow and losses stay."""
    graph, fields = bench.graph, bench.fields
    assert graph.schema is not None
    agents, entities = graph.schema.agents, graph.schema.entities
    order = torch.cat([torch.randperm(agents, generator=bench.noise),
                       torch.randperm(entities - agents, generator=bench.noise) + agents])
    ranks = {"agent": order[:agents], "agent'": order[:agents], "entity": order, "entity'": order}
    moved = {}
    for name, tensor in fields.items():
        kept = tensor
        for dim, axis in enumerate(graph.field(name).axes if name in bench.stored.fields else ()):
            if axis in ranks:
                kept = kept.index_select(dim, ranks[axis])
        moved[name] = kept
    draws = {name: _reordered(bench, name, tensor, ranks) for name, tensor in bench.draws.items()}
    assert graph.act_values is not None
    wanted = [graph.act_values, *(t.value for t in graph.losses.values())]
    with torch.no_grad():
        before, after = bench.values(wanted, fields), bench.values(wanted, moved, draws)
    for value, old, new in zip(wanted, before, after, strict=True):
        for dim, axis in enumerate(value.type.axes):
            if axis in ranks:
                old = old.index_select(dim, ranks[axis])
        if old.shape == new.shape and (old - new).abs().max() > 1e-6 * (1 + float(old.abs().max())):
            return f"{value.name} changes by {float((old - new).abs().max()):.3g} when slots are reordered"
    return None


def _reordered(bench: Bench, name: str, tensor: Tensor, ranks: Mapping[str, Tensor]) -> Tensor:
    for dim, axis in enumerate(_draw_axes(bench, name)):
        if axis in ranks:
            tensor = tensor.index_select(dim, ranks[axis])
    return tensor


def _draw_axes(bench: Bench, name: str) -> tuple[str, ...]:
    node_name, _, draw = name.rpartition(".")
    node = next(n for n in bench.graph.nodes() if n.name == node_name)
    return node.op.draws(node)[draw].axes


def garbage(bench: Bench) -> str | None:
    """Fill absent rows and unfilled steps with noise; losses and the values of present agents must stay."""
    graph, fields = bench.graph, bench.fields
    assert graph.schema is not None
    filled = fields["filled"] if "filled" in fields else _filled(fields["steps"])
    empty = ~(fields["present"] & filled.unsqueeze(-1))
    noisy = dict(fields)
    noisy["entities"] = torch.where(empty.unsqueeze(-1), bench.random(fields["entities"]), fields["entities"])
    before, after = _losses(bench, fields), _losses(bench, noisy)
    for name in before:
        if abs(before[name] - after[name]) > 1e-9 * (1 + abs(before[name])):
            return f"loss '{name}' changes by {abs(before[name] - after[name]):.3g} when absent rows hold other numbers"
    return empty_slots(bench, before)


def empty_slots(bench: Bench, before: Mapping[str, float]) -> str | None:
    """Add a slot for one more agent and one more other entity, both empty; losses must stay."""
    schema = bench.graph.schema
    assert schema is not None
    larger = schema.model_copy(update={"agents": schema.agents + 1, "entities": schema.entities + 2})
    try:
        graph = build_graph(from_spec(bench.graph.spec), larger)
    except SpecError:
        return None  # a size is tied to the number of slots: nothing to compare with
    if {n: weights.shape(graph, info) for n, info in graph.weights.items()} != \
            {n: w.shape for n, w in bench.model.weights.items()}:
        return None  # a weight has a row for every slot; the static check says so
    known = {name: x for name, x in bench.fields.items() if name in bench.stored.fields}
    fields = {name: _padded(x, bench.stored.fields[name].axes, schema.agents) for name, x in known.items()}
    if larger.fields["agent_id"].axes == ("agent", "id"):
        fields["agent_id"] = torch.eye(larger.agents, dtype=torch.float64)
    draws = {name: _padded(x, _draw_axes(bench, name), schema.agents) for name, x in bench.draws.items()}
    with torch.no_grad():
        found = bench.values([t.average for t in graph.losses.values()], fields, draws, graph=graph)
    for (name, old), new in zip(before.items(), map(float, found), strict=True):
        if abs(new - old) > 1e-9 * (1 + abs(old)):
            return f"loss '{name}' changes by {abs(new - old):.3g} when there are more empty slots"
    return None


def _padded(x: Tensor, axes: tuple[str, ...], agents: int) -> Tensor:
    """Zeros in one more slot after the agents, and in one more at the end of the entities."""
    for dim, axis in enumerate(axes):
        name, gap = axis.rstrip("'"), torch.zeros_like(x.narrow(dim, 0, 1)) if x.shape[dim] else x
        if name == "agent":
            x = torch.cat([x, gap], dim)
        elif name == "entity":
            x = torch.cat([x.narrow(dim, 0, agents), gap, x.narrow(dim, agents, x.shape[dim] - agents), gap], dim)
    return x


def _filled(steps: Tensor) -> Tensor:
    """Stored steps: those taken, and the one after the last of them."""
    return steps | torch.cat([torch.ones_like(steps[:, :1]), steps[:, :-1]], 1)


def _losses(bench: Bench, fields: Fields) -> dict[str, float]:
    params = dict.fromkeys(bench.model.moving, 0.5)
    return {name: float(v) for name, v in bench.model.learn(fields, bench.draws, params).losses.items()}
