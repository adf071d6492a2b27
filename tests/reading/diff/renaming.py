"""The same spec under other names, rewritten as plain data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from compose.language.expressions import Apply, Ref, Tree, parse, unparse

Names = Callable[[str, str], str]
"""(where, name) -> another name; where is ``params``, ``networks``, ``graph``, ``networks.utility.nodes`` ..."""


def renamed(data: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Plain data of a resolved spec with every param, axis, network, input, node, loss and optimizer renamed."""
    return _Renaming(data, names).whole()


class _Renaming:
    def __init__(self, data: Mapping[str, Any], names: Names) -> None:
        self.data, self.name = data, names
        self.sizes = {**{p: names("sizes", p) for p in data.get("params", {})},
                      **{a: names("sizes", a) for a in data.get("axes", {})}}
        self.networks = data.get("networks", {})

    def whole(self) -> dict[str, Any]:
        data = dict(self.data)
        learner = {**data["learner"], "optimizers": {
            self.name("optimizers", n): {
                k: self.name("optimizers", v) if k == "after" and v else v for k, v in o.items()}
            for n, o in data["learner"]["optimizers"].items()}}
        wires = ("values", "logits", "where", "mean", "variance")
        act = {k: self.text(v, "") if k in wires else v for k, v in data["act"].items()}
        claims = dict(data.get("claims", {}))
        if isinstance(claims.get("igm"), dict):
            told = {"joint": "q_tot", **claims["igm"]}
            claims["igm"] = {k: v if k == "status" else self.text(v, "") for k, v in told.items()}
        elif "igm" in claims and claims["igm"] != "none":
            claims["igm"] = {"joint": self.text("q_tot", ""), "status": claims["igm"]}
        return {
            **data, "learner": learner, "act": act, "claims": claims,
            "params": {self.sizes[n]: v for n, v in data.get("params", {}).items()},
            "axes": {self.sizes[n]: self.words(v, "") for n, v in data.get("axes", {}).items()},
            "networks": {self.name("networks", n): self.network(n, v) for n, v in self.networks.items()},
            "graph": {self.name("graph", n): self.node(v, "") for n, v in data["graph"].items()},
            "record": {self.name("record", n): self.text(v, "") for n, v in data.get("record", {}).items()},
            "losses": {self.name("losses", n): self.loss(v) for n, v in data["losses"].items()},
        }

    def network(self, name: str, network: Mapping[str, Any]) -> dict[str, Any]:
        returns = network["returns"]
        result = self.inner(returns, name) if isinstance(returns, str) else \
            {self.inner(n, name): self.words(v, name) for n, v in returns.items()}
        start = {"init": {**network["init"], "gains": {
            self.inner(n, name): gain for n, gain in network["init"].get("gains", {}).items()}}} \
            if "init" in network else {}
        return {**start,
                "inputs": {self.input(n, name): self.words(v, name) for n, v in network.get("inputs", {}).items()},
                "nodes": {self.inner(n, name): self.node(v, name) for n, v in network["nodes"].items()},
                "returns": result}

    def inner(self, node: str, network: str) -> str:
        return self.name(f"networks.{network}" if network else "graph", node)

    def input(self, name: str, network: str) -> str:
        return self.name(f"networks.{network}", name)

    def node(self, node: Any, network: str) -> Any:
        if not isinstance(node, dict):
            return self.text(node, network)
        if "network" not in node:
            return {k: v if k in ("block", "activation", "by", "count", "drawn") else self.value(v, network)
                    for k, v in node.items()}
        applied, out = node["network"], {}
        for key, value in node.items():
            if key == "network":
                out[key] = self.name("networks", value)
            elif key == "carry":
                out[key] = self.input(value, applied)
            elif key in ("target", "frozen", "repeat", "tied"):
                out[key] = self.value(value, network)
            else:
                out[self.input(key, applied)] = self.value(value, network)
        return out

    def loss(self, loss: Mapping[str, Any]) -> dict[str, Any]:
        return {k: self.name("optimizers", v) if k == "optimizer" else v if k == "count" else self.value(v, "")
                for k, v in loss.items()}

    def value(self, value: Any, network: str) -> Any:
        if isinstance(value, list):
            return [self.value(v, network) for v in value]
        if isinstance(value, dict):
            return {k: self.value(v, network) for k, v in value.items()}
        if not isinstance(value, str):
            return value
        return self.words(value, network) if re.fullmatch(r"[a-z_]+'|.* .*'?", value) and "(" not in value and not \
            re.search(r"[-+*/&|<>=~.,]", value) else self.text(value, network)

    def words(self, value: Any, network: str) -> Any:
        if not isinstance(value, str):
            return value
        return re.sub(r"[A-Za-z_][A-Za-z_0-9]*", lambda m: self.sizes.get(m[0], m[0]), value)

    def text(self, value: Any, network: str) -> Any:
        return unparse(self.tree(parse(value), network)) if isinstance(value, str) else value

    def tree(self, tree: Tree, network: str) -> Tree:
        if isinstance(tree, Apply):
            return Apply(tree.function, tuple(self.tree(a, network) for a in tree.arguments))
        return Ref(tuple(self.parts(tree.parts, network))) if isinstance(tree, Ref) else tree

    def parts(self, parts: tuple[str, ...], network: str) -> list[str]:
        head, *rest = parts
        body = self.networks.get(network, {})
        nodes = body.get("nodes", {}) if network else self.data["graph"]
        if head == "env":
            return list(parts)
        if head == "played":
            return [head, self.name("record", rest[0])]
        if head in body.get("inputs", {}):
            return [self.input(head, network)]
        if head not in nodes:
            return [self.sizes.get(head, head), *rest]
        node = nodes[head]
        if rest and isinstance(node, dict) and "network" in node:
            return [self.inner(head, network), *self.parts(tuple(rest), node["network"])]
        return [self.inner(head, network), *rest]
