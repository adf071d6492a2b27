"""What the Python builder writes: plain data under names, each given once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compose.language.closed import Closed
from compose.language.expressions import Ref
from compose.language.handles import Handle, misuse, spelled


class Callee(Closed):
    """What nodes apply by its name."""

    name: str


class Node(dict[str, Any]):
    """What is written under a name: a node, a loss, a schedule, or a patch on one. Not an operand: only names are."""

    def __setattr__(self, name: str, value: object) -> None:
        misuse(f"'{name}' cannot be assigned here: nothing would read it", "fields are arguments: block.TAG(of=...)")


def plain(value: object) -> Any:
    """What a file holds for a value: handles as text, tuples as lists."""
    match value:
        case Handle():
            return str(value)
        case Callee():
            return value.name
        case Mapping():
            return {name: plain(member) for name, member in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return value


LEFT_OUT = object()
"""An argument that was not given."""

def given(settings: Mapping[str, object]) -> dict[str, Any]:
    """Keyword arguments as members: those not given left out, Python's keywords respelled."""
    return {spelled(name): plain(value) for name, value in settings.items() if value is not LEFT_OUT}


def wired(place: str, fields: Mapping[str, object]) -> dict[str, Any]:
    """The same for what is wired to a node, which must have names."""
    for port, value in fields.items():
        if any(isinstance(v, Node) for v in (value if isinstance(value, list | tuple) else (value,))):
            misuse(f"{place}: '{port}' is a node that has no name",
                   "give it one first: graph.NAME = ..., then wire graph.NAME")
    return given(fields)


class Members(Closed):
    """One mapping of the spec, name by name: ``table.name = value`` or ``table["name"] = value``, each once."""

    _place: str
    _written: dict[str, Any]

    def __init__(self, place: str) -> None:
        self.__dict__["_place"] = place
        self.__dict__["_written"] = {}

    def __setitem__(self, name: str, value: object) -> None:
        name = spelled(name)
        if name in self._written:
            misuse(f"{self._place}.{name} is given twice")
        self._written[name] = plain(value)

    def __setattr__(self, name: str, value: object) -> None:
        self[name] = value


class Names(Members):
    """Members that expressions may name."""

    def __getitem__(self, name: str) -> Handle:
        return Handle(Ref((spelled(name),)))

    def __getattr__(self, name: str) -> Handle:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]
