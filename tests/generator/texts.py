"""Expressions in the plain data of a spec: where they stand, what they read, and how names in them are changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from compose.language.expressions import ExpressionError, Ref, parse, references
from compose.language.nodes import MODIFIERS
from compose.language.registry import find_block

Place = tuple[Any, Any]
"""A dict or list and a key in it: an expression stands there."""


def wires(holder: Any, key: Any) -> Iterator[Place]:
    """The places of expressions in a node that stands at ``holder[key]``."""
    raw = holder[key]
    if not isinstance(raw, dict):
        yield holder, key
        return
    for field, value in raw.items():
        if ("network" in raw and field not in MODIFIERS) or ("block" in raw and field in ports(raw["block"])):
            if isinstance(value, list):
                yield from ((value, i) for i in range(len(value)))
            else:
                yield raw, field


def ports(tag: str) -> dict[str, str]:
    """The ports of a block as a file spells them, and their names."""
    cls = find_block(tag)
    return {} if cls is None else {cls.spelled(port): port for port in cls.port_signatures()}


def outside(data: dict[str, Any]) -> Iterator[Place]:
    """Expressions that are no node: in acting, losses, the log and the claims."""
    for field in ("values", "logits", "where"):
        if field in data["act"]:
            yield data["act"], field
    for loss in data["losses"].values():
        yield from ((loss, field) for field in ("of", "where") if field in loss)
    yield from ((data.get("log", {}), name) for name in data.get("log", {}))
    igm = data.get("claims", {}).get("igm")
    if isinstance(igm, dict):
        yield from ((igm, field) for field in ("joint", "utilities") if field in igm)


def heads(text: Any) -> list[str]:
    """The names that an expression reads, without what follows a dot; fields of the environment in full."""
    try:
        refs = references(parse(str(text)))
        return [str(ref) if ref.parts[0] == "env" else ref.parts[0] for ref in refs]
    except ExpressionError:
        return []


def read_by(nodes: dict[str, Any], name: str) -> set[str]:
    """Names that a node reads, also through others of its body."""
    found: set[str] = set()
    todo = [name] if name in nodes else []
    while todo:
        holder = todo.pop()
        for place, key in wires(nodes, holder):
            fresh = [h for h in heads(place[key]) if h not in found and h in nodes]
            found.update(fresh)
            todo += fresh
    return found


def renamed(text: Any, new: Callable[[Ref], str | None]) -> Any:
    """The expression with some references written anew."""
    if isinstance(text, bool):
        return text
    source = str(text)
    refs = sorted(references(parse(source)), key=lambda ref: -ref.start)
    for ref in refs:
        other = new(ref)
        if other is not None:
            source = source[: ref.start] + other + source[ref.end :]
    return source if source != str(text) else text
