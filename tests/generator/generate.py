"""A seed's spec: grown from nothing or from a packaged method, changed in well-typed ways, small and nasty."""

from __future__ import annotations

import collections
import copy
import random
import re
from dataclasses import dataclass

from compose.graph.schema import EntitySchema
from compose.language.dump import dump
from compose.reading.explore import Exploration
from tests.generator import edits, settings, start
from tests.generator.invent import chain
from tests.generator.schemas import SCHEMAS
from tests.generator.workbench import Data, Workbench, light, nodes_of


@dataclass(frozen=True)
class Case:
    """A generated spec: its text, the environment that it is for."""

    seed: int
    text: str
    schema: EntitySchema


def generate(seed: int) -> Case:
    """The spec of a seed: the same text every time."""
    rng = random.Random(seed)
    schema = rng.choice(SCHEMAS)
    made = start.scratch if rng.random() < 0.6 else start.method
    tried = (made(rng, schema) for _ in range(9))
    data = next(d for d in tried if _sound(Workbench(d, schema, rng)))
    settings.params(rng, data)
    bench = Workbench(data, schema, rng)
    for _ in range(rng.choice([1, 2, 3, 4])):
        bench = edits.kept(bench, _edited)
    if rng.random() < 0.5:
        bench = edits.kept(bench, _surrounded)
    if rng.random() < 0.35:
        bench = edits.kept(bench, lambda bench: bench.data if settings.claims(bench) else None)
    data = tidy(bench.data, schema)
    data |= {"name": f"generated_{seed}", "summary": "A generated spec."}
    return Case(seed, dump(data), schema)


def _sound(bench: Workbench) -> bool:
    """Does it type, and can it be compiled (loops cannot yet)?"""
    return not bench.explored.mistakes and not bench.explored.graph.loops


def _edited(bench: Workbench) -> Data | None:
    """One way of making it less usual."""
    rng = bench.rng
    body = rng.choice(["", *bench.bodies])
    at = rng.random()
    if at < 0.6:
        made = chain(bench, body, rng.choice([1, 2, 3, 4]))
        done = edits.infiltrate(bench, body, made if rng.random() < 0.8 else ())
        return bench.data if done else None
    if at < 0.7:
        changed = edits.outline(bench)
        if changed is None or Workbench(changed, bench.schema, rng).explored.mistakes:
            return None
        other = Workbench(changed, bench.schema, rng)
        made = edits.again(other)
        return other.data if made and edits.infiltrate(other, "", made) else changed
    if at < 0.78:
        made = edits.again(bench)
        return bench.data if made and edits.infiltrate(bench, "", made) else None
    if at < 0.9:
        return bench.data if edits.modify(bench, body) else None
    return bench.data if edits.swap(bench, body) else None


def _surrounded(bench: Workbench) -> Data | None:
    rng, data = bench.rng, bench.data
    at = rng.random()
    if at < 0.4:
        settings.act(rng, data)
    elif at < 0.7:
        done = settings.loss(bench)
        if done and rng.random() < 0.4:
            settings.optimizer(rng, data)
    elif at < 0.85:
        settings.target(rng, data)
    else:
        settings.logged(bench)
    return data


def tidy(data: Data, schema: EntitySchema) -> Data:
    """Without nodes, networks, params and axes that nothing reads."""
    data = copy.deepcopy(data)
    while True:
        explored = Exploration(light(data), schema)
        idle = [
            (body, name)
            for body in ("", *data.get("networks", {}))
            for name in nodes_of(data, body)
            if not _read(explored, body, name)
        ]
        unapplied = [n for n in data.get("networks", {}) if not explored.elaboration.applied.get(n)]
        for body, name in idle:
            if body not in unapplied:
                del nodes_of(data, body)[name]
        for name in unapplied:
            del data["networks"][name]
        if not idle and not unapplied:
            break
    return _trimmed(data)


def _read(explored: Exploration, body: str, name: str) -> bool:
    scopes = explored.elaboration.applied.get(body, []) if body else [explored.elaboration.main]
    return any(name in scope.elements for scope in scopes) or (bool(body) and not scopes)


def _trimmed(data: Data) -> Data:
    """Without params and axes that nothing names."""
    idle = True
    while idle:
        words = collections.Counter(re.findall(r"[a-z_][a-z0-9_]*", dump(data)))
        idle = [(table, n) for table in ("params", "axes") for n in data.get(table, {}) if words[n] < 2]
        for table, name in idle:
            del data[table][name]
    return {k: v for k, v in data.items() if v not in ({}, None)}
