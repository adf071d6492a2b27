"""The raw document: plain YAML data in which every value knows where it is written and what it overrode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from compose.language.diagnostics import Path, Span

Scalar = bool | int | float | str | None


class Past(NamedTuple):
    """A value that a later layer overrode, and where it stands."""

    value: Any
    span: Span


@dataclass(frozen=True)
class Node:
    """A value with its place.

    ``span`` covers the value's text (without quotes), ``key`` the key it stands under (None in lists and at the root),
    ``was`` what it overrode, newest first. Nodes are never changed, so layers and copies may share them.
    """

    value: Scalar | list[Node] | dict[str, Node]
    span: Span
    key: Span | None = None
    was: tuple[Past, ...] = ()

    @property
    def is_map(self) -> bool:
        return isinstance(self.value, dict)

    @property
    def members(self) -> dict[str, Node]:
        """The members of a mapping; nothing for any other value."""
        return self.value if isinstance(self.value, dict) else {}

    def get(self, name: str) -> Any:
        """Plain value of a member, or None."""
        return plain(self.members[name]) if name in self.members else None

    def without(self, *names: str) -> Node:
        """The mapping less some members."""
        return replace(self, value={k: v for k, v in self.members.items() if k not in names})

    def over(self, old: Node | None) -> Node:
        """This value, remembering that it took the place of ``old``."""
        return self if old is None else replace(self, was=(Past(plain(old), old.span), *old.was))

    @property
    def place(self) -> Span:
        """The key's span where there is one, else the value's."""
        return self.key or self.span


def plain(node: Node) -> Any:
    """The bare data: dicts, lists and scalars."""
    if isinstance(node.value, dict):
        return {name: plain(member) for name, member in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def walk(node: Node, at: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every value of a tree with its path, parents before children."""
    yield at, node
    if isinstance(node.value, dict):
        for name, member in node.value.items():
            yield from walk(member, (*at, name))
    elif isinstance(node.value, list):
        for index, item in enumerate(node.value):
            yield from walk(item, (*at, index))


def same(a: Any, b: Any) -> bool:
    """Equality of plain data that tells 1, 1.0 and true apart."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)
