"""What a spec is to a hash: all that matters to the result, as one canonical text."""

from __future__ import annotations

import json
from typing import Any

PROSE = ("name", "summary", "paper", "abstract", "example_env", "log")
"""Sections that change nothing of what is learned."""


def canonical_json(data: dict[str, Any]) -> str:
    """The plain data of a spec (defaults filled in) less its prose as text: sorted, equal numbers alike, no blanks."""
    data = canonical({name: section for name, section in data.items() if name not in PROSE})
    return json.dumps(_completed(data), sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> Any:
    """Equal numbers as one: 1.0 as 1, -0.0 as 0."""
    if isinstance(value, dict):
        return {name: canonical(member) for name, member in value.items()}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _completed(data: dict[str, Any]) -> dict[str, Any]:
    """With the fields that a kind of acting, learner, target or schedule does not have, at one value: hashes do not
    depend on which kinds there are, and are those of the time when all kinds had all fields. Without the fields that
    came later, where they are at their defaults."""
    act = {"epsilon": 0, "evaluate": "greedy", **data["act"]}
    learner = {"replay": {"episodes": 5000, "batch": 32, "start": 32},
               **_later(data["learner"], minibatches=1, horizon=None)}
    learner["replay"] = _later(learner["replay"], of="episodes")
    optimizers = {name: _optimizer(one) for name, one in learner["optimizers"].items()}
    networks = {name: {**_later(one, init=None), "nodes": _nodes(one["nodes"])} if "nodes" in one
                else _later(one, init=None) for name, one in data.get("networks", {}).items()}
    return {**_later(data, record={}), "graph": _nodes(data["graph"]),
            "act": {**act, "epsilon": _schedule(act["epsilon"])},
            "learner": {**learner, "target": {"tau": 1, **learner["target"]}, "optimizers": optimizers},
            "networks": networks,
            "params": {name: _schedule(param) for name, param in data.get("params", {}).items()}}


def _nodes(nodes: dict[str, Any]) -> dict[str, Any]:
    return {name: _later(node, frozen=False) if isinstance(node, dict) else node for name, node in nodes.items()}


def _schedule(param: Any) -> Any:
    return {"from": 0, "at": [], **param} if isinstance(param, dict) else param


def _optimizer(one: dict[str, Any]) -> dict[str, Any]:
    more = _later(one, clip_value=None, weight_decay=0, steps=1, each=None, order="random")
    return {**more, "lr": _schedule(one["lr"])}


def _later(one: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    """Without fields that are at these defaults."""
    return {name: x for name, x in one.items() if name not in defaults or x != defaults[name]}
