"""What a generated spec starts from: a packaged method in small, or a method made up from nothing."""

from __future__ import annotations

import copy
import random
from functools import cache
from pathlib import Path
from typing import Any

from compose.graph.schema import EntitySchema
from compose.language import files
from compose.language.load import load
from tests.generator.invent import choice, grow, shaped
from tests.generator.texts import read_by
from tests.generator.workbench import Data, Entry, Workbench

AXES: dict[str, Any] = {
    "token": "entity + 1",
    "wider": "agent + 1",
    "pair": "2 * agent",
    "member": "agent",
    "thing": "entity",
    "layer": 2,
    "team": 2,
    "one": 1,
    "proto": 2,
}
"""Axes that blocks may make: joined, renamed, as long as others."""
PARAMS: dict[str, Any] = {"width": 2, "wide": 4, "rate": 0.3}
ACTED = ("batch", "time", "agent", "action")


DRAFTS = Path(__file__).parent.parent / "specs" / "drafts"


@cache
def methods() -> list[str]:
    """Packaged specs as published, and the drafts of others that tests keep."""
    names = sorted(path.stem for path in files.packaged_specs().glob("*.yaml") if not path.stem.endswith("official"))
    return [*names, *sorted(str(path) for path in DRAFTS.glob("*.yaml"))]


@cache
def _plain(name: str) -> Data:
    return load(name).spec.data()


def method(rng: random.Random, schema: EntitySchema) -> Data:
    """A packaged spec with small widths."""
    data = copy.deepcopy(_plain(rng.choice(methods())))
    while data.get("abstract"):
        data = copy.deepcopy(_plain(rng.choice(methods())))
    for name, value in data.get("params", {}).items():
        if isinstance(value, int) and value > 4:
            data["params"][name] = 4 if name in ("embed", "hyper") else rng.choice([2, 3])
        if name == "eta":
            data["params"][name] = 0.6
        if name == "heads":
            data["params"][name] = rng.choice([1, 2])
    for field in ("paper", "example_env", "claims"):
        data.pop(field, None)
    ours = ("environments", "horizon", "replay", "updates", "minibatches", "target")
    data["learner"] = {k: v for k, v in data["learner"].items() if k not in ours}
    if data["learner"]["kind"] == "on_policy":
        data["learner"]["updates"] = "1 per 3 episodes"
    else:
        data["learner"] |= {
            "replay": {"episodes": 6, "batch": 3, "start": 3},
            "target": {"kind": "copy", "every": "2 episodes"},
        }
    return _widened(data)


def _widened(data: Data) -> Data:
    """With the params and axes that blocks may ask for, as far as their names are free."""
    taken = {*data["graph"], *data.get("params", {}), *data.get("axes", {})}
    for network in data.get("networks", {}).values():
        taken |= {*network["nodes"], *network.get("inputs", {})}
    data["params"] = {**data.get("params", {}), **{n: v for n, v in PARAMS.items() if n not in taken}}
    data["axes"] = {**data.get("axes", {}), **{n: v for n, v in AXES.items() if n not in taken}}
    return data


def scratch(rng: random.Random, schema: EntitySchema) -> Data:
    """Utilities of whatever grows from the environment's fields, a joint value and a target of what grows from them."""
    data: Data = {
        "compose": 1,
        "name": "made_up",
        "summary": "A generated spec.",
        "params": dict(PARAMS),
        "axes": dict(AXES),
        "networks": {},
        "graph": {"x": _first(rng)},
        "act": {"choose": "greedy", "values": "q", "where": "env.available"},
        "losses": {"td": {"of": "square(q_tot - y)"}},
        "learner": {
            "kind": "replay",
            "replay": {"episodes": 6, "batch": 3, "start": 3},
            "target": {"kind": "copy", "every": "2 episodes"},
            "optimizers": {"main": {"kind": "adam"}},
        },
    }
    data["graph"] |= {
        "q": {"block": "linear", "of": "agents(x)", "to": "action"},
        "taken": {"block": "take", "of": "q", "index": "env.action"},
        "q_tot": {"block": "sum", "of": "taken", "over": "agent"},
        "y": {"block": "td_target", "value": "stop(q_tot)", "reward": "env.reward", "terminated": "env.terminated"},
    }
    bench = Workbench(data, schema, rng)
    for _ in range(rng.choice([3, 5, 7])):
        grow(bench, "", pool=[e for e in bench.pool("") if not e.text.startswith(("q", "taken", "y"))])
    _utilities(bench)
    bench = Workbench(bench.data, schema, rng)
    _mixing(bench)
    return bench.data


