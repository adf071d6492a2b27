"""One spec as a page of Markdown: its file, its equations as tables, losses, settings and what can be proved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from compose.cli.views.catalogue import sentence
from compose.cli.views.graph import applications, total_weights
from compose.cli.views.learner import acting, learning, moving
from compose.cli.views.spec import cited
from compose.graph.proofs import prove
from compose.graph.typed_spec import TypedSpec
from compose.language import source
from compose.language.block import Block
from compose.language.diagnostics import Path as Place
from compose.language.files import is_path, packaged_specs
from compose.language.load import load
from compose.language.media import code_block, code_cell, code_span
from compose.language.media import markdown as escaped
from compose.language.nodes import Application
from compose.language.numerals import number
from compose.language.registry import catalogue
from compose.language.values import Expr
from compose.language.write import write
from compose.reading.number_text import typed

if TYPE_CHECKING:
    from compose.reading.diff import Diff

HEAD = ("node", "computed as", "axes")
QUOTED = re.compile(r"``([^`]+)``")


def markdown(about: TypedSpec, *, figure: str = "", compared: Callable[[Diff], str] = lambda diff: "") -> str:
    """The page of a spec that types.

    Args:
        figure: Markdown that shows a picture of it.
        compared: gives Markdown that shows a picture of how it differs from its parent.
    """
    spec = about.loaded.spec
    parts = [f"# {escaped(spec.name)}", escaped(spec.summary, first=True)]
    parts += [escaped(cited(spec.paper), first=True)] if spec.paper else []
    parts += [figure] if figure else []
    parts += [*_file(about), *_new(about, compared), "## Graph", *_tables(about)]
    parts += ["## Losses", _table(("loss", "weight", "of", "reduced"), _losses(about))]
    parts += ["## Acting and learning", f"Actions: {escaped(acting(spec))}.", _table(("", ""), _settings(about))]
    parts += ["## Proofs", *_proofs(about)]
    parts += ["## Blocks", "What each block computes; its reference has the ports, arguments and guarantees.",
              _table(("block", "equation", ""), _blocks(about))]
    return "\n\n".join(parts) + "\n"


def _file(about: TypedSpec) -> Iterator[str]:
    """The spec's own lines and what they build on."""
    files = about.loaded.document.files
    yield "## Spec"
    if parents := [code_span(Path(file).stem) for file in reversed(files[:-1])]:
        yield f"These lines are all that is new; the rest comes from {', '.join(parents)}."
    file = Path(about.loaded.document.file)
    title = re.sub(r"[^\w .-]", "_", file.name)  # between quotes that nothing escapes
    yield code_block(file.read_text(encoding="utf-8"), f'yaml title="{title}"')


def _new(about: TypedSpec, compared: Callable[[Diff], str]) -> Iterator[str]:
    """How it differs from the first spec that it extends, if that is a whole one."""
    from compose.cli.views.diff_markdown import markdown as told
    from compose.reading.diff import diff
    from compose.study.comparison import both_sides

    parent = _parent(Path(about.loaded.document.file))
    if parent and not load(parent).spec.abstract:
        file, name = Path(about.loaded.document.file).resolve(), about.loaded.spec.name
        mine = name if file == (packaged_specs() / f"{name}.yaml").resolve() else str(file)
        named = about.loaded.spec.example_env if about.assumed else about.schema.name if about.schema else None
        found = diff(*both_sides(parent, mine, named))
        _, _, text = told(found).partition("\n")
        yield f"## What it changes in {escaped(Path(parent).stem)}"
        text = re.sub(r"(?m)^( +)(?=- )", r"\1\1", text.strip())  # every Markdown nests a list by four
        yield text.replace(r"\~", "&#126;")  # and not every one knows this escape
        if picture := compared(found):
            yield picture


def _parent(file: Path) -> str:
    """The first spec that a file extends, as a command would be told; empty if there is none."""
    extends = source.load(file.read_bytes(), file.name).root.get("extends")
    first = str((extends[0] if isinstance(extends, list) else extends) or "")
    return str(file.parent / first) if is_path(first) else first


