"""Who reads what: every use of a node, input, param, axis, network, field or optimizer, by where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from compose.graph.sizes import ENVIRONMENT
from compose.language.annotations import mentions
from compose.language.axes import signature
from compose.language.block import AXIS
from compose.language.diagnostics import Path
from compose.language.expressions import Ref, references
from compose.language.models import Spec
from compose.language.nodes import Application
from compose.language.values import AxesTextMark, Expr


@dataclass(frozen=True)
class Reading:
    """One use: ``at`` is where it is written, ``text`` what stands there."""

    at: Path
    text: str


Readings = dict[Path, list[Reading]]
"""What is read -> by whom. ``("env", "visible")`` is a field, ``("axis", "agent")`` an axis of the environment."""


def readings(spec: Spec) -> Readings:
    """Every use that a spec makes of its own names, of fields and of axes. Names that mean nothing are left out."""
    found: Readings = {}
    for target, reading in _all(spec):
        held = found.setdefault(target, [])
        if reading not in held:
            held.append(reading)
    return found


@dataclass(frozen=True)
class _Body:
    """The main graph, or a network: what names mean in it."""

    spec: Spec
    where: Path
    nodes: Mapping[str, Any]
    inputs: Mapping[str, str]

    def uses(self, expr: Expr, at: Path) -> Iterator[tuple[Path, Reading]]:
        """What an expression at a place reads."""
        for ref in references(expr.tree):
            for target in self.meanings(ref):
                yield target, Reading(at, str(expr))

    def meanings(self, ref: Ref) -> Iterator[Path]:
        """What a reference reads: a node, and what is inside it."""
        head, *rest = ref.parts
        if head == "env" and rest:
            yield ("env", ".".join(rest))
        elif head == "played" and rest:
            yield ("record", ".".join(rest))
        elif head in self.inputs:
            yield (*self.where[:-1], "inputs", head)
        elif head in self.nodes:
            yield (*self.where, head)
            node = self.nodes[head]
            if rest and isinstance(node, Application) and node.network in self.spec.networks:
                yield from _network(self.spec, node.network).meanings(Ref(tuple(rest)))
        elif not rest:
            yield from _scalar(self.spec, head)


def _scalar(spec: Spec, name: str) -> Iterator[Path]:
    """A param, an axis of the spec's own, or one of the environment."""
    base = name.rstrip("'")
    if base in spec.params:
        yield ("params", base)
    elif base in spec.axes:
        yield ("axes", base)
    elif base in ENVIRONMENT:
        yield ("axis", base)


def _network(spec: Spec, name: str) -> _Body:
    network = spec.networks[name]
    return _Body(spec, ("networks", name, "nodes"), network.nodes, network.inputs)


def _all(spec: Spec) -> Iterator[tuple[Path, Reading]]:
    main = _Body(spec, ("graph",), spec.graph, {})
    for body in (main, *(_network(spec, name) for name in spec.networks)):
        for name, node in body.nodes.items():
            yield from _node(body, node, (*body.where, name))
    for name, network in spec.networks.items():
        at: Path = ("networks", name)
        for port, text in network.inputs.items():
            yield from _axes(spec, text, (*at, "inputs", port))
        yield (*at, "nodes", network.result), Reading((*at, "returns"), network.result)
        for text in network.returns.values() if not isinstance(network.returns, str) else ():
            yield from _axes(spec, text, (*at, "returns", network.result))
    for name, size in spec.axes.items():
        yield from main.uses(size, ("axes", name))
    yield from _settings(main, spec.act, ("act",))
    for name, loss in spec.losses.items():
        yield from _settings(main, loss, ("losses", name))
        trained = loss.optimizer or (next(iter(spec.learner.optimizers)) if len(spec.learner.optimizers) == 1 else "")
        if trained:
            text = f"optimizer: {trained}" if loss.optimizer else "the only optimizer trains it"
            yield ("learner", "optimizers", trained), Reading(("losses", name), text)
    for name, optimizer in spec.learner.optimizers.items():
        if optimizer.after:
            after: Path = ("learner", "optimizers", name, "after")
            yield ("learner", "optimizers", optimizer.after), Reading(after, optimizer.after)
    for name, value in spec.record.items():
        yield from main.uses(value, ("record", name))
    for name, value in spec.log.items():
        yield from main.uses(value, ("log", name))
    claim = spec.claims.igm_claim
    if claim is not None and claim.status != "none":
        yield from main.uses(claim.joint, ("claims", "igm"))


def _node(body: _Body, node: Any, at: Path) -> Iterator[tuple[Path, Reading]]:
    if isinstance(node, Expr):
        yield from body.uses(node, at)
    elif isinstance(node, Application):
        yield ("networks", node.network), Reading(at, node.network)
        for port, expr in node.inputs.items():
            yield from body.uses(expr, (*at, port))
        if node.repeat is not None:
            for target in _scalar(body.spec, node.repeat):
                yield target, Reading((*at, "repeat"), node.repeat)
    else:
        yield from _settings(body, node, at)


def _settings(body: _Body, model: BaseModel, at: Path) -> Iterator[tuple[Path, Reading]]:
    """The fields of a block, a loss or ``act`` that hold expressions, or names of axes."""
    for name, info in type(model).model_fields.items():
        value, here = getattr(model, name), (*at, info.alias or name)
        if name not in model.model_fields_set and not isinstance(value, Expr):
            continue
        many = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple) else (value,)
        for item in many:
            if isinstance(item, Expr):
                yield from body.uses(item, here)
            elif isinstance(item, str) and (name == "each" or mentions(info, AXIS)):
                for target in _scalar(body.spec, item):
                    yield target, Reading(here, item)
            elif isinstance(item, str) and mentions(info, AxesTextMark):
                yield from _axes(body.spec, item, here)


def _axes(spec: Spec, text: str, at: Path) -> Iterator[tuple[Path, Reading]]:
    for token in signature(text).tokens:
        for target in () if token.variable else _scalar(spec, token.name):
            yield target, Reading(at, text)
