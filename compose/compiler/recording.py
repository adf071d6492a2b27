"""Programs of a training's own steps: ``play`` acts and keeps, ``note`` adds what the choice of actions made known.

``play`` gives what ``act`` gives; beside it, what is recorded and does not depend on the chosen action
(``recorded:NAME``), and what the rest is computed from (``value:I``), which ``note`` is given again.
"""

from __future__ import annotations

from dataclasses import dataclass

from compose.compiler.interpret import Interpreter
from compose.graph.align import align
from compose.graph.graph import Graph
from compose.graph.node import Node, Value
from compose.graph.recording import chosen
from compose.language.axes import join

PROGRAMS = ("play", "note")


@dataclass(frozen=True)
class Recording:
    """What is recorded of a step, cut at the choice of the actions."""

    before: dict[str, Value]
    """By name: what does not depend on it."""
    after: dict[str, Value]
    """What does."""
    handed: tuple[Value, ...]
    """What is known before and needed after."""
    nodes: tuple[Node, ...]
    """What is computed after, operands before users."""


def recording(graph: Graph) -> Recording:
    """Cut what a graph records."""
    nodes = graph.nodes(graph.recorded.values())
    late = chosen(nodes)
    known = {name: value.node in late or value.field == "action" for name, value in graph.recorded.items()}
    before = {name: value for name, value in graph.recorded.items() if not known[name]}
    after = {name: value for name, value in graph.recorded.items() if known[name]}
    rest = tuple(node for node in nodes if node in late)
    handed = dict.fromkeys(v for node in rest for v in node.operands() if v.node is not None and v.node not in late)
    return Recording(before, after, tuple(handed), rest)


def before_choice(interpreter: Interpreter, cut: Recording) -> dict[str, object]:
    """What ``play`` gives beside what is acted on."""
    values = [*cut.before.values(), *cut.handed]
    found = interpreter.evaluate(values)
    kept = {f"recorded:{name}": _step(value, x) for (name, value), x in zip(cut.before.items(), found, strict=False)}
    return kept | {f"value:{i}": x for i, x in enumerate(found[len(cut.before):])}


def after_choice(interpreter: Interpreter, cut: Recording) -> dict[str, object]:
    """What ``note`` gives."""
    interpreter.results.update({value: interpreter.sources.read("value", str(i)) for i, value in enumerate(cut.handed)})
    for node in cut.nodes:
        interpreter.compute(node)
    return {f"recorded:{name}": _step(value, interpreter.value(value)) for name, value in cut.after.items()}


def _step(value: Value, x: object) -> object:
    """[batch ...] of one step, of size 1 where the value lacks an axis of the episode."""
    return align(x, value.type.axes, join(("batch", "time"), value.type.axes)).select(1, 0)
