"""A whole spec as one typed graph: what `check` proves things about and what the compiler lowers."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import TYPE_CHECKING

from compose.graph.fields import LEAD, PLAYED, Field, known_fields, played_field
from compose.graph.loops import Loop
from compose.graph.node import Node, Value, WeightInfo
from compose.graph.schema import EntitySchema
from compose.graph.sizes import AxisTable
from compose.language.axes import Axes, join
from compose.language.diagnostics import Diagnostic
from compose.language.models import Spec

if TYPE_CHECKING:
    import networkx as nx


@dataclass(eq=False)
class LossTerm:
    """One loss: its value, which elements count, how axes reduce, its weight."""

    name: str
    value: Value
    where: Value
    weight: Value
    mean: Axes
    sum: Axes
    count: str
    optimizer: str
    presence: dict[str, Value]
    average: Value
    """The loss as one number, before its weight."""

    def operands(self) -> list[Value]:
        return [self.value, self.where, self.weight, *self.presence.values()]


@dataclass(frozen=True)
class Applied:
    """One application of a network: what is wired to its inputs, and what capitals of its signatures stand for."""

    inputs: Mapping[str, Value]
    variables: Mapping[str, str]


@dataclass(eq=False)
class Graph:
    """The typed graph of one spec in one environment (or, with symbolic sizes, in none)."""

    spec: Spec
    """The spec whose graph it is."""
    schema: EntitySchema | None
    """The environment; None: sizes are symbolic."""
    table: AxisTable
    """How long axes are, and who on them may be absent."""
    values: dict[str, Value] = made(default_factory=dict)
    """Every value by name: ``q``, ``q.a``, ``groups.within``."""
    applications: dict[str, Applied] = made(default_factory=dict)
    """By the prefix of its values: ``q.``, ``q_tot.layer[0].``."""
    weights: dict[str, WeightInfo] = made(default_factory=dict)
    """Every weight by name: its axes and how it starts."""
    losses: dict[str, LossTerm] = made(default_factory=dict)
    """Every loss by name."""
    totals: dict[str, Value] = made(default_factory=dict)
    """Optimizer -> the weighted sum of its losses."""
    logged: dict[str, Value] = made(default_factory=dict)
    """What a training writes down: [batch] or [batch time]."""
    recorded: dict[str, Value] = made(default_factory=dict)
    """What acting records, as acting computes it; read as the field ``played.NAME``."""
    act_values: Value | None = None
    """What is acted on [batch time agent action]; of actions that are numbers the mean [batch time agent part]."""
    act_variance: Value | None = None
    """Of actions that are numbers [batch time agent part]."""
    act_where: Value | None = None
    """Which actions may be taken, bool [batch time agent action]; None: all."""
    joint: Value | None = None
    """What the IGM claim calls Q_tot."""
    utilities: Value | None = None
    """In which agents are greedy, if the IGM claim says so; else what is acted on."""
    loops: dict[Node, Loop] = made(default_factory=dict)
    """Delays through which a loop runs, with that loop."""
    notes: list[Diagnostic] = made(default_factory=list)
    """What is worth saying and no mistake."""

    def nodes(self, roots: Iterable[Value] | None = None, cut: Collection[Node] | None = None) -> list[Node]:
        """Nodes that ``roots`` need (everything if None), operands before users.

        A loop is cut at its delays (those in ``cut``): they come before what they read.
        """
        cut = self.loops if cut is None else cut
        order: dict[Node, None] = {}
        opened: set[Node] = set()
        waiting = deque(self.values.values() if roots is None else roots)
        while waiting:
            root, stack = waiting.popleft().node, list[tuple[Node, Iterator[Value]]]()
            if root is not None and root not in opened:
                opened.add(root)
                stack.append((root, iter(() if root in cut else root.operands())))
            while stack:
                node, operands = stack[-1]
                fresh = next((v.node for v in operands if v.node is not None and v.node not in opened), None)
                if fresh is not None:
                    opened.add(fresh)
                    stack.append((fresh, iter(() if fresh in cut else fresh.operands())))
                else:
                    order[node] = None
                    stack.pop()
                    waiting += node.operands() if node in cut else ()
        return list(order)

    @property
    def stored(self) -> EntitySchema | None:
        """The environment's schema with the fields that acting records: what the episodes of a training hold."""
        if self.schema is None or not self.recorded:
            return self.schema
        fields = {f"{PLAYED}{name}": self.field(f"{PLAYED}{name}") for name in self.recorded}
        own = {axis.rstrip("'") for field in fields.values() for axis in field.axes} - {*self.schema.sizes, *LEAD}
        sizes = {axis: self.table.size(axis) or 0 for axis in sorted(own)}
        update = {"fields": {**self.schema.fields, **fields}, "axes": {**self.schema.axes, **sizes}}
        return self.schema.model_copy(update=update)

    def field(self, name: str) -> Field:
        """What a field is: the environment's, or one that acting records."""
        if name.startswith(PLAYED):
            value = self.recorded[name.removeprefix(PLAYED)]
            return played_field(join(LEAD, value.type.axes), value.type.dtype, f"Recorded while acting: {value.name}.")
        return (known_fields(self.spec.act.over == "part") if self.schema is None else self.schema.fields)[name]

    def learned(self) -> list[Value]:
        """What the `learn` program must give."""
        return [v for term in self.losses.values() for v in term.operands()]

    def acted(self) -> list[Value]:
        """What the `act` program must give."""
        return [v for v in (self.act_values, self.act_variance, self.act_where) if v is not None]

    def played(self) -> list[Value]:
        """What a step of a training's own episodes must give: what is acted on, and what is recorded."""
        return [*self.acted(), *self.recorded.values()]

    def outcomes(self) -> list[Value]:
        """What a training shows: what it learns by, what it plays by, and what it writes down."""
        return [*self.learned(), *self.played(), *self.logged.values()]

    def networkx(self) -> nx.MultiDiGraph[str]:
        """The graph for networkx: nodes, fields, moving params, weights, losses and ``act`` by name.

        Nodes have a ``kind`` (node, field, param, weight, loss, act) and what belongs to it: ``block`` and ``outputs``
        (name -> axes), ``axes`` and ``network`` of a weight, ``optimizer`` of a loss. Edges go from what is computed to
        what reads it, with ``port``, ``output``, ``type`` (axes) and, from a weight, ``lagged`` (its copy?).

            nx.shortest_path(graph.networkx(), "env.entities", "losses.td")
        """
        from compose.graph.digraph import digraph

        return digraph(self)

    def fields(self, roots: Iterable[Value]) -> list[str]:
        """Environment fields that ``roots`` read."""
        roots = list(roots)
        values = [*roots, *(v for node in self.nodes(roots) for v in node.operands())]
        return sorted({v.field for v in values if v.field is not None})
