"""A model as a stand-alone file: one acting step in plain torch, to read and to use without this package."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from compose.compiler.export.body import Body
from compose.compiler.export.counts import free_counts
from compose.compiler.export.file_text import Text
from compose.compiler.export.names import Scope, attributes, class_name
from compose.compiler.export.record import record
from compose.compiler.export.signature import Signature, signature
from compose.compiler.export.simplify import simplify
from compose.compiler.model import Model
from compose.language.media import literal


@dataclass(frozen=True)
class Emitted:
    """A stand-alone module and what belongs to it."""

    text: str
    """The Python file."""
    class_name: str
    weights: dict[str, torch.Tensor]
    """Its state dict: names of the spec (with an underscore where Python has the name already)."""
    signature: Signature
    next_state: tuple[str, ...]
    """Names of the state that it gives, in order."""
    free: tuple[str, ...]
    """Axes beside ``batch`` that may have any size: see :func:`~compose.compiler.export.counts.free_counts`."""


def emit(model: Model, weights_file: str = "model.safetensors") -> Emitted:
    """Write one acting step of a model as Python that imports torch only.

    Args:
        weights_file: Name of the file beside it that will hold the weights, for the example in its text.

    Raises:
        SpecError: ``export.act`` if the spec has nothing to act on; ``export.function`` if one of its blocks calls a
            function that is not torch's.
    """
    step = record(model)
    simplify(model, step)
    free = free_counts(model, step)
    sign = signature(model, step)
    named = {("weight", name): name for name in model.weights} | {("target", n): f"target.{n}" for n in model.target}
    values = {("weight", n): x for n, x in model.weights.items()} | {("target", n): x for n, x in model.target.items()}
    used = [place for place in named if place in {(s.kind, s.name) for s in step.sources.values()}]
    keys = attributes(named[place] for place in used)
    weights = {keys[named[place]]: values[place].detach() for place in used}
    arguments = {a.source: a.name for a in sign.arguments}
    given = {}
    for node, source in step.sources.items():
        if (source.kind, source.name) in used:
            given[node] = f"self.{keys[named[source.kind, source.name]]}"
        else:
            given[node] = arguments.get(source, f"state[{literal(source.name)}]")
    body = Body(step, given, Scope(arguments.values()))
    name = class_name(model.spec.name)
    shapes = {key: tuple(x.shape) for key, x in weights.items()}
    carried = tuple(name for name in step.outputs if name not in ("values", "where"))
    text = Text(model, name, weights_file, shapes, step, sign, free, body)
    return Emitted(text.file(), name, weights, sign, carried, free)
