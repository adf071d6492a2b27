"""Batches that people give a model, looked at before they are computed with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor

from compose.graph.fields import Field
from compose.graph.graph import Graph
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

CODE = "batch.field"
_KINDS = {"bool": "a mask, bool", "int": "whole numbers, int64"}


def look(graph: Graph, fields: Mapping[str, Any], needed: Collection[str], device: torch.device,
         dtype: torch.dtype) -> tuple[int, int]:
    """How many episodes and how many times a batch has.

    Args:
        graph: Says what fields are.
        fields: Tensors with the axes that the schema declares; more than are needed may be there.
        needed: Names that must be there.
        device: Where they must be.
        dtype: What numbers must be.

    Raises:
        SpecError: ``batch.field`` with every field that is missing, or of another shape, kind or device.
    """
    problems = [Diagnostic(CODE, "is missing", where=name, hint=did_you_mean(name, fields)) for name in needed
                if name not in fields]
    sizes: dict[str, int] = {} if graph.stored is None else dict(graph.stored.sizes)
    free = _free(graph, fields, needed)
    for name in needed:
        if name in fields and (wrong := _wrong(fields[name], graph.field(name), {**sizes, **free}, device, dtype)):
            problems.append(Diagnostic(CODE, wrong, where=name))
    if problems:
        raise SpecError(*problems)
    return free["batch"], free["time"]


def _free(graph: Graph, fields: Mapping[str, Any], needed: Collection[str]) -> dict[str, int]:
    """Sizes of the batch's own axes, by the first field that has them."""
    found: dict[str, int] = {}
    for name in needed:
        x = fields.get(name)
        axes = graph.field(name).axes
        if isinstance(x, Tensor) and x.dim() == len(axes):
            found = {axis: size for axis, size in zip(axes, x.shape, strict=True) if axis in ("batch", "time")} | found
    return {"batch": 1, "time": 1} | found


def _wrong(x: Any, declared: Field, sizes: Mapping[str, int], device: torch.device, dtype: torch.dtype) -> str:
    """What is wrong with a field; empty if nothing is."""
    if not isinstance(x, Tensor):
        return f"expected a tensor, got {type(x).__name__}"
    want = [sizes.get(axis.removesuffix("'"), 0) for axis in declared.axes]
    if list(x.shape) != want:
        return f"expected [{' '.join(declared.axes)}] = {want}, got {list(x.shape)}"
    kind = {"bool": torch.bool, "int": torch.int64}.get(declared.dtype, dtype)
    if x.dtype != kind:
        got = str(x.dtype).removeprefix("torch.")
        return f"expected {_KINDS.get(declared.dtype, str(kind).removeprefix('torch.'))}, got {got}"
    return "" if x.device.type == device.type else f"is on {x.device}, the weights are on {device}"
