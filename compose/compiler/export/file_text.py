"""The text of an emitted file around its statements: what it is, how to use it, shapes, weights, state, an example."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from compose.compiler.export.body import Body, Section
from compose.compiler.export.record import Step
from compose.compiler.export.signature import Signature, Tensor
from compose.compiler.model import Model
from compose.graph.node import Node
from compose.graph.schema import EntitySchema
from compose.language.media import docstring, literal, one_line
from compose.language.nodes import Application

WIDTH = 88
"""Columns, ruff's default."""
COUNTS = {"agent": "agents", "entity": "entities"}
"""Axis -> the argument that says how many there are."""
Lines = list[str]

FILE = '''"""{name}: one acting step, in plain torch.

Written by compose {version} from
    spec         {spec}  {spec_hash}
    environment  {env}  {env_hash}

Its weights are in a file of their own. To use it:

    import torch
    from safetensors.torch import load_file

    policy = {name}()
    policy.load_state_dict(load_file({weights_file}))
    state = policy.initial_state(batch)  # at the start of every episode
    with torch.inference_mode():  # at every step
        values, where, state = policy(
{call}
        )
    actions = {chosen}
"""

from __future__ import annotations

from typing import Any

import torch
{imports}


class Weights(nn.Module):
    """Weights by name, given as shapes, and groups of weights. They start as zeros."""

    def __init__(self, /, **members: Weights | tuple[int, ...]) -> None:
        super().__init__()
        for name, member in members.items():
            if isinstance(member, tuple):
                member = nn.Parameter(torch.zeros(member, dtype={dtype}))
            setattr(self, name, member)

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name)


class {name}(nn.Module):
{about}

    def __init__(self) -> None:
        super().__init__()
{members}

{initial_state}

    def forward(
        self,
        *,
{parameters}
        state: dict[str, Tensor],
    ) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        """One step: values, where, next state. Shapes are in the text of the class."""
{body}


if __name__ == "__main__":
    from pathlib import Path

    from safetensors.torch import load_file

    policy = {name}()
    policy.load_state_dict(load_file(Path(__file__).with_suffix(".safetensors")))
    with torch.inference_mode():
        values, where, state = policy(
{example}
            state=policy.initial_state(2),
        )
    print("actions of 2 episodes, a row each:")
    print({chosen})
'''


@dataclass(frozen=True)
class Text:
    """All that a file tells."""

    model: Model
    name: str
    weights_file: str
    weights: Mapping[str, tuple[int, ...]]
    step: Step
    sign: Signature
    free: tuple[str, ...]
    body: Body

    @property
    def schema(self) -> EntitySchema:
        assert self.model.schema is not None, "a model has sizes"
        return self.model.schema

    def file(self) -> str:
        """The whole file."""
        body = "\n".join(_indented([*self._sections(), *self._results()], 8))
        call = ", ".join([*(f"{a.name}=..." for a in self.sign.arguments), "state=state"])
        imports = ["from torch import Tensor, nn", *["from torch.nn import functional as F"] * ("F." in body)]
        return FILE.format(
            name=self.name, version=_version(), chosen=self.sign.chosen,
            weights_file=docstring(literal(self.weights_file)),
            dtype=self.model.dtype, spec=docstring(self.model.spec.name), spec_hash=self.model.spec.identity()[:16],
            env=docstring(one_line(self.schema.name)), env_hash=self.schema.hash[:16],
            call="\n".join(_indented(textwrap.wrap(call, WIDTH - 12), 12)), imports="\n".join(imports),
            about="\n".join(_indented(self._about())), members="\n".join(_indented(self._members(), 8)),
            initial_state="\n".join(_indented(self._initial_state())), body=body,
            parameters="\n".join(f"        {a.name}: Tensor," for a in self.sign.arguments),
            example="\n".join(_indented((f"{a.name}={_example(a)}," for a in self.sign.arguments), 12)),
        )

    # ----------------------------------------------------------- its own text

    def _about(self) -> Lines:
        spec, schema = self.model.spec, self.schema
        counts = {
            (): f"The numbers of agents ({schema.agents}) and of entities ({schema.entities}) are fixed.",
            ("agent",): "Agents may be any number too; " + (
                f"{schema.others} more entities follow them." if schema.others else "every entity is one."),
            ("entity",): f"There are {schema.agents} agents; entities may be any number, agents first.",
            ("agent", "entity"): "Agents and entities may be any number too, agents first among the entities; the "
                                 "sizes below are the environment's.",
        }[self.free]
        about = f"One acting step of `{spec.name}` in `{schema.name}`, for any number of episodes at once. {counts}"
        lines = [*_filled(spec.summary, 3), "", *_filled(about), "", "Arguments, all by name:"]
        lines += _described(self.sign.arguments)
        if self.sign.state:
            lines += ["", "State, from `initial_state` and then from the step before:", *_described(self.sign.state)]
        else:
            lines += ["", "It carries no state: `state` is an empty dict."]
        results = _described((self.sign.values, self.sign.where))
        first, *rest = map(docstring, [*lines, "", "Gives `values`, `where` and the next state:", *results])
        return [f'"""{first}', *rest, '"""']

    def _members(self) -> Lines:
        """Nested groups of weights, as assignments to ``self``."""
        tree: dict[str, Any] = {}
        for key, shape in self.weights.items():
            *lead, last = key.split(".")
            place = tree
            for part in lead:
                place = place.setdefault(part, {})
            place[last] = shape
        dtype = self.model.dtype
        return [line for name, member in tree.items() for line in (
            _group(f"self.{name} = ", member, "") if isinstance(member, dict)
            else [f"self.{name} = nn.Parameter(torch.zeros({member}, dtype={dtype}))"])] or ["# it has no weights"]

    def _initial_state(self) -> Lines:
        made, counts = Lines(), dict[str, int]()
        for x in self.sign.state:
            axes = list(zip(x.axes, x.sizes, strict=True))
            counts |= {axis: size for axis, size in axes if axis in self.free or (axis == "entity" and self.free)}
            shape = ", ".join("batch" if n == 0 else COUNTS[a] if a in counts else str(n) for a, n in axes)
            start = bool(x.start) if x.dtype is torch.bool else x.start
            sizes = f"({shape})" if len(axes) > 1 else f"({shape},)"
            what, given = ("full", f"{sizes}, {start}") if start else ("zeros", shape)
            made += _call(f"{literal(x.name)}: torch.{what}", f"{given}, dtype={x.dtype}, device=device")
        parameters = ["self", "batch: int", *(f"{COUNTS[axis]}: int = {size}" for axis, size in counts.items()),
                      "device: torch.device | str | None = None"]
        line = f"    {', '.join(parameters)}"
        listed = [line] if len(line) <= WIDTH - 4 else [f"    {p}," for p in parameters]
        body = ["    return {", *_indented(made, 8), "    }"] if made else ["    return {}"]
        return ["def initial_state(", *listed, ") -> dict[str, Tensor]:",
                '    """What the first step of an episode is given."""', *body]

    # ------------------------------------------------------------- statements

    def _sections(self) -> Lines:
        """The statements, with a comment where another network and where another node of the spec begins."""
        nodes = {node.name: node for node in self.step.owners.values()}
        lines, inside = Lines(), ""
        for section in self.body.sections:
            path = section.owner.rpartition(".")[0]
            lines.append("")
            if path and path != inside:
                lines.append(f"# {one_line(path)}: network {_network(self.model, path)}")
            inside = path
            lines += [_comment(section, nodes), *section.lines]
        return lines[1:]

    def _results(self) -> Lines:
        outputs = {name: self.body.result(node) for name, node in self.step.outputs.items()}
        lines = ["", "# what the step gives", f"values = {outputs.pop('values')}"]
        lines.append(f"where = {outputs.pop('where', 'torch.ones_like(values, dtype=torch.bool)')}")
        kept = [f"{literal(name)}: {source}," for name, source in outputs.items()]
        lines += ["next_state = {", *_indented(kept), "}"] if kept else ["next_state: dict[str, Tensor] = {}"]
        return [*lines, "return values, where, next_state"]


