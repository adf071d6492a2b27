"""Looking inside: episodes are played as they are evaluated, and values of the graph computed on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from compose.compiler.interpret import Given, Interpreter, NodeRun
from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.graph.graph import Graph
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.training.actors import evaluating
from compose.training.evaluate import stream
from compose.training.policy import Policy
from compose.training.rollout import rollout, tensors


@dataclass(frozen=True)
class Probed:
    """One value: its name, its axes, its numbers, and which of them count."""

    name: str
    axes: tuple[str, ...]
    numbers: Tensor
    counted: Tensor
    """bool, as :attr:`numbers`: steps that were reached, of agents and entities that are there."""

    def kept(self) -> Tensor:
        """The numbers that count, one after the other, as float64."""
        return self.numbers[self.counted].to(torch.float64)


def named(graph: Graph, nodes: Sequence[str]) -> tuple[str, ...]:
    """The values that nodes name; a block with several outputs means all of them.

    Raises:
        SpecError: ``probe.node`` for every one that there is none of.
    """
    known = [name for name in graph.values if "#" not in name]
    found: list[str] = []
    problems = []
    for node in nodes:
        outputs = [name for name in known if name.rpartition(".")[0] == node]
        if node in known or outputs:
            found += [node] if node in known else outputs
        else:
            near = did_you_mean(node, [*known, *graph.spec.graph])
            hint = near or "a node of the graph, of an application such as q.a, or env.FIELD"
            problems.append(Diagnostic("probe.node", f"{graph.spec.name} computes no '{node}'", hint=hint))
    if problems:
        raise SpecError(*problems)
    return tuple(dict.fromkeys(found))


def probed(policy: Policy, env: Environment, nodes: Sequence[str], *, episodes: int = 1, seed: int = 0) -> list[Probed]:
    """Play episodes with a policy and give values of its graph, computed as in an update, in the plain form.

    Lagged copies are those of the policy's weights.

    Raises:
        SpecError: As :func:`named`, and as the environment's episodes do.
    """
    names = named(policy.model.graph, nodes)
    batch, taps, _ = _learned(policy, env, names, torch.arange(episodes, device=env.device), seed)
    return [_counted(name, policy.model.graph.values[name].type.axes, taps[name], batch, env.schema.agents)
            for name in names]


def looked_into(policy: Policy, env: Environment, node: str, *, episode: int, seed: int) -> Probed:
    """What one node computes in an episode; of an attention how its queries weigh the keys, heads (or prototypes)
    apart: [batch time ... head Query Key].

    Raises:
        SpecError: As :func:`probed`; ``probe.several`` if the node has several outputs.
    """
    graph = policy.model.graph
    names = named(graph, [node])
    if len(names) > 1:
        text = f"{node} has several outputs"
        raise SpecError(Diagnostic("probe.several", text, hint=f"say which: {', '.join(names)}"))
    at = graph.values[names[0]].node
    operands = [] if at is None else [value for value in at.operands() if value.constant is None]
    attends = at is not None and at.op.attends
    wanted = tuple(value.name for value in operands) if attends else names
    batch, taps, model = _learned(policy, env, wanted, torch.tensor([episode], device=env.device), seed)
    axes, x = graph.values[names[0]].type.axes, taps.get(names[0])
    if attends and at is not None:
        sources = Given({"weight": model.weights, "target": model.target})
        run = NodeRun(at, Interpreter(graph, sources, model.dtype, {value: taps[value.name] for value in operands}))
        with torch.no_grad():
            x = at.op.attended(run, **run.ports())
        pair = (at.bound["Query"][0], at.bound["Key"][0])
        axes = (*axes[:axes.index(pair[0])], "head", *pair)
    assert x is not None, "what is tapped is given"
    return _counted(node, axes, x, batch, env.schema.agents)


def _learned(policy: Policy, env: Environment, names: Sequence[str], episodes: Tensor,
             seed: int) -> tuple[dict[str, Tensor], dict[str, Tensor], Model]:
    """Episodes as they are evaluated, what values come to on them, and the model that computed them."""
    acting = policy.model
    model = Model(acting.graph, device=acting.device, dtype=acting.dtype, passes=(), taps=names)
    weights = {name: x.detach() for name, x in acting.weights.items()}
    model.load(weights, {name: weights[name] for name in model.target}, acting.statistics)
    batch = tensors(rollout(evaluating(acting, stream(seed), policy.params), env, episodes, stream(seed)))
    draws = model.draw("learn", stream(seed), 0, episodes, batch["filled"].shape[1])
    with torch.no_grad():
        taps = model.learn(batch, draws, policy.params).taps
    return batch, taps, model


def _counted(name: str, axes: tuple[str, ...], x: Tensor, batch: dict[str, Tensor], agents: int) -> Probed:
    """With the mask of what counts; axes that the program left at length 1 are as long as they are."""
    filled, present = batch["filled"], batch["present"]
    there = {"agent": present[..., :agents], "entity": present}
    sizes = {"batch": filled.shape[0], "time": filled.shape[1], "agent": agents, "entity": present.shape[-1]}
    x = x.expand([sizes.get(axis, x.shape[i]) for i, axis in enumerate(axes)])
    counted = torch.ones_like(x, dtype=torch.bool)
    if {"batch", "time"} <= set(axes):
        counted &= _aligned(filled, ("batch", "time"), axes)
    for axis in axes:
        if axis.rstrip("'") in there and "batch" in axes:
            mask = there[axis.rstrip("'")]
            if "time" not in axes:
                counted &= _aligned(mask.any(1), ("batch", axis), axes)
            else:
                counted &= _aligned(mask, ("batch", "time", axis), axes)
    return Probed(name, axes, x, counted)


def _aligned(mask: Tensor, own: tuple[str, ...], axes: tuple[str, ...]) -> Tensor:
    """A mask in the order of ``axes``, length 1 where it has none."""
    order = sorted(range(len(own)), key=lambda i: axes.index(own[i]))
    mask = mask.permute(order)
    shape = iter(mask.shape)
    return mask.reshape([next(shape) if axis in own else 1 for axis in axes])
