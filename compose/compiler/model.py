"""A spec compiled for one environment: weights, and the programs `act` and `learn`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor

from compose.compiler import statistics
from compose.compiler import weights as weighing
from compose.compiler.interpret import Given, Interpreter
from compose.compiler.passes import PASSES, Pass
from compose.compiler.random import key, uniform
from compose.compiler.trace import Body, Outputs, trace
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.proofs.signal import trained
from compose.language.diagnostics import SpecError
from compose.language.moving import Moving

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True)
class Acted:
    """One step: ``values`` [batch agent action], ``where`` bool [batch agent action], state for the next step."""

    values: Tensor
    where: Tensor
    state: dict[str, Tensor]


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


class Model:
    """Weights and programs of one spec in one environment. Use :func:`compile` to make one."""

    def __init__(self, graph: Graph, *, seed: int = 0, device: torch.device | str = "cpu",
                 dtype: torch.dtype = torch.float32, passes: Sequence[Pass] = PASSES,
                 taps: Sequence[str] = (), native: bool = False, precision: torch.dtype | None = None) -> None:
        if graph.loops:
            raise SpecError(*graph.loops.values())
        self.graph, self.spec, self.schema = graph, graph.spec, graph.schema
        self.device, self.dtype = torch.device(device), dtype
        started = weighing.initial(graph, seed, device=device, dtype=dtype)
        self.weights = {name: torch.nn.Parameter(value) for name, value in started.items()}
        self.taps = tuple(taps)
        wanted = _wanted(graph, self.taps)
        self.programs = {
            "act": trace(graph, _act_body, stateful=True, dtype=dtype),
            "learn": trace(graph, _learn_body(wanted), stateful=False, dtype=dtype, passes=passes,
                           roots=list(wanted.values()), device=self.device.type),
        }
        self.statistics = statistics.initial(graph, device=device, dtype=dtype)
        for name in statistics.PROGRAMS:
            if statistics.keepers(graph, name):
                seen = statistics.read(graph, name)
                self.programs[name] = trace(graph, _learn_body(seen), stateful=False, dtype=dtype, passes=passes,
                                            roots=list(seen.values()), device=self.device.type)
        self.precision = precision
        if native:
            for program in self.programs.values():
                program.compile()
        lagged = {n for program in self.programs.values() for n in program.needs("target")}
        self.target = {name: started[name].clone() for name in self.weights if name in lagged}

    # ---------------------------------------------------------------- weights

    def named_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """Learned weights under their names in the spec."""
        yield from self.weights.items()

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Learned weights."""
        yield from self.weights.values()

    def trained_by(self, optimizer: str) -> dict[str, torch.nn.Parameter]:
        """The weights that the losses of an optimizer reach."""
        terms = [t for t in self.graph.losses.values() if t.optimizer == optimizer]
        names = set().union(*(trained(self.graph, t.value) for t in terms))
        return {name: w for name, w in self.weights.items() if name in names}

    def load(self, weights: Tensors, target: Tensors | None = None, kept: Tensors | None = None) -> None:
        """Copy values in, by name: weights, lagged copies, statistics.

        Raises KeyError or ValueError unless names and shapes are exactly the model's.
        """
        for mine, given in ((self.weights, weights), (self.target, target), (self.statistics, kept)):
            if given is None:
                continue
            if set(mine) != set(given):
                missing, extra = sorted(set(mine) - set(given)), sorted(set(given) - set(mine))
                raise KeyError(f"weights do not match: missing {missing}, left over {extra}")
            with torch.no_grad():
                for name, value in given.items():
                    if mine[name].shape != value.shape:
                        raise ValueError(f"{name}: expected {list(mine[name].shape)}, got {list(value.shape)}")
                    mine[name].copy_(value)

    # --------------------------------------------------------------- programs

    @property
    def moving(self) -> tuple[str, ...]:
        """Params that move; `act` and `learn` need their values of the moment."""
        return tuple(name for name, value in self.spec.params.items() if isinstance(value, Moving))

    def act(self, fields: Tensors, state: Tensors | None = None, draws: Tensors | None = None,
            params: Mapping[str, float] | None = None) -> Acted:
        """One step for a batch of episodes; ``fields`` have a time axis of length 1."""
        batch = self._batch(fields)
        given = self._given(fields, draws, params)
        given["state"] = self.initial_state(batch) if state is None else state
        with torch.no_grad():
            found = self.programs["act"](given)
        where = found.pop("where", None)
        values = found.pop("values").expand(batch, -1, -1)
        allowed = torch.ones_like(values, dtype=torch.bool) if where is None else where.expand(batch, -1, -1)
        return Acted(values, allowed, found)

    def _batch(self, fields: Tensors) -> int:
        """How many episodes the fields hold; those without a batch axis do not say."""
        known = self.schema.fields if self.schema is not None else {}
        return next(x for n, x in fields.items() if n not in known or known[n].axes[:1] == ("batch",)).shape[0]

    def learn(self, fields: Tensors, draws: Tensors | None = None,
              params: Mapping[str, float] | None = None) -> Learned:
        """All losses on a batch of whole episodes; ``fields`` [batch time ...]."""
        given = self._given(fields, draws, params)
        with torch.autocast(self.device.type, self.precision, enabled=self.precision is not None):
            found = self.programs["learn"](given)
        return learned(found)

    @torch.no_grad()
    def observe(self, fields: Tensors, draws: Tensors | None = None, params: Mapping[str, float] | None = None) -> None:
        """Let the statistics take in newly collected episodes; ``fields`` [batch time ...]."""
        self._watch("observe", self._given(fields, draws, params))

    @torch.no_grad()
    def refresh(self, fields: Tensors, draws: Tensors | None = None, params: Mapping[str, float] | None = None) -> None:
        """Let those statistics look at the batch of the coming update that do so, and rewrite what they declare."""
        self._watch("refresh", self._given(fields, draws, params))

    def _watch(self, program: str, given: dict[str, Any]) -> None:
        if program in self.programs:
            seen, values = self.programs[program](given), statistics.read(self.graph, program)
            results = {value: seen[name] for name, value in values.items()}
            old = {name: x.clone() for name, x in self.statistics.items()}
            found = statistics.watched(Interpreter(self.graph, Given(given), self.dtype, results), program)
            for name, x in found.items():
                self.statistics[name].copy_(x)
            if program == "refresh":
                statistics.rewrite(self.graph, old, self.statistics, self.weights, self.target)

    def _given(self, fields: Tensors, draws: Tensors | None, params: Mapping[str, float] | None) -> dict[str, Any]:
        numbers = {n: torch.as_tensor(x, dtype=self.dtype, device=self.device) for n, x in (params or {}).items()}
        return {"weight": self.weights, "target": self.target, "field": fields, "draw": draws or {},
                "param": numbers, "state": {}, "statistic": self.statistics}

    def initial_state(self, batch: int) -> dict[str, Tensor]:
        """What the first step of an episode carries."""
        state = {}
        for node, name in self._stateful():
            kind = node.op.carries(node)[name]
            sizes = [batch if a == "batch" else self.graph.table.size(a) or 0 for a in kind.axes]
            dtype = {"bool": torch.bool, "int": torch.int64}.get(kind.dtype, self.dtype)
            start = getattr(node.op, "start", 0.0)
            state[f"{node.name}.{name}"] = torch.full(sizes, start, dtype=dtype, device=self.device)
        return state

    def _stateful(self) -> list[tuple[Node, str]]:
        wanted = set(self.programs["act"].needs("state"))
        nodes = self.graph.nodes(self.graph.acted())
        return [(n, s) for n in nodes for s in n.op.carries(n) if f"{n.name}.{s}" in wanted]

    # ----------------------------------------------------------------- random

    def draw(self, program: str, seed: int, clock: int, episodes: Tensor, steps: int = 1) -> dict[str, Tensor]:
        """Every random input of a program: a pure function of (seed, node, program, clock, episode number).

        Args:
            program: ``act``, ``learn``, ``observe`` or ``refresh``.
            seed: Of the run.
            clock: What makes draws fresh: the number of the update, or of the step where acting reads them.
            episodes: Episode numbers, int64 [batch].
            steps: Length of the batch's time axis. A draw that has ``time`` is also a function of the step.
        """
        roots: dict[str, Callable[[], list[Value]]] = {
            "act": self.graph.acted, "learn": lambda: [*self.graph.learned(), *self.graph.logged.values()],
            **{name: partial(_roots, self.graph, name) for name in statistics.PROGRAMS},
        }  # fmt: skip
        if program not in self.programs:
            return {}
        wanted, made = set(self.programs[program].needs("draw")), {}
        for node in self.graph.nodes(roots[program]()):
            for name, kind in node.op.draws(node).items():
                full = f"{node.name}.{name}"
                if full in wanted:
                    rows = self._timed(episodes, steps) if "time" in kind.axes else episodes
                    made[full] = node.op.sample(name, _uniform(seed, full, program, clock, rows), node)
        return made

    def _timed(self, episodes: Tensor, steps: int) -> Tensor:
        """A number for every step of every episode [batch time], whatever the batch is cut to."""
        limit = steps if self.schema is None else self.schema.sizes["time"]
        return episodes[:, None] * limit + torch.arange(steps, device=episodes.device)


