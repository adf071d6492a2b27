"""Tensors of a ``torch.nn.Module`` under the names that a spec gives them.

A name's dots are modules within modules: ``utility.a.query`` is the parameter ``query`` of ``a`` in ``utility``. So
torch's own names (``named_parameters``, ``state_dict``, ``get_parameter``) are the spec's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

Kind = TypeVar("Kind", bound=Tensor)


class Scope(torch.nn.Module):
    """What stands below one dot of a name. It computes nothing."""

    def extra_repr(self) -> str:
        held = {**self._parameters, **self._buffers}
        return ", ".join(f"{name}={list(x.shape)}" for name, x in held.items() if x is not None)


class Named(Mapping[str, Kind], Generic[Kind]):
    """Parameters or buffers by their full names. There is one truth, the modules: what is moved, loaded or swapped
    there is moved, loaded and swapped here."""

    def __init__(self, root: torch.nn.Module, tensors: Mapping[str, Kind], below: str = "") -> None:
        """Register ``tensors`` in ``root``, or in its part ``below``: parameters as such, other tensors as buffers."""
        self._at: dict[str, tuple[dict[str, Kind], str]] = {}
        for name, x in tensors.items():
            *scopes, leaf = name.split(".")
            module = root
            for scope in ([below] if below else []) + scopes:
                module = _inside(module, scope)
            held: Any = module._parameters if isinstance(x, torch.nn.Parameter) else module._buffers
            held[leaf] = x
            self._at[name] = held, leaf

    def __getitem__(self, name: str) -> Kind:
        held, leaf = self._at[name]
        return held[leaf]

    def __setitem__(self, name: str, value: Kind) -> None:
        held, leaf = self._at[name]
        held[leaf] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._at)

    def __len__(self) -> int:
        return len(self._at)


def _inside(module: torch.nn.Module, scope: str) -> torch.nn.Module:
    """The module of a scope. Written into torch's tables, since ``add_module`` refuses names that are methods
    (``type``, ``half``), which nodes may well have."""
    found = module._modules.get(scope)
    if found is None:
        found = module._modules[scope] = Scope()
    return found
