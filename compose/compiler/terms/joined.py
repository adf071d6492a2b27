"""Rows on another axis: axes renamed, or two of them as one, wherever they stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from compose.graph.node import Node, Value
from compose.language.axes import Axes, Type

EPISODES = ("batch", "time")
"""Axes of steps, episode by episode."""
SIDES = ("agent", "entity")
"""Axes along which rows can be absent."""


@dataclass(frozen=True)
class Joined:
    """``of`` as one axis called ``new``: ``[batch time hidden] -> [step hidden]``, say.

    Where only some of them stand, they become ``new`` too, as ``[batch hidden] -> [step hidden]`` of what is the same
    in all steps; unless ``whole``.
    """

    new: str
    of: Axes
    whole: bool = False
    """Are axes left alone where not all of them stand?"""

    def __call__(self, axes: Axes) -> Axes:
        here = [a for a in self.of if a in axes]
        if not here or (self.whole and len(here) < len(self.of)):
            return axes
        return tuple(self.new if a == here[0] else a for a in axes if a not in here[1:])

    def labels(self, old: Axes, labels: Axes, new: Axes) -> Axes:
        """Labels of axes ``old`` in a product for what they have become: the first of those joined keeps its own."""
        named = dict(zip(old, labels, strict=True))
        kept = next((named[a] for a in self.of if a in named), "")
        return tuple(named.get(a, kept) for a in new)

    def lost(self, axes: Axes) -> Axes:
        """Those that are no axis of their own any more, nor give the new one its label."""
        return tuple(a for a in self.of if a in axes)[1:] if self(axes) != axes else ()

    def type(self, kind: Type) -> Type:
        return replace(kind, axes=self(kind.axes))

    def node(self, node: Node, values: dict[Value, Value]) -> Node:
        """The same node of the graph on such rows; ``values`` gets what stands for each value that it reads."""

        def value(old: Value) -> Value:
            return values.setdefault(old, replace(old, type=self.type(old.type)))

        def each(x: Any, change: Any) -> Any:
            return tuple(change(y) for y in x) if isinstance(x, tuple) else change(x)

        new = replace(
            node, wires={port: each(wire, value) for port, wire in node.wires.items()},
            seen={port: each(found, self.type) for port, found in node.seen.items()},
            bound={name: self(axes) for name, axes in node.bound.items()},
            presence={key: value(old) for key, old in node.presence.items()},
        )
        new.values = {name: replace(old, type=self.type(old.type), node=new) for name, old in node.values.items()}
        return new


SAME = Joined("", ())
"""Axes as they are."""
