"""A model as a ``torch.export`` program (``.pt2``): one acting step for any number of episodes and, where the blocks
allow it, of agents and entities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch.export import Dim, ExportedProgram, export

from compose.compiler.export.emit import Emitted, emit
from compose.compiler.export.parity import TRACED, compare
from compose.compiler.export.samples import samples
from compose.compiler.export.signature import Tensor
from compose.compiler.export.write import Export, arriving, inputs, loaded, player
from compose.compiler.model import Model
from compose.language.diagnostics import Diagnostic, SpecError


def write_program(model: Model, path: Path) -> Export:
    """Write one acting step as a ``.pt2`` file: arguments by name and ``state`` in; values, where, next state out.

    Raises:
        SpecError: As :func:`~compose.compiler.export.write.write_module` does.
    """
    with arriving(path) as (file,):
        program, made, _ = exported(model, file.parent)
        torch.export.save(program, file)
        parity = compare(model, player(torch.export.load(file).module(), made), made.free)
        if not parity.ok:
            file.unlink()
    return Export((path,), parity, ("batch", *made.free))


def exported(model: Model, folder: Path) -> tuple[ExportedProgram, Emitted, dict[str, Any]]:
    """Export the emitted class: the program, what was emitted, and the arguments that it was traced with.

    Args:
        folder: For the emitted file while it is imported.

    Raises:
        SpecError: ``export.program`` if torch.export cannot follow it.
    """
    made = emit(model)
    file = folder / "policy.py"
    file.write_text(made.text, encoding="utf-8")
    module = loaded(file, made).eval()
    module.load_state_dict(made.weights)
    (sample,) = samples(model, batch=TRACED, steps=1, seed=0)
    given: dict[str, Any] = {name: sample.of(*source) for name, source in inputs(made).items()}
    given["state"] = model.initial_state(TRACED)
    try:
        program = export(module, (), given, dynamic_shapes=shapes(model, made))
    except (RuntimeError, ValueError, TypeError) as error:
        why = str(error).strip().partition("\n")[0]
        raise SpecError(Diagnostic("export.program", f"torch.export cannot follow it: {why}")) from None
    for node in program.graph.nodes:
        if "stack_trace" in node.meta:
            node.meta["stack_trace"] = node.meta["stack_trace"].replace(f"{folder}/", "")
    return program, made, given


def _sizes(model: Model, made: Emitted) -> dict[str, Any]:
    """Axis -> its size, for those that are free. Where only agents are, the number of others stays; where only
    entities are, there is one other at least; where others are read apart, torch wants two of either side."""
    assert model.schema is not None, "a model has sizes"
    sizes: dict[str, Any] = {axis: Dim(axis) for axis in ("batch", *made.free)}
    if {"agent", "entity"} <= {*made.free} and _others_apart(model):
        sizes["entity"] = Dim("entity", min=4)
    if made.free == ("entity",):
        sizes["entity"] = Dim("entity", min=model.schema.agents + 1)
    if made.free == ("agent",):
        sizes["entity"] = sizes["agent"] + model.schema.others if model.schema.others else sizes["agent"]
    return sizes


def _others_apart(model: Model) -> bool:
    nodes = model.graph.nodes(model.graph.acted())
    return any("other" in value.type.axes for node in nodes for value in node.values.values())


def shapes(model: Model, made: Emitted) -> dict[str, Any]:
    """Which dimensions of the arguments are free, as torch.export wants to be told."""
    sizes = _sizes(model, made)

    def shape(x: Tensor) -> dict[int, Any]:
        return {i: sizes[a.rstrip("'")] for i, a in enumerate(x.axes) if a.rstrip("'") in sizes}

    given: dict[str, Any] = {a.name: shape(a) for a in made.signature.arguments}
    return {**given, "state": {s.name: shape(s) for s in made.signature.state}}
