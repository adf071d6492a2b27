"""Weights in one file that says of which spec, and in which environment, they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from compose.compiler.packed import packed
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.load import Loaded, load_text
from compose.training.checkpoint import read_tensors
from compose.training.folder import reading


@dataclass(frozen=True)
class WeightsFile:
    """What such a file holds."""

    spec: Loaded
    schema: EntitySchema
    weights: Mapping[str, Tensor]


def weights_file(spec: Loaded, schema: EntitySchema, weights: Mapping[str, Tensor]) -> bytes:
    """The bytes of a safetensors file; ``--init`` takes any such, :func:`compose.load_policy` one that says this."""
    return packed(weights, {"spec": spec.document.text, "schema": schema.model_dump_json()})


def read_weights_file(path: Path) -> WeightsFile:
    """Raises SpecError: ``run.file`` if it is no such file, ``run.damaged`` if what it says cannot be."""
    weights = read_tensors(path.parent, path.stem) if path.suffix == ".safetensors" else {}
    if not weights:
        raise SpecError(Diagnostic("run.file", "is neither a run nor a .safetensors file", where=str(path)))
    with reading(path), safe_open(path, framework="pt") as held:
        about = held.metadata() or {}
    if not {"spec", "schema"} <= set(about):
        hint = "begin a training with it: compose train SPEC --init FILE"
        text = "holds weights, and does not say of which spec"
        raise SpecError(Diagnostic("run.file", text, where=str(path), hint=hint))
    with reading(path):
        schema = EntitySchema.model_validate_json(about["schema"])
    return WeightsFile(load_text(about["spec"], name=path.name), schema, weights)
