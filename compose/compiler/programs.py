"""The programs of a model, and what they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from compose.compiler import statistics
from compose.compiler.interpret import Interpreter
from compose.compiler.passes import Pass
from compose.compiler.recording import PROGRAMS, after_choice, before_choice, recording
from compose.compiler.trace import Body, Outputs, Program, trace
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Value


@dataclass(frozen=True)
class Acted:
    """One step: ``values`` [batch agent action], ``where`` bool [batch agent action], state for the next step."""

    values: Tensor
    """Of every action [batch agent action]; whichever the spec chooses by: values or logits. Where actions are numbers,
    their mean [batch agent part]."""
    where: Tensor
    """Which may be taken, bool [batch agent action]."""
    state: dict[str, Tensor]
    """What to give the next step, by name; empty where nothing recurs."""
    kept: dict[str, Tensor] = field(default_factory=dict)
    """What a step of a training keeps beside: for :meth:`Model.note`."""
    variance: Tensor | None = None
    """Where actions are numbers [batch agent part]."""


@dataclass(frozen=True)
class Learned:
    """One pass over whole episodes."""

    totals: dict[str, Tensor]
    """Optimizer -> the scalar to minimise."""
    losses: dict[str, Tensor]
    """Loss -> its value before its weight, without gradient."""
    taps: dict[str, Tensor] = field(default_factory=dict)
    """Values that were asked for by name."""
    logged: dict[str, Tensor] = field(default_factory=dict)
    """What the spec logs, [batch] or [batch time], without gradient."""


def programs(graph: Graph, taps: Sequence[str], *, dtype: torch.dtype, device: torch.device,
             passes: Sequence[Pass]) -> dict[str, Program]:
    """``act`` and ``learn``; ``observe`` and ``refresh`` where nodes keep statistics, ``play`` and ``note`` where
    acting records."""
    wanted, pieces = _wanted(graph, taps), graph.spec.learner.pieces
    found = {
        "act": trace(graph, _act_body, stateful=True, dtype=dtype),
        **_recording(graph, dtype),
        "learn": trace(graph, _learn_body(wanted), stateful=pieces, whole=True, dtype=dtype, passes=passes,
                       roots=list(wanted.values()), device=device.type),
    }
    for name in statistics.PROGRAMS:
        if statistics.keepers(graph, name):
            seen = statistics.read(graph, name)
            found[name] = trace(graph, _learn_body(seen), stateful=pieces, whole=True, dtype=dtype, passes=passes,
                                roots=list(seen.values()), device=device.type)
    return found


def _recording(graph: Graph, dtype: torch.dtype) -> dict[str, Program]:
    if not graph.recorded:
        return {}
    cut = recording(graph)

    def play(interpreter: Interpreter) -> Outputs:
        kept = before_choice(interpreter, cut)
        return _act_body(interpreter) | kept

    made = {"play": trace(graph, play, stateful=True, dtype=dtype)}
    if cut.after:
        made["note"] = trace(graph, lambda one: after_choice(one, cut), stateful=False, dtype=dtype)
    return made


def roots(graph: Graph, program: str) -> list[Value]:
    """The values that a program computes."""
    if program in PROGRAMS:
        return graph.played()
    if program == "act":
        return graph.acted()
    if program == "learn":
        return [*graph.learned(), *graph.logged.values()]
    return list(statistics.read(graph, program).values())


def learned(found: Outputs) -> Learned:
    """Outputs of a `learn` program, sorted."""

    def part(kind: str) -> dict[str, Any]:
        return {k.split(":", 1)[1]: v for k, v in found.items() if k.startswith(f"{kind}:")}

    losses, logged = ({name: x.detach() for name, x in part(kind).items()} for kind in ("loss", "log"))
    return Learned(part("total"), losses, part("tap"), logged)


def _act_body(interpreter: Interpreter) -> Outputs:
    graph, wanted = interpreter.graph, ("batch", "time", "agent", interpreter.graph.spec.act.over)
    given = (("values", graph.act_values), ("variance", graph.act_variance), ("where", graph.act_where))
    names = [n for n, v in given if v is not None]
    found = interpreter.evaluate(graph.acted())
    pairs = zip(names, graph.acted(), found, strict=True)
    outputs = {name: align(x, value.type.axes, wanted).select(1, 0) for name, value, x in pairs}
    return outputs | interpreter.carried


def _wanted(graph: Graph, taps: Sequence[str]) -> dict[str, Value]:
    """What `learn` gives, by name."""
    return {
        **{f"total:{name}": value for name, value in graph.totals.items()},
        **{f"loss:{name}": term.average for name, term in graph.losses.items()},
        **{f"log:{name}": value for name, value in graph.logged.items()},
        **{f"tap:{name}": graph.values[name] for name in taps},
    }


def _learn_body(wanted: Mapping[str, Value]) -> Body:
    return lambda interpreter: dict(zip(wanted, interpreter.evaluate(wanted.values()), strict=True))
