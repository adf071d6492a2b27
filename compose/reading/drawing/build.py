"""From a typed graph to a picture: one panel for the main graph, one for each network."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace

from compose.graph.graph import Graph
from compose.graph.proofs import prove
from compose.language.block import Block
from compose.language.diagnostics import Path
from compose.language.dump import dump
from compose.language.expressions import Number, Ref
from compose.language.load import Loaded
from compose.language.nodes import AnyNode, Application
from compose.language.numerals import number
from compose.language.values import Expr
from compose.language.write import write
from compose.reading.drawing.facts import Body, Facts, bodies, told
from compose.reading.drawing.picture import Box, BoxKind, Details, Edge, EdgeKind, Output, Panel, Picture, Port, Zone
from compose.reading.drawing.wires import Use, mark, port, uses, wires
from compose.reading.number_text import total, typed


def draw(loaded: Loaded, graph: Graph) -> Picture:
    """What there is to draw of a spec that types; ``graph`` is what ``build_graph`` made of it."""
    facts = Facts(graph, prove(graph))
    panels: list[Panel] = []
    for body in bodies(graph):
        panel = _Panel(loaded, facts, body).panel()
        nets = graph.spec.networks
        twins = (p.key for p in panels if p.network and body.prefix and nets[p.network] == nets[body.name])
        panels.append(replace(panel, like=next(twins, "")))
    where = graph.schema.name if graph.schema is not None else ""
    return Picture(graph.spec.name, tuple(panels), where, proofs=tuple(map(told, facts.proofs)))


class _Panel:
    """One panel in the making."""

    def __init__(self, loaded: Loaded, facts: Facts, body: Body) -> None:
        self.loaded, self.facts, self.body, self.spec = loaded, facts, body, loaded.spec
        self.boxes: dict[str, Box] = {}
        self.edges: list[Edge] = []
        self.at: Path = ("networks", body.name, "nodes") if body.prefix else ("graph",)

    def panel(self) -> Panel:
        for name in self.body.inputs:
            self.add(self.key(name), "input", name, axes=(name,), details=self.details(
                text=f"{name}: {self.body.inputs[name]}", at=("networks", self.body.name, "inputs", name)))
        for name, node in self.body.nodes.items():
            self.node(name, node)
        if not self.body.prefix:
            self.ends()
        self.boxes = {key: self.finished(box) for key, box in self.boxes.items()}
        boxes = tuple(self.boxes.values())
        if not self.body.prefix:
            return Panel("graph", self.spec.name, self.spec.summary, boxes=boxes, edges=tuple(self.edges))
        local = any(b.zone == "local" and b.kind not in ("field", "input") for b in boxes)
        zone: Zone = "local" if local else "central"
        size = total(self.facts.graph, self.body.name)
        return Panel(f"network.{self.body.name}", self.body.name, _times(len(self.body.places)), self.body.name, zone,
                     boxes=boxes, edges=tuple(self.edges), weights="" if size is None else number(size))

    # ------------------------------------------------------------------ boxes

    def key(self, name: str) -> str:
        return f"{self.body.prefix}{name}"

    def add(self, key: str, kind: BoxKind, title: str, subtitle: str = "", *, axes: tuple[str, ...] = (),
            network: str = "", target: bool = False, ports: tuple[Port, ...] = (),
            details: Details | None = None) -> None:
        """Put a box down; ``axes`` names its values as an expression here would."""
        values = [value for name in axes for _, value in self.facts.values(self.body, name)]
        zone: Zone = "local" if any(map(self.facts.is_local, values)) else "central"
        self.boxes[key] = Box(key, kind, title, subtitle, network, zone, target, ports=ports,
                              details=details or Details())

    def node(self, name: str, node: AnyNode) -> None:
        """The box of a node and the edges that arrive at it."""
        given: dict[str, list[Expr]] = {}
        for spelled, expr in wires(node):
            given.setdefault(spelled, []).append(expr)
        ports = tuple(port(p, exprs) for p, exprs in given.items() if any(map(self.read, exprs)))
        if isinstance(node, Expr):
            kind, subtitle, network, doc = "function", str(node), "", ""
        elif isinstance(node, Application):
            turns = f" × {node.repeat}" if node.repeat else ""
            kind, subtitle, network, doc = "application", f"{node.network}{turns}", node.network, ""
        else:
            kind, subtitle, network, doc = "block", _said(node), "", inspect.cleandoc(node.__doc__ or "")
        self.add(self.key(name), kind, name, subtitle, axes=tuple(_values(name, node)),  # type: ignore[arg-type]
                 network=network or ("" if not self.body.prefix else self.body.name),
                 target=bool(getattr(node, "target", False)),
                 ports=ports, details=self.details(doc, _yaml(name, write(node)), (*self.at, name), name, node))
        for spelled, exprs in given.items():
            for expr in exprs:
                self.wire(expr, self.key(name), spelled)
        if self.body.prefix and self.spec.networks[self.body.name].result == name:
            self.boxes[self.key(name)] = replace(self.boxes[self.key(name)], returned=True)

    def ends(self) -> None:
        """What the graph is for: acting, and the losses."""
        act = self.spec.act
        given = act.wires
        details = self.details(text=_yaml("act", write(act)), at=("act",))
        self.end("act", "act", act.choose.replace("_", " "), given, details, "decentralised")
        for name, loss in self.spec.losses.items():
            weight = "" if loss.weight.text == "1" else f"weight {loss.weight}"
            over = [f"{how} {' '.join(axes)}" for how, axes in (("mean", loss.mean), ("sum", loss.sum)) if axes]
            masked = "" if loss.where.text == "env.steps" else f"where {loss.where}"
            subtitle = "\n".join(filter(None, (str(loss.of), ", ".join(over), masked, weight)))
            details = self.details(text=_yaml(name, write(loss)), at=("losses", name))
            where = {} if loss.where.text == "env.steps" else {"where": loss.where}
            self.end(f"losses.{name}", "loss", subtitle, {"of": loss.of, **where}, details, "learning signal")

    def end(self, path: str, kind: BoxKind, subtitle: str, given: Mapping[str, Expr], details: Details,
            proof: str) -> None:
        """A box that is no node: ``act`` or a loss. Acting stands among what agents compute."""
        key = self.free(path)
        told_of = tuple(told(p) for p in self.facts.proofs if p.name == proof)
        acted = self.facts.graph.acted() if kind == "act" else ()
        zone: Zone = "local" if acted and all(map(self.facts.is_local, acted)) else "central"
        ports = tuple(Port(n, mark(e)) for n, e in given.items() if kind == "act")
        self.boxes[key] = Box(key, kind, path.rpartition(".")[2], subtitle, zone=zone, ports=ports,
                              details=replace(details, proofs=told_of))
        for name, expr in given.items():
            self.wire(expr, key, name)

    def free(self, key: str) -> str:
        """The key of something that is no node; primed where a node has that name."""
        taken = {*self.spec.graph}
        for name, network in self.spec.networks.items():
            taken |= {f"{name}.{node}" for node in (*network.inputs, *network.nodes)}
        while key in taken:
            key += "'"
        return key

    def finished(self, box: Box) -> Box:
        """With the outputs that something reads (the bare one if nothing does)."""
        read = list(dict.fromkeys(e.output for e in self.edges if e.source == box.key))
        if box.kind in ("loss", "act"):
            return box
        name = box.key.removeprefix(self.body.prefix)
        outputs = (Output(o, self.facts.axes(self.body, f"{name}.{o}" if o else name)) for o in read or [""])
        return replace(box, outputs=tuple(outputs))

    # ------------------------------------------------------------------ edges

    def read(self, expr: Expr) -> list[Use]:
        """References that are wires: not params, not sizes of axes."""
        known = {*self.body.nodes, *self.body.inputs, "env", "played"}
        return [use for use in uses(expr.tree) if use.ref.parts[0] in known]

    def wire(self, expr: Expr, target: str, spelled: str) -> None:
        """Edges to a port from everything that its expression reads."""
        for use in self.read(expr):
            edge = self.edge(use, target, spelled)
            if edge not in self.edges:
                self.edges.append(edge)

    def edge(self, use: Use, target: str, spelled: str) -> Edge:
        head, *rest = use.ref.parts
        source, output = self.key(head), ".".join(rest)
        if head in ("env", "played"):
            source, output = self.field(use.ref), ""
        node = self.body.nodes.get(head)
        kind: EdgeKind = "value"
        if "stop" in use.via or (isinstance(node, Block) and node.stopped):
            kind = "stop"
        elif "previous" in use.via or (isinstance(node, Block) and node.delayed):
            kind = "delay"
        elif self.facts.is_mask(self.body, str(use.ref)):
            kind = "mask"
        elif getattr(node, "target", False):
            kind = "target"
        return Edge(source, target, output, spelled, " ".join(use.via), self.facts.axes(self.body, str(use.ref)), kind)

    def field(self, ref: Ref) -> str:
        """The box of an environment field, put down where it is first read."""
        name = str(ref)
        key = self.free(self.key(name))
        if key not in self.boxes:
            value = self.facts.graph.values[name]
            assert value.field is not None
            doc = self.facts.graph.field(value.field).what
            self.add(key, "field", ref.parts[-1], axes=(name,),
                     details=Details(doc, axes=(typed(self.facts.graph, value.type),)))
        return key

    # ---------------------------------------------------------------- details

    def details(self, doc: str = "", text: str = "", at: Path = (), name: str = "",
                node: AnyNode | None = None) -> Details:
        """What is known of a node, or (without one) where something is written."""
        span = self.loaded.document.key_span(at)
        plain = Details(doc, text, source=f"{span.file}:{span.line}")
        if node is None:
            return plain
        graph, facts = self.facts.graph, self.facts
        values = [(n, v) for n in _values(name, node) for _, v in facts.values(self.body, n)[:1]]
        weights = facts.weights(self.body.name, name)
        if isinstance(node, Application):
            weights = (f"those of network {node.network}: {number(total(graph, node.network))}",)
        axes = tuple(f"{n} {typed(graph, v.type)}" for n, v in values)
        return replace(plain, axes=axes, weights=weights, proofs=facts.proofs_of(self.body, name))


def _values(name: str, node: AnyNode | None) -> list[str]:
    """What expressions call the values of a node."""
    several = node.returns if isinstance(node, Block) and isinstance(node.returns, Mapping) else ()
    return [f"{name}.{output}" for output in several] or [name]


def _times(places: int) -> str:
    return {0: "never applied", 1: "applied once", 2: "applied twice"}.get(places, f"applied {places} times")


def _yaml(name: str, data: object) -> str:
    return dump({name: data}).strip()


def _said(block: Block) -> str:
    """The tag and what its arguments say; widths are left to the axes of the result."""
    words, ports = [block.tag()], block.port_signatures()
    for name, info in type(block).model_fields.items():
        value = getattr(block, name)
        if name in ("block", "target", "each") or name in ports or value == info.default or value is None:
            continue
        if isinstance(value, Expr) and not isinstance(value.tree, Number):
            continue
        match value:
            case str() | int() | float() if name in ("activation", "by"):
                words.append(str(value))
            case tuple() if all(isinstance(v, str) for v in value):
                words.append(f"{block.spelled(name)} {' '.join(value)}")
            case str() | int() | float() | Expr():
                words.append(f"{block.spelled(name)} {value}")
    return " ".join(words) + (f" × {block.each}" if block.each else "")
