"""A node of the graph as it stands on other axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from compose.graph.node import Node, Value
from compose.language.axes import Axes, Type


def renamed_node(node: Node, values: dict[Value, Value], change: Callable[[Axes], Axes]) -> Node:
    """The same operation where every tensor's axes are changed; ``values`` gets what stands for each value it reads."""

    def kind(old: Type) -> Type:
        return replace(old, axes=change(old.axes))

    def value(old: Value) -> Value:
        return values.setdefault(old, replace(old, type=kind(old.type)))

    def each(x: Any, change: Any) -> Any:
        return tuple(change(y) for y in x) if isinstance(x, tuple) else change(x)

    new = replace(
        node, wires={port: each(wire, value) for port, wire in node.wires.items()},
        seen={port: each(found, kind) for port, found in node.seen.items()},
        bound={name: change(axes) for name, axes in node.bound.items()},
        presence={key: value(old) for key, old in node.presence.items()},
    )
    new.values = {name: replace(old, type=kind(old.type), node=new) for name, old in node.values.items()}
    return new