def _first(rng: random.Random) -> dict[str, Any]:
    raw: dict[str, Any] = {"block": "linear", "of": "env.entities", "to": "width"}
    return raw | ({"activation": "relu"} if rng.random() < 0.5 else {})


def _utilities(bench: Workbench) -> None:
    """Let q be made of something that has grown and is of agents."""
    rng, nodes = bench.rng, bench.data["graph"]
    found = [
        e
        for e in bench.pool("")
        if "agent" in e.axes
        and e.type.dtype == "float"
        and len(e.axes) > 3
        and not e.text.startswith(("q", "taken", "y", "env."))
    ]
    rng.shuffle(found)
    for entry in found[:4]:
        last = [a for a in entry.axes if a not in ACTED][-1:]
        mine = shaped(bench, "", entry, (*ACTED, *last))
        if mine is None:
            continue
        text = mine.text
        if set(mine.axes) == set(ACTED):
            nodes["q"] = text
            return
        if rng.random() < 0.5 and (made := bench.add("", {"block": "gru", "of": text, "to": "width"})):
            text = made[0].text
        kind = bench.type("", text)
        if kind is not None and set(kind.without([kind.axes[-1]]).axes) == {"batch", "time", "agent"}:
            nodes["q"] = {"block": "linear", "of": text, "to": "action"}
            return


def _mixing(bench: Workbench) -> None:
    """Let the joint value, and the target's, be what has grown from the utilities."""
    rng, nodes = bench.rng, bench.data["graph"]
    if rng.random() < 0.5:
        maximum: dict[str, Any] = {"block": "max", "of": "q", "over": "action"}
        maximum |= {"where": "env.available"} if rng.random() < 0.8 else {}
        bench.add("", maximum, "best")
    for _ in range(rng.choice([2, 4, 6])):
        grow(bench, "")
    joint = _one(bench, "taken")
    if joint is not None:
        nodes["q_tot"] = joint.text
    value = _one(bench, "best" if "best" in nodes else "q")
    if value is not None and not {"q_tot", "y"} & {value.text, *read_by(nodes, value.text.split(".")[0])}:
        nodes["y"]["value"] = value.text
    elif "best" in nodes:
        made = bench.add("", {"block": "sum", "of": "best", "over": "agent"})
        nodes["y"]["value"] = made[0].text if made else nodes["y"]["value"]
    if nodes["y"]["value"] == "stop(q_tot)" and rng.random() < 0.7:
        nodes["y"]["value"] = "stop(q_tot) + 0.1"


def _one(bench: Workbench, source: str) -> Entry | None:
    """One number for every step that depends on a node."""
    nodes = bench.data["graph"]
    found = [
        e
        for e in bench.pool("")
        if source in {e.text, *read_by(nodes, e.text.split(".")[0])}
        and not {"q_tot", "y"} & {e.text, *read_by(nodes, e.text.split(".")[0])}
        and e.type.dtype != "int"
        if e.text.split(".")[0] in nodes
    ]
    bench.rng.shuffle(found)
    for entry in found[:4]:
        if {"batch", "time"} <= set(entry.axes):
            mine = shaped(bench, "", choice(bench.rng, [entry]), ("batch", "time"))
            if mine is not None and mine.type.dtype == "float":
                return mine
    return None