def _filled(text: str, taken: int = 0) -> Lines:
    """Lines of a paragraph, the first of which is so much shorter."""
    first, *rest = textwrap.wrap(" " * taken + one_line(text), WIDTH - 4) or [""]
    return [first.strip(), *rest]


def _call(function: str, arguments: str) -> Lines:
    """An entry of the state, in one line or three."""
    line = f"{function}({arguments}),"
    return [line] if len(line) <= WIDTH - 12 else [f"{function}(", f"    {arguments}", "),"]


def _described(tensors: Iterable[Tensor]) -> Lines:
    """A line for each tensor and its meaning below."""
    lines = Lines()
    for x in tensors:
        name = literal(x.name) if x.source.kind == "state" else x.name
        lines.append(f"    {name}: {x.kind} {x.shape}")
        lines += [f"        {line}" for line in textwrap.wrap(one_line(x.what), WIDTH - 12)]
    return lines


def _group(start: str, members: Any, end: str) -> Lines:
    """``x=Weights(weight=(128, 52), bias=(128,)),``, over several lines where one is too short."""
    if not isinstance(members, dict):
        return [f"{start}{members}{end}"]
    flat = ", ".join(f"{n}={m}" for n, m in members.items())
    if not any(isinstance(m, dict) for m in members.values()) and len(f"{start}Weights({flat}){end}") <= WIDTH - 16:
        return [f"{start}Weights({flat}){end}"]
    inner = [line for n, m in members.items() for line in _group(f"{n}=", m, ",")]
    return [f"{start}Weights(", *_indented(inner), f"){end}"]


def _comment(section: Section, nodes: Mapping[str, Node]) -> str:
    if not section.owner:
        return "# inside, one step has an axis `time` of length 1"
    node = nodes.get(section.owner)
    if node is None:
        return f"# {one_line(section.owner)}"
    kinds = ", ".join(f"[{' '.join(v.type.axes)}]" for v in node.values.values())
    what = one_line(f"# {section.owner}: {getattr(node.op, 'block', 'expression')}")
    return f"{what} -> {kinds}" if len(f"{what} -> {kinds}") <= WIDTH - 8 else what


def _network(model: Model, path: str) -> str:
    """The network that is applied at a path of nodes: ``q_tot.b1_rows`` -> ``b1``."""
    nodes, network = model.spec.graph, ""
    for part in path.split("."):
        node = nodes.get(part.partition("[")[0])
        if not isinstance(node, Application):
            break
        network = node.network
        nodes = model.spec.networks[network].nodes
    return network


def _example(x: Tensor) -> str:
    """A made-up tensor for two episodes."""
    shape = ", ".join("2" if n == 0 else str(n) for n in x.sizes)
    if not shape:
        return f"torch.tensor(0.5, dtype={x.dtype})"
    made = {torch.bool: "ones", torch.int64: "zeros"}.get(x.dtype, "rand")
    return f"torch.{made}({shape}, dtype={x.dtype})"


def _indented(lines: Iterable[str], by: int = 4) -> Lines:
    return [" " * by + line if line else "" for line in lines]


def _version() -> str:
    try:
        return version("compose-marl")
    except PackageNotFoundError:
        return "(a checkout)"
