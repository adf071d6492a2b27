"""Python names for what a spec names: attributes of a module, arguments and local values of its code."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

from torch import nn

RESERVED = {"self", "torch", "nn", "Tensor", "F", "state", "next_state", "values", "where", "super",
            *keyword.kwlist, *keyword.softkwlist, *(n for n in dir(builtins) if n.islower())}
"""Names that the emitted code uses itself, or that would hide a builtin."""
CLASSES = {"Any", "F", "False", "None", "Path", "Tensor", "True", "Weights", *dir(builtins)}
"""Names that an emitted file has for something else than its class."""
MEMBERS = {*dir(nn.Module()), "initial_state", *keyword.kwlist}
"""Attributes that every module has: no weight can have such a name."""


def identifier(text: str) -> str:
    """A Python name like a name of the spec: ``q.a`` -> ``q_a``, ``stack[0].x`` -> ``stack_0_x``."""
    name = re.sub(r"\W+", "_", text).strip("_")
    return f"_{name}" if not name or name[0].isdigit() else name


class Scope:
    """Hands out names that differ from each other and from reserved ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = {*RESERVED, *taken}

    def take(self, *wishes: str) -> str:
        """The first of ``wishes`` that is free; else the last with a number."""
        last = identifier(wishes[-1])
        counted = (f"{last}_{i}" for i in range(2, len(self.taken) + 3))
        name = next(n for n in (*map(identifier, wishes), *counted) if n not in self.taken)
        self.taken.add(name)
        return name


def attributes(names: Iterable[str]) -> dict[str, str]:
    """Weight -> dotted attribute, the key of a state dict: the same, but for an underscore where Python or torch has
    the name already (``f.lambda.weight`` -> ``f.lambda_.weight``) and where a weight bears the name of a group.
    """
    names = sorted(names)
    parts = {name: [_member(part) for part in name.split(".")] for name in names}
    groups = {tuple(p[:i]) for p in parts.values() for i in range(1, len(p))}
    found = dict[str, str]()
    for name in names:
        *lead, last = parts[name]
        while (*lead, last) in groups or ".".join((*lead, last)) in found.values():
            last += "_"
        found[name] = ".".join((*lead, last))
    return found


def _member(part: str) -> str:
    name = identifier(part)
    return f"{name}_" if name in MEMBERS else name


def class_name(spec: str) -> str:
    """``refil_group_matching`` -> ``RefilGroupMatching``."""
    words = re.split(r"\W+|_", spec)
    name = "".join(w[:1].upper() + w[1:] for w in words if w) or "Policy"
    return f"Policy{name}" if name[0].isdigit() or name in CLASSES else name
