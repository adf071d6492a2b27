"""Changes of a spec that keep it well typed, or are taken back: what is new gets into what is there."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Sequence
from typing import Any, get_args

from compose.language.axes import Type
from compose.language.diagnostics import SpecError
from compose.language.expressions import Ref
from compose.language.registry import catalogue
from tests.generator.invent import choice, shaped
from tests.generator.texts import Place, heads, outside, ports, read_by, renamed, wires
from tests.generator.workbench import Body, Data, Entry, Workbench, nodes_of


def spots(data: Data, body: Body) -> list[tuple[str, Place]]:
    """Expressions in a body, each with the node that it belongs to ("" outside of nodes)."""
    nodes = nodes_of(data, body)
    found = [(name, place) for name in nodes for place in wires(nodes, name)]
    return found if body else [*found, *(("", place) for place in outside(data))]


def infiltrate(bench: Workbench, body: Body, sources: Sequence[Entry] = ()) -> bool:
    """Let an expression read something new: beside what it reads, or in its place."""
    rng, data = bench.rng, bench.data
    for node, (holder, key) in _aimed(bench, body)[:8]:
        text = holder[key]
        wanted = bench.type(body, str(text))
        if wanted is None or not wanted.axes:
            continue
        fits = [e for e in bench.pool(body) if e.fresh] if not sources else list(sources)
        fits = [e for e in fits if not _closes(data, body, node, e)]
        if not fits:
            continue
        entry = choice(rng, fits)
        if entry.type.dtype != wanted.dtype and not (wanted.dtype == "float" and entry.type.dtype == "bool"):
            continue
        mine = shaped(bench, body, entry, wanted.axes)
        if mine is None or (mine.type.dtype == "bool") != (wanted.dtype == "bool"):
            continue
        sign = wanted.sign == "nonneg" or (
            isinstance(holder, dict)
            and "block" in holder
            and ports(holder["block"]).get(key) in catalogue()[holder["block"]].nonneg
        )
        new = _joined(rng, str(text), mine, wanted, sign)
        found = bench.type(body, new)
        if found is None or found.dtype != wanted.dtype or set(found.axes) != set(wanted.axes):
            continue
        holder[key] = new
        return True
    return False


def _aimed(bench: Workbench, body: Body) -> list[tuple[str, Place]]:
    """Expressions of a body in a random order; first, mostly, what acting or the joint value is made of."""
    rng, data = bench.rng, bench.data
    places = spots(data, body)
    rng.shuffle(places)
    nodes, at = data["graph"], rng.random()
    roots = heads(data["act"].get("values", data["act"].get("logits"))) if at < 0.5 else ["q_tot"] if at < 0.8 else []
    near = {n for root in roots if root in nodes for n in (root, *read_by(nodes, root))} if not body else set()
    if at < 0.25 and not body:
        near.add("")
    return sorted(places, key=lambda place: place[0] not in near)


def _closes(data: Data, body: Body, node: str, entry: Entry) -> bool:
    """Would the node read itself?"""
    nodes = nodes_of(data, body)
    names = [h for h in heads(entry.text) if h in nodes]
    return bool(node) and any(name == node or node in read_by(nodes, name) for name in names)


def _joined(rng: random.Random, text: str, mine: Entry, wanted: Type, nonneg: bool) -> str:
    if wanted.dtype == "bool":
        forms = ["({}) & {}", "({}) | {}", "({}) & ~{}", "({}) & ({} | env.visible)"]
        forms += ["{1}"] * (mine.axes == wanted.axes)
    elif wanted.dtype == "int":
        forms = ["{1}"]
    elif nonneg:
        forms = ["({}) * abs({})", "{} + square({})", "minimum({}, abs({}))", "{} + abs({})"]
    else:
        forms = ["{} + {}"] * 3 + [
            "{} - {}",
            "({}) * {}",
            "({}) * sigmoid({})",
            "maximum({}, {})",
            "minimum({}, {})",
            "{} + 0 * {}",
            "{} + stop({})",
            "{} + previous({})",
            "({}) * abs({})",
        ]
        forms += ["{1}"] * 2 * (mine.axes == wanted.axes)
    return rng.choice(forms).format(text, mine.text)


def outline(bench: Workbench) -> Data | None:
    """Some nodes of the main graph as a network of their own, applied where they stood; None if it cannot be done."""
    rng, data = bench.rng, copy.deepcopy(bench.data)
    nodes = data["graph"]
    plain = [n for n, raw in nodes.items() if isinstance(raw, dict) and "block" in raw]
    if not plain:
        return None
    result = rng.choice(plain)
    inner, todo = [result], [result]
    while todo and len(inner) < 7:
        for holder, key in wires(nodes, todo.pop()):
            for head in heads(holder[key]):
                applied = isinstance(nodes.get(head), dict) and "network" in nodes[head]
                if head in nodes and head not in inner and not applied and rng.random() < 0.6:
                    inner.append(head)
                    todo.append(head)
    kind = bench.type("", result)
    if kind is None:
        return None
    network, name = f"net{len(data.setdefault('networks', {}))}", bench.fresh_name("")
    inputs: dict[str, str] = {}
    wired: dict[str, str] = {}
    taken: dict[str, str] = {}

    def inside(ref: Ref) -> str | None:
        head, text = ref.parts[0], str(ref)
        if head in inner or (head not in nodes and head != "env"):
            return None
        if head == "env" and text not in taken and rng.random() < 0.4:
            return None
        if text not in taken:
            arrives = bench.type("", text)
            if arrives is None:
                return None
            port = f"in{len(inputs)}"
            taken[text], wired[port] = port, text
            prefix = "" if arrives.dtype == "float" else f"{arrives.dtype} "
            inputs[port] = prefix + " ".join(arrives.axes)
        return taken[text]

    body_nodes = {n: copy.deepcopy(nodes[n]) for n in nodes if n in inner}
    for n in body_nodes:
        for holder, key in list(wires(body_nodes, n)):
            holder[key] = renamed(holder[key], inside)
    for n in inner:
        del nodes[n]
    application: Data = {"network": network, **wired}
    carried = [p for p, text in inputs.items() if text == " ".join(kind.axes)]
    layers = [a for a in data.get("axes", {}) if a in ("layer", "two")]
    if carried and layers and rng.random() < 0.6:
        application |= {"repeat": rng.choice(layers), "carry": rng.choice(carried)}
        application |= {"tied": True} if rng.random() < 0.3 else {}
    nodes[name] = application
    data["networks"][network] = {"inputs": inputs, "nodes": body_nodes, "returns": result}

    def through(ref: Ref) -> str | None:
        if ref.parts[0] not in inner:
            return None
        return ".".join([name, *ref.parts]) if ref.parts != (result,) else name

    for n in nodes:
        for holder, key in list(wires(nodes, n)):
            if n != name:
                holder[key] = renamed(holder[key], through)
    for holder, key in outside(data):
        holder[key] = renamed(holder[key], through)
    return data


def again(bench: Workbench) -> list[Entry]:
    """Another application of a network: of its lagged copy, of other inputs, or of a network like it."""
    rng, data = bench.rng, bench.data
    have = [raw for raw in data["graph"].values() if isinstance(raw, dict) and "network" in raw]
    if not have:
        return []
    raw = copy.deepcopy(rng.choice(have))
    if rng.random() < 0.6:
        raw["target"] = True
    for holder, key in list(wires({"it": raw}, "it")):
        wanted = bench.type("", str(holder[key]))
        fits = (
            []
            if wanted is None
            else [e for e in bench.pool("") if (e.type.dtype, e.axes) == (wanted.dtype, wanted.axes)]
        )
        if fits and rng.random() < 0.4:
            holder[key] = choice(rng, fits).text
    return bench.add("", raw)


def modify(bench: Workbench, body: Body) -> bool:
    """Set ``each``, ``target`` or another argument of a block that is there."""
    rng, nodes = bench.rng, nodes_of(bench.data, body)
    blocks = [n for n, raw in nodes.items() if isinstance(raw, dict) and "block" in raw]
    if not blocks:
        return False
    raw = nodes[rng.choice(blocks)]
    cls = catalogue()[raw["block"]]
    fields = [cls.spelled(f) for f in cls.model_fields if f not in ("block", *cls.port_signatures())]
    field = rng.choice(fields)
    if field == "each":
        raw["each"] = rng.choice(["agent", "agent", "entity", "action", *bench.data.get("axes", {})])
    elif field == "target":
        raw["target"] = True
    elif field in ("count", "by", "activation", "bias", "positive"):
        info = next(i for f, i in cls.model_fields.items() if cls.spelled(f) == field)
        raw[field] = rng.choice(_options(info.annotation))
    else:
        return False
    return True


def _options(annotation: Any) -> list[Any]:
    return list(get_args(annotation)) or [True, False]


def swap(bench: Workbench, body: Body) -> bool:
    """An expression reads something else of the same type."""
    rng = bench.rng
    places = spots(bench.data, body)
    rng.shuffle(places)
    for node, (holder, key) in places[:8]:
        wanted = bench.type(body, str(holder[key]))
        fits = [
            e
            for e in bench.pool(body)
            if wanted is not None
            and e.type.dtype == wanted.dtype
            and e.axes == wanted.axes
            and e.text != str(holder[key])
            and not _closes(bench.data, body, node, e)
        ]
        if fits:
            holder[key] = choice(rng, fits).text
            return True
    return False


def kept(bench: Workbench, change: Callable[[Workbench], Data | None]) -> Workbench:
    """The spec after a change, or as it was if the change does not type."""
    before = copy.deepcopy(bench.data)
    try:
        changed = change(bench)
        after = None if changed is None else Workbench(changed, bench.schema, bench.rng)
    except SpecError:
        after = None
    if after is not None and not after.explored.mistakes:
        return after
    return Workbench(before, bench.schema, bench.rng)
