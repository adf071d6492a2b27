"""The form of what an environment gives: names, shapes, dtypes, devices, finite numbers."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from compose.envs.guard.finding import Finding
from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema

DTYPES = {"float": torch.float32, "bool": torch.bool, "int": torch.int64}
CONTROLLERS = {"action", "last_action", "reward", "rewards", "terminated", "steps", "success"}
"""Fields that the controller adds, or that a transition holds."""
_FLAGS = ("terminated", "truncated", "success")


def environment(env: object) -> list[Finding]:
    """What is wrong with what is said to be an environment."""
    kinds = {"schema": EntitySchema, "device": torch.device}
    found = [Finding("env.interface", "an object with reset and step, such as a compose.envs.interface.Environment",
                     type(env).__name__)] if not (hasattr(env, "reset") and hasattr(env, "step")) else []
    return found + [Finding("env.interface", f"'{name}' to be a {kind.__module__}.{kind.__name__}",
                            repr(getattr(env, name, None))) for name, kind in kinds.items()
                    if not isinstance(getattr(env, name, None), kind)]


def fields(env: Environment, given: Fields, batch: int) -> list[Finding]:
    """What is wrong with the form of fields as ``reset`` and ``step`` give them."""
    schema, known = env.schema, set(env.schema.fields) - CONTROLLERS
    wanted = known - {"agent_id"} if schema.numbers_agents else known
    asked = getattr(env, "wanted", None)
    wanted = wanted if asked is None else wanted & {*asked}
    if not isinstance(given, dict):
        return [Finding("env.fields", "a dict of fields by name", type(given).__name__)]
    found = [Finding("env.fields", "every field of the schema", f"no '{name}'", name)
             for name in sorted(wanted - {*given})]
    found += [Finding("env.fields", f"fields of the schema ({', '.join(sorted(wanted))})", f"'{name}'", name)
              for name in sorted({*given} - known)]
    sizes = {**schema.sizes, "batch": batch}
    for name in sorted(known & {*given}):
        field = schema.fields[name]
        axes = [axis for axis in field.axes if axis != "time"]
        shape = tuple(sizes[axis.removesuffix("'")] for axis in axes)
        found += _tensor(given[name], name, axes, shape, DTYPES[field.dtype], env.device)
    return found


def transition(env: Environment, given: Transition, batch: int) -> list[Finding]:
    """What is wrong with the form of a transition, its fields included."""
    if not isinstance(given, Transition):
        return [Finding("env.fields", "a compose.envs.interface.Transition", type(given).__name__)]
    found = list(_tensor(given.reward, "reward", ["batch"], (batch,), torch.float32, env.device))
    for name in _FLAGS:
        found += _tensor(getattr(given, name), name, ["batch"], (batch,), torch.bool, env.device)
    if "rewards" in env.schema.fields:
        shape = (batch, env.schema.agents)
        found += _tensor(given.rewards, "rewards", ["batch", "agent"], shape, torch.float32, env.device)
    elif given.rewards is not None:
        found.append(Finding("env.fields", "rewards of agents only where the schema has the field", "some", "rewards"))
    return found + fields(env, given.fields, batch)


def _tensor(x: object, name: str, axes: list[str], shape: tuple[int, ...], dtype: torch.dtype,
            device: torch.device) -> Iterator[Finding]:
    if not isinstance(x, Tensor):
        yield Finding("env.dtype", "a tensor", type(x).__name__, name)
        return
    if tuple(x.shape) != shape:
        named = " ".join(f"{axis}={size}" for axis, size in zip(axes, shape, strict=True))
        yield Finding("env.shape", f"{list(shape)}, that is [{named}]", f"{list(x.shape)}", name)
    if x.dtype != dtype:
        yield Finding("env.dtype", _short(dtype), _short(x.dtype), name)
    elif dtype == torch.float32 and not bool(x.isfinite().all()):
        index = (~x.isfinite()).nonzero()[0].tolist()
        at = dict(zip(axes, index, strict=True)) if len(axes) == len(index) else {}
        yield Finding("env.finite", "finite numbers", f"{x[tuple(index)].item()}", name, at, int((~x.isfinite()).sum()))
    if x.device.type != device.type or (device.index is not None and x.device.index != device.index):
        yield Finding("env.device", f"device {device}, the environment's own", str(x.device), name)


def _short(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
