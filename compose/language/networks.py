"""Networks in Python: named, called like functions, written node by node."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from compose.language.closed import Closed
from compose.language.diagnostics import did_you_mean
from compose.language.expressions import Ref
from compose.language.handles import Handle, misuse, spelled
from compose.language.writing import Callee, Names, Node, plain, wired

SETTINGS = ("inputs", "returns", "init", "like", "replace")
"""What a network has beside nodes."""


class Network(Callee):
    """A network: ``nodes`` is its body, in which its inputs are names too; calling it makes an application."""

    name: str
    nodes: Names
    _settings: dict[str, Any]

    def __init__(self, name: str) -> None:
        self.__dict__.update(name=name, nodes=Names(f"networks.{name}.nodes"), _settings={})

    def __call__(self, **inputs: object) -> Node:
        """Apply it: inputs by name, and ``target``, ``frozen``, ``repeat``, ``carry``, ``tied`` as in a file."""
        return Node({"network": self.name} | wired(f"network {self.name}", inputs))

    def __getattr__(self, name: str) -> Handle:
        """An input, as its nodes name it; where inputs are declared here, one of these."""
        if name.startswith("_"):
            raise AttributeError(name)
        known = self._settings.get("inputs")
        if known is not None and "like" not in self._settings and spelled(name) not in {**known, **self.nodes._written}:
            hint = did_you_mean(name, known) or f"it has: {', '.join(known)}"
            misuse(f"network {self.name} has no input '{name}'", hint)
        return Handle(Ref((spelled(name),)))

    def __setattr__(self, name: str, value: object) -> None:
        if name not in SETTINGS:
            super().__setattr__(name, value)
        self._set(name, value)

    def _set(self, key: str, value: object) -> None:
        if key in self._settings:
            misuse(f"networks.{self.name}.{key} is given twice")
        self._settings[key] = plain(value)

    def _instead(self, name: str) -> str:
        if name == "nodes":
            return f"write its nodes one by one: network({self.name!r}).nodes.NAME = ..."
        near = next(iter(get_close_matches(name, SETTINGS, 1)), "")
        return f"write network({self.name!r}, {near}=...)" if near else f"a node is network({self.name!r}).nodes.{name}"

    def _data(self) -> dict[str, Any]:
        return self._settings | ({"nodes": self.nodes._written} if self.nodes._written else {})


class Networks(Closed):
    """The networks of a spec by name, new or inherited: ``networks.utility.nodes.x = ...``."""

    _made: dict[str, Network | None]

    def __init__(self) -> None:
        self.__dict__["_made"] = {}

    def __getitem__(self, name: str) -> Network:
        name = spelled(name)
        network = self._made.setdefault(name, Network(name))
        if network is None:
            misuse(f"networks.{name} is deleted above")
        return network

    def __getattr__(self, name: str) -> Network:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def _instead(self, name: str) -> str:
        return f"write networks.{name}.nodes.NAME = ..., or network({name!r}, inputs=..., returns=...)"

    def _data(self) -> dict[str, Any]:
        made = {name: network and network._data() for name, network in self._made.items()}
        return {name: body for name, body in made.items() if body != {}}