def _uniform(seed: int, name: str, program: str, clock: int, rows: Tensor) -> Any:
    calls = iter(range(1 << 20))

    def draw(columns: int) -> Tensor:
        """[*rows, columns] numbers in [0, 1); every call is another stream."""
        counters = rows[..., None] * columns + torch.arange(columns, device=rows.device)
        return uniform(key(seed, "draw", name, program, clock, next(calls)), counters)

    return draw


def _act_body(interpreter: Interpreter) -> Outputs:
    graph, wanted = interpreter.graph, ("batch", "time", "agent", "action")
    names = [n for n, v in (("values", graph.act_values), ("where", graph.act_where)) if v is not None]
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


def _roots(graph: Graph, program: str) -> list[Value]:
    return list(statistics.read(graph, program).values())


def _learn_body(wanted: Mapping[str, Value]) -> Body:
    return lambda interpreter: dict(zip(wanted, interpreter.evaluate(wanted.values()), strict=True))


def learned(found: Outputs) -> Learned:
    """Outputs of a `learn` program, sorted."""

    def part(kind: str) -> dict[str, Any]:
        return {k.split(":", 1)[1]: v for k, v in found.items() if k.startswith(f"{kind}:")}

    losses, logged = ({name: x.detach() for name, x in part(kind).items()} for kind in ("loss", "log"))
    return Learned(part("total"), losses, part("tap"), logged)
