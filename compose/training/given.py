"""Arrays that people give a policy, as the tensors that a schema declares: converted where that loses nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compose.graph.fields import COUNTS, Dtype, Field
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

CODE = "policy.fields"
_WIDE = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}


def step_fields(fields: Mapping[str, Any], schema: EntitySchema, batch: int, needed: Collection[str], *,
                device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """Fields of one step, without the time axis, as tensors: numbers in ``dtype``, masks as bool, indices as int64.

    Args:
        fields: numpy arrays, tensors or lists; masks may be 0 and 1.
        schema: What they must be.
        batch: How many episodes.
        needed: Names that must be there.
        device: Where the tensors live.
        dtype: Of numbers.

    Raises:
        SpecError: ``policy.fields`` with every field that is missing, unknown, of another shape or kind, that is not
            finite, or leaves a present agent nothing to do.
    """
    problems = [Diagnostic(CODE, "is missing", where=name) for name in needed if name not in fields]
    sizes, given = {**schema.sizes, "batch": batch}, {}
    for name, x in fields.items():
        declared = schema.fields.get(name)
        if declared is None:
            hint = did_you_mean(name, schema.fields)
            problems.append(Diagnostic(CODE, f"{schema.name} has no such field", where=name, hint=hint))
            continue
        try:
            given[name] = _checked(_tensor(x), name, declared, sizes, dtype).to(device)
        except (ValueError, TypeError) as error:
            problems.append(Diagnostic(CODE, str(error).splitlines()[0], where=name))
    if not problems:
        problems = list(_idle(given, schema.agents))
    if problems:
        raise SpecError(*problems)
    return given


def _tensor(x: Any) -> Tensor:
    """Anything array-like as a tensor of bool, int64 or floats. Raises ValueError."""
    if isinstance(x, Tensor):
        if x.is_complex():
            raise ValueError(f"expected numbers, got {x.dtype}")
        return x.detach()
    array = np.asarray(x)
    if array.dtype.kind not in _WIDE:
        raise ValueError(f"expected numbers, got {array.dtype}")
    if array.dtype in (np.float32, np.float16):
        return torch.from_numpy(array.copy())
    return torch.from_numpy(array.astype(_WIDE[array.dtype.kind]))


def _checked(x: Tensor, name: str, declared: Field, sizes: Mapping[str, int], dtype: torch.dtype) -> Tensor:
    axes = [axis for axis in declared.axes if axis != "time"]
    want = [sizes[axis.removesuffix("'")] for axis in axes]
    if list(x.shape) != want:
        raise ValueError(f"expected [{' '.join(axes)}] = {want}, got {list(x.shape)}")
    x = _converted(x, declared.dtype, dtype)
    if declared.dtype == "float" and not bool(torch.isfinite(x).all()):
        at = tuple(torch.nonzero(~torch.isfinite(x))[0].tolist())
        places = ", ".join(f"{'episode' if axis == 'batch' else axis} {i}" for axis, i in zip(axes, at, strict=True))
        raise ValueError(f"is {float(x[at])} at {places}")
    most = sizes[COUNTS[name]] if name in COUNTS and declared.dtype == "int" else None
    if most is not None and bool(((x < 0) | (x >= most)).any()):
        raise ValueError(f"expected whole numbers from 0 to {most - 1}, got {int(x.min())} to {int(x.max())}")
    return x


def _converted(x: Tensor, kind: Dtype, dtype: torch.dtype) -> Tensor:
    """As the schema has it, where that says the same. Raises ValueError."""
    got = str(x.dtype).removeprefix("torch.")
    if kind == "bool":
        if x.dtype != torch.bool and not bool(((x == 0) | (x == 1)).all()):
            raise ValueError(f"expected a mask, bool or 0 and 1, got other {got} numbers")
        return x.to(torch.bool)
    if kind == "int":
        if x.dtype == torch.bool or x.is_floating_point():
            raise ValueError(f"expected whole numbers, got {got}")
        return x.to(torch.int64)
    if x.dtype == torch.bool:
        raise ValueError("expected numbers, got bool")
    return x.to(dtype)


def _idle(given: Mapping[str, Tensor], agents: int) -> list[Diagnostic]:
    """Agents that are present and have nothing to do."""
    if not {"available", "present"} <= given.keys():
        return []
    idle = ~given["available"].any(-1) & given["present"][:, :agents]
    found = [f"agent {agent} of episode {episode}" for episode, agent in torch.nonzero(idle).tolist()]
    text = f"no action is available to {', '.join(found[:3])}{f' and {len(found) - 3} more' if len(found) > 3 else ''}"
    return [Diagnostic(CODE, text, where="available")] if found else []
