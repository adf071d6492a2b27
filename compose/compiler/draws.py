"""The random inputs of programs, made from keys and counters alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from compose.compiler.programs import roots
from compose.compiler.recording import PROGRAMS
from compose.graph.graph import Graph
from compose.graph.node import Node
from compose.kernels.random import keys, uniform


def draw(graph: Graph, program: str, wanted: Mapping[str, Collection[str]], seed: int, clock: int | Tensor,
         episodes: Tensor, steps: int) -> dict[str, Tensor]:
    """The random inputs of a program, of those that every program wants; see :meth:`compose.compiler.model.Model.draw`.

    `refresh` looks at the batch of `learn`, and at its draws. ``play`` and ``note`` draw as ``act``.
    """
    found: dict[str, Tensor] = {}
    for name in ("refresh", program) if program == "learn" else (program,):
        found |= _drawn(graph, name, wanted.get(name, ()), seed, clock, episodes, steps)
    return found


def _drawn(graph: Graph, program: str, wanted: Collection[str], seed: int, clock: int | Tensor, episodes: Tensor,
           steps: int) -> dict[str, Tensor]:
    made: dict[str, Tensor] = {}
    keyed = "act" if program in PROGRAMS else program  # a step draws what it draws, recorded or not
    for node in _drawing(graph, program):
        if len(made) == len(wanted):
            break
        for name, kind in node.op.draws(node).items():
            full = f"{node.name}.{name}"
            if full in wanted:
                rows = _timed(graph, episodes, steps) if "time" in kind.axes else episodes
                fresh = 0 if keyed == "act" and node.op.for_episodes() else clock
                made[full] = node.op.sample(name, _uniform(seed, full, keyed, fresh, rows), node)
    return made


def _drawing(graph: Graph, program: str) -> Iterator[Node]:
    """The nodes of a program, then all: values that are asked for beside it may draw, too."""
    yield from graph.nodes(roots(graph, program))
    yield from graph.nodes()


def _timed(graph: Graph, episodes: Tensor, steps: int) -> Tensor:
    """A number for every step of every episode [batch time], whatever the batch is cut to."""
    limit = steps if graph.schema is None else graph.schema.sizes["time"]
    return episodes[:, None] * limit + torch.arange(steps, device=episodes.device)


def _uniform(seed: int, name: str, program: str, clock: int | Tensor, rows: Tensor) -> Any:
    calls = iter(range(1 << 20))

    def draw(columns: int) -> Tensor:
        """[*rows, columns] numbers in [0, 1); every call is another stream."""
        counters = rows[..., None] * columns + torch.arange(columns, device=rows.device)
        stream = keys(seed, "draw", name, program, clock, next(calls))
        if isinstance(stream, Tensor):
            stream = stream.view(-1, *[1] * (counters.dim() - 1))
        return uniform(stream, counters)

    return draw
