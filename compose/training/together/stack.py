"""Weights of several models along a leading axis, and programs that run on all of them at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, fx

from compose.compiler.model import Model
from compose.compiler.passes import PASSES, pack
from compose.compiler.trace import Outputs, Program
from compose.graph.schema import EntitySchema
from compose.training.together.recurrences import gru, lstm


class Stack:
    """Weights and lagged copies [seed ...] of models of one spec.

    From then on each model's own weights are rows of the stack: what is done to either is done to both.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        first = models[0]
        self.weights = {name: torch.nn.Parameter(torch.stack([m.weights[name].detach() for m in models]))
                        for name in first.weights}
        self.target = {name: torch.stack([m.target[name] for m in models]) for name in first.target}
        for row, model in enumerate(models):
            for name, weight in model.weights.items():
                weight.data = self.weights[name].detach()[row]
            for name in model.target:
                model.target[name] = self.target[name][row]


class StackedProgram:
    """A program whose every input has a leading axis ``seed``, but for fields that no episode changes.

    ``torch.func.vmap`` of the program's module, where recurrences are written out step by step (``torch.gru`` and
    ``torch.lstm`` take one set of weights only).
    """

    def __init__(self, program: Program, schema: EntitySchema) -> None:
        self.program = program
        self.fields = [name for name in program.needs("field") if "batch" in schema.fields[name].axes]
        """The fields that differ between seeds."""
        self._axes = tuple(None if i.kind == "field" and i.name not in self.fields else 0 for i in program.inputs)
        self._module = _written_out(program.module)

    def __call__(self, given: Mapping[str, Mapping[str, Any]]) -> Outputs:
        """Outputs by name, each with the leading axis. ``given``: kind -> name -> tensor."""
        inputs = [given[i.kind][i.name] for i in self.program.inputs]
        found = torch.func.vmap(self._module, in_dims=self._axes)(*inputs)
        return dict(zip(self.program.outputs, found, strict=True))


def stackable(model: Model) -> Program:
    """The model's ``learn`` in a form that can be stacked: inputs of the same shape for every seed, whichever steps of
    its episodes were reached, so nothing is packed."""
    program = model.programs["learn"]
    if not program.needs("plan"):
        return program
    passes = [one for one in PASSES if one is not pack]
    return Model(model.graph, device=model.device, dtype=model.dtype, passes=passes).programs["learn"]


def stacked(inputs: Sequence[Mapping[str, Any]], wanted: Sequence[str], like: Tensor) -> dict[str, Tensor]:
    """Tensors or numbers of the same name, one mapping for each seed, as tensors [seed ...].

    Numbers take the dtype and device of ``like``.
    """
    def tensor(x: Any) -> Tensor:
        return x if isinstance(x, Tensor) else torch.tensor(x, dtype=like.dtype, device=like.device)

    return {name: torch.stack([tensor(one[name]) for one in inputs]) for name in wanted}


def _written_out(module: fx.GraphModule) -> fx.GraphModule:
    made = copy.deepcopy(module)
    for node in made.graph.nodes:
        if node.op == "call_function":
            node.target = {torch.gru: gru, torch.lstm: lstm}.get(node.target, node.target)
    made.recompile()
    return made
