"""From the typed graph to a ``torch.fx.GraphModule``: the interpreter runs once on proxies and is written down.

The module's forward is straight-line code. Weights, fields, draws, state and moving params are all *inputs*, named
after the spec (``weight_utility_a_query``), so that the same code runs on other weights and other batches.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import fx

from compose.compiler.emit import emit
from compose.compiler.interpret import Given, Interpreter, one_step
from compose.compiler.lower import Lowering
from compose.compiler.passes import Pass, run_passes
from compose.compiler.plan import free_dims, make_plan
from compose.compiler.terms import Terms
from compose.compiler.unroll import Unrolled
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Value

Outputs = dict[str, Any]
Body = Callable[[Interpreter], Outputs]
"""What a program computes, as a function of an interpreter."""


@dataclass(frozen=True)
class Input:
    """One input of a program: what kind of thing, and its name in the spec."""

    kind: str
    name: str

    @property
    def identifier(self) -> str:
        return re.sub(r"\W", "_", f"{self.kind}_{self.name}")


@dataclass
class _Placeholders:
    """Makes a placeholder the first time something is read."""

    graph: fx.Graph
    tracer: fx.proxy.TracerBase
    stateful: bool
    """Is carried state read?"""
    inputs: dict[Input, fx.Proxy] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def read(self, kind: str, name: str) -> Any:
        if kind == "state" and not self.stateful:
            return None
        key = Input(kind, name)
        if key not in self.inputs:
            label = key.identifier + "_" * (key.identifier in self.labels)
            self.labels.add(key.identifier)
            with self.graph.inserting_before(next(iter(self.graph.nodes))):
                self.inputs[key] = fx.Proxy(self.graph.placeholder(label), self.tracer)
        return self.inputs[key]


@dataclass
class Program:
    """A compiled graph for one purpose. Call it with mappings of its inputs by kind; it gives outputs by name."""

    graph: Graph
    body: Body
    module: fx.GraphModule
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    dtype: torch.dtype
    whole: bool = False
    """Is it of whole episodes?"""
    run: Callable[..., Any] | None = None
    """The module in a faster form, if it has one."""

    def __call__(self, given: Mapping[str, Mapping[str, Any]]) -> Outputs:
        """Run the traced module. ``given``: kind (weight, target, field, draw, state, param) -> name -> tensor."""
        if planned := self.needs("plan"):
            given = {**given, "plan": make_plan(given["field"], planned)}
        found = (self.module if self.run is None else self.run)(*(given[i.kind][i.name] for i in self.inputs))
        return dict(zip(self.outputs, found, strict=True))

    def compile(self) -> None:
        """Run through ``torch.compile`` from now on; the first call takes seconds to minutes."""
        from compose.compiler.native import native

        self.run = native(self.module, [self._free(i) for i in self.inputs])

    def _free(self, of: Input) -> tuple[int, ...]:
        """Dimensions that change with the batch."""
        if of.kind == "field" and self.graph.schema is not None:
            axes = self.graph.field(of.name).axes
            return tuple(i for i, axis in enumerate(axes) if axis in ("batch", "time"))
        if of.kind == "plan":
            return free_dims(of.name)
        return (0,) if of.kind in ("draw", "state", "value") else ()

    def plain(self, given: Mapping[str, Mapping[str, Any]]) -> Outputs:
        """The same by the plain interpreter, without the traced module: the reference."""
        return self.body(Interpreter(self.graph, Given(given), self.dtype, whole=self.whole))

    @property
    def fields(self) -> list[str]:
        """Names of the fields that it reads, or that its plan is made from."""
        planned = [name.split(".") for name in self.needs("plan")]
        sides = {name[1] for name in planned if len(name) == 3}
        more = ["steps"] * bool(planned) + ["present"] * bool(sides) + ["visible"] * ("agent" in sides)
        return list(dict.fromkeys([*self.needs("field"), *more]))

    def needs(self, kind: str) -> list[str]:
        """Names of its inputs of one kind."""
        return [i.name for i in self.inputs if i.kind == kind]


def trace(graph: Graph, body: Body, *, stateful: bool, dtype: torch.dtype, whole: bool = False,
          passes: Sequence[Pass] = (), roots: Sequence[Value] = (), device: str = "cpu") -> Program:
    """Write ``body`` down as a program, then run passes over it.

    Args:
        stateful: read carried state; otherwise every episode starts fresh.
        whole: it is of whole episodes, not of one step.
        dtype: of floats that the program makes itself (one-hot rows).
        passes: rewrites of the program; they apply to ``roots``, values that ``body`` will ask for.
        device: where it will run, which passes may heed.
    """
    code = fx.Graph()
    anchor = code.call_function(torch.ones, (0,))
    sources = _Placeholders(code, fx.proxy.GraphAppendingTracer(code), stateful)
    interpreter = Interpreter(graph, sources, dtype, whole=whole)
    if passes:
        _optimised(interpreter, roots, stateful, passes, device)
    outputs = body(interpreter)
    code.output(tuple(v.node if isinstance(v, fx.Proxy) else v for v in outputs.values()))
    code.erase_node(anchor)
    for node in [node for node in code.nodes if isinstance(node.target, Unrolled)]:
        _unrolled(node, graph, dtype)
    module = fx.GraphModule(torch.nn.Module(), code)
    module.graph.lint()
    order = {p.node.target: key for key, p in sources.inputs.items()}
    inputs = tuple(order[n.target] for n in module.graph.nodes if n.op == "placeholder")
    return Program(graph, body, module, inputs, tuple(outputs), dtype, whole)


def _unrolled(node: fx.Node, graph: Graph, dtype: torch.dtype) -> None:
    """Give a loop's step straight-line code, and leave out what nothing reads."""
    unrolled: Any = node.target
    for pick in [user for user in node.users if not user.users]:
        node.graph.erase_node(pick)
    unrolled.used = [int(str(pick.args[1])) for pick in node.users]
    unrolled.step = trace(graph, partial(one_step, loop=unrolled.loop, used=unrolled.used), stateful=True, dtype=dtype)


def _optimised(interpreter: Interpreter, roots: Sequence[Value], stateful: bool, passes: Sequence[Pass],
               device: str) -> None:
    """Compute ``roots`` by optimised terms; the interpreter then finds them done."""
    lowering = Lowering(interpreter.graph, interpreter.dtype, stateful)
    values = {f"value {i}": term for i, term in enumerate(lowering.terms(roots))}
    terms = run_passes(Terms(values, device), passes)
    found = emit(terms, interpreter.sources)
    for i, value in enumerate(roots):
        interpreter.results[value] = align(found[f"value {i}"], terms.roots[f"value {i}"].axes, value.type.axes)
