"""The whole graph of a spec, as text and as data."""

from __future__ import annotations

from typing import Any

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.views.learner import show_learning
from compose.graph.graph import Graph
from compose.graph.proofs import Proof
from compose.graph.typed_spec import TypedSpec, schema_of
from compose.language.nodes import Application
from compose.language.numerals import number
from compose.language.values import Expr
from compose.reading.number_text import count, size, sized, typed


def show(about: TypedSpec, proofs: list[Proof]) -> None:
    """Print everything that `compose build` says."""
    graph, spec = about.graph, about.loaded.spec
    page.line(Cell(spec.name, "title"), Cell(f"  {about.environment}", "dim"))
    page.paragraph(spec.summary, indent=2)
    page.title("sizes")
    page.paragraph("   ".join(f"{axis} {rows}" for axis, rows in _sizes(graph).items()) or "none known", indent=2)
    page.title("graph")
    page.table(_node_rows(graph, "", spec.graph))
    _show_networks(about)
    _show_weights(graph)
    page.title("proofs")
    page.table((Cell(p.name, "name"), Cell(p.outcome, p.outcome), Cell(p.how)) for p in proofs)
    for proof in proofs:
        if not proof.as_claimed:
            claim = f"{proof.name} is {proof.outcome}, but the spec claims '{proof.expected}'"
            page.line(Cell(claim, "wrong"), indent=2)
    show_learning(spec)


def _show_networks(about: TypedSpec) -> None:
    """Every network as its first application has it; networks that are alike stand together."""
    alike: dict[str, list[tuple[str, str]]] = {}
    rows = {}
    for network, at in applications(about).items():
        shown = about.loaded.spec.networks[network]
        rows[network] = _node_rows(about.graph, at, shown.nodes)
        key = f"{rows[network]} {dict(shown.inputs)}"
        alike.setdefault(key, []).append((network, at))
    for same in alike.values():
        network, at = same[0]
        names = ", ".join(name for name, _ in same)
        page.title(f"network{'s' * (len(same) > 1)} {names}", f"as applied by {at.rstrip('.')}")
        inputs = ", ".join(f"{port} [{axes}]" for port, axes in about.loaded.spec.networks[network].inputs.items())
        page.paragraph(f"reads {inputs or 'env only'}", indent=2, style="dim")
        page.table(rows[network])


def _sizes(graph: Graph) -> dict[str, int]:
    """Axes by their own names (not arithmetic over others) that the graph uses, with their rows."""
    used = dict.fromkeys(axis for value in graph.values.values() for axis in value.type.axes)
    used |= dict.fromkeys(axis for info in graph.weights.values() for axis in info.axes)
    rows = {axis: size(graph, axis) for axis in used if axis.isidentifier()}
    return {axis: n for axis, n in rows.items() if n is not None}


def applications(about: TypedSpec) -> dict[str, str]:
    """Network -> where it is applied first, as the prefix of its nodes' names: ``utility`` -> ``q.``."""
    spec, values, found = about.loaded.spec, about.graph.values, dict[str, str]()

    def walk(nodes: Any, prefix: str) -> None:
        for name, node in nodes.items():
            if isinstance(node, Application) and node.network not in found:
                inner = f"{prefix}{name}{'[0]' if node.repeat else ''}."
                if any(value.startswith(inner) for value in values):
                    found[node.network] = inner
                    walk(spec.networks[node.network].nodes, inner)

    walk(spec.graph, "")
    return found


def _node_rows(graph: Graph, prefix: str, nodes: Any) -> list[tuple[Cell, Cell, Cell]]:
    """Name, what it is, type; one row for each output of a node."""
    rows = []
    for name, node in nodes.items():
        if isinstance(node, Expr):
            what = str(node) if len(str(node)) <= 28 else str(node)[:25] + "..."
        elif isinstance(node, Application):
            how, turns = " (target)" * node.target + " (frozen)" * node.frozen, f" x {node.repeat}" * bool(node.repeat)
            what = f"{node.network}(){turns}{how}"
        else:
            what = node.block
        full = f"{prefix}{name}"
        outputs = getattr(node, "returns", "") if not isinstance(node, Application | Expr) else ""
        names = [f"{full}.{output}" for output in outputs] if isinstance(outputs, dict) else [full]
        for i, output in enumerate(n for n in names if n in graph.values):
            shown = output.removeprefix(prefix)
            rows.append((Cell(shown, "name"), Cell("" if i else what), Cell(typed(graph, graph.values[output].type))))
    return rows


def _show_weights(graph: Graph) -> None:
    """Weights by network; networks whose weights are alike stand together."""
    total = total_weights(graph)
    page.title("weights", f"{number(total)} numbers" if total is not None else "sizes need an environment")
    groups: dict[tuple[tuple[str, tuple[str, ...]], ...], list[str]] = {}
    for network in dict.fromkeys(info.network for info in graph.weights.values()):
        own = [(n.removeprefix(f"{network}."), i.axes) for n, i in graph.weights.items() if i.network == network]
        groups.setdefault(tuple(own), []).append(network)
    for weights, networks in groups.items():
        counts = [count(graph, axes) for _, axes in weights]
        known = [n for n in counts if n is not None]
        each = number(sum(known)) if len(known) == len(counts) else "?"
        page.line(Cell(", ".join(networks), "name"), Cell(f"  {each}{' each' * (len(networks) > 1)}", "dim"), indent=2)
        page.table(((name, Cell(number(n), right=True), Cell(f"[{sized(graph, axes)}]"))
                    for (name, axes), n in zip(weights, counts, strict=True)), indent=4)


def total_weights(graph: Graph) -> int | None:
    """How many numbers the weights hold; None while a size is symbolic."""
    counts = [count(graph, info.axes) for info in graph.weights.values()]
    known = [n for n in counts if n is not None]
    return sum(known) if len(known) == len(counts) else None


def data(about: TypedSpec, proofs: list[Proof]) -> dict[str, Any]:
    """The same for tools."""
    graph, spec = about.graph, about.loaded.spec
    return {
        "ok": all(proof.as_claimed for proof in proofs),
        "spec": spec.name,
        "identity": spec.identity(),
        "env": about.schema.name if about.schema else None,
        "env_assumed": about.assumed,
        "sizes": _sizes(graph),
        "nodes": [node.as_json() | {"sizes": {n: [size(graph, a) for a in v.type.axes] for n, v in node.values.items()}}
                  for node in graph.nodes()],
        "weights": {name: {"axes": list(info.axes), "shape": [size(graph, a) for a in info.axes],
                           "count": count(graph, info.axes)} for name, info in graph.weights.items()},
        "weights_total": total_weights(graph),
        "proofs": [proof.as_json() for proof in proofs],
        "resolved": {key: value for key, value in spec.data(defaults=True).items()
                     if key in ("params", "losses", "act", "learner")},
        "notes": [note.as_json() for note in graph.notes],
    }


def show_code(about: TypedSpec, *, passes: bool = True) -> None:
    """The traced programs, as the Python that torch.fx generated."""
    schema = schema_of(about)
    from compose.compiler.model import Model
    from compose.compiler.passes import PASSES

    for name, program in Model(about.graph, passes=PASSES if passes else ()).programs.items():
        page.say(f"# program {name} of {about.loaded.spec.name} in {schema.name}: "
                 f"{len(program.inputs)} inputs, gives {', '.join(program.outputs)}")
        page.document(program.module.code.strip() + "\n\n")