def _tables(about: TypedSpec) -> Iterator[str]:
    """The graph, then every network as its first application has it; networks that are alike stand together."""
    graph, spec = about.graph, about.loaded.spec
    fresh = " Bold: written or changed by this spec." if len(about.loaded.document.files) > 1 else ""
    yield f"Every node, how it is computed, and its axes, operands before users; `f'` is the lagged copy of `f`.{fresh}"
    order: dict[str, int] = {}
    for i, node in enumerate(graph.nodes()):
        order.setdefault(node.name.partition(".")[0].partition("[")[0], i)
    nodes = dict(sorted(spec.graph.items(), key=lambda item: order.get(item[0], -1)))
    yield _table(HEAD, _nodes(about, "", nodes, own=("graph",)))
    alike: dict[str, list[str]] = {}
    for network, at in applications(about).items():
        body, own = spec.networks[network].nodes, ("networks", network, "nodes")
        table = _table(HEAD, _nodes(about, at, body, own=own))
        given = spec.networks[network].inputs.items()
        inputs = ", ".join(f"{code_span(port)} {code_span(f'[{axes}]')}" for port, axes in given)
        alike.setdefault(f"Reads {inputs or 'the environment only'}.\n\n{table}", []).append(network)
    for text, names in alike.items():
        yield f"### Network{'s' * (len(names) > 1)} {', '.join(map(code_span, names))}"
        yield text


def _nodes(about: TypedSpec, prefix: str, nodes: Mapping[str, Any], own: Place) -> Iterator[tuple[str, ...]]:
    """Rows for the nodes at ``own`` in the spec; ``prefix`` is where the graph has them."""
    graph, document = about.graph, about.loaded.document
    for name, node in nodes.items():
        mark = "**" if len(document.files) > 1 and document.is_own((*own, name)) else ""
        outputs = getattr(node, "returns", "") if isinstance(node, Block) else ""
        names = [f"{name}.{output}" for output in outputs] if isinstance(outputs, dict) else [name]
        for i, shown in enumerate(n for n in names if f"{prefix}{n}" in graph.values):
            kind = typed(graph, graph.values[f"{prefix}{shown}"].type)
            yield f"{mark}{code_cell(shown)}{mark}", "" if i else code_cell(computed(node)), code_cell(kind)


def computed(node: Any) -> str:
    """A node as a formula: ``attention(agents(x), keys: x, mask: visible)``; its first port goes by place."""
    if isinstance(node, Expr):
        return str(node)
    fields = write(node)
    kind = fields.pop("network", None) or fields.pop("block")
    lagged = "'" if fields.pop("target", False) else ""
    names = list(fields) if isinstance(node, Application) else [*node.port_signatures(), *fields]
    first = names[0] if names else ""
    parts = [_plain(value) if name == first else f"{name}: {_plain(value)}" for name, value in fields.items()]
    return f"{kind}{lagged}({', '.join(parts)})"


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _losses(about: TypedSpec) -> Iterator[tuple[str, ...]]:
    for name, loss in about.loaded.spec.losses.items():
        reduced = [f"{how} over {', '.join(axes)}" for how, axes in (("mean", loss.mean), ("sum", loss.sum)) if axes]
        reduced += [f"where {code_cell(str(loss.where))}"] if str(loss.where) != "env.steps" else []
        reduced += [f"count {loss.count}"] if loss.count != "present" else []
        shown = map(code_cell, (name, str(loss.weight), str(loss.of)))
        yield *shown, "; ".join(["mean over valid steps", *reduced])


def _settings(about: TypedSpec) -> Iterator[tuple[str, ...]]:
    spec = about.loaded.spec
    for name, value in spec.params.items():
        yield f"param {code_cell(name)}", escaped(moving(value))
    for name, size in spec.axes.items():
        yield f"axis {code_cell(name)}", code_cell(str(size))
    yield from ((escaped(what.text), escaped(how)) for what, how in learning(spec))


def _proofs(about: TypedSpec) -> Iterator[str]:
    total = total_weights(about.graph)
    weights = f", where it has {number(total)} weights" if total is not None else ""
    yield f"In {escaped(about.schema.name if about.schema else 'no environment')}{weights}."
    rows = [(proof.name, proof.outcome, proof.how, proof.expected or "") for proof in prove(about.graph)]
    yield _table(("proof", "outcome", "how", "claimed"), [map(escaped, row) for row in rows])


def _blocks(about: TypedSpec) -> Iterator[tuple[str, ...]]:
    spec = about.loaded.spec
    bodies = [spec.graph, *(spec.networks[name].nodes for name in applications(about))]
    used = {node.block for body in bodies for node in body.values() if isinstance(node, Block)}
    for tag in sorted(used):
        doc = catalogue()[tag].__doc__ or ""
        equation = next((text for text in QUOTED.findall(doc) if re.search(r" = |softmax", text)), None)
        yield code_cell(tag), code_cell(equation) if equation else "", escaped(sentence(doc))


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
