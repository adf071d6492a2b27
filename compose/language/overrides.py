"""``--set PATH=VALUE``: one value, as the last layer of a merge."""

from __future__ import annotations

from collections.abc import Sequence

from compose.language.diagnostics import Diagnostic, Span, SpecError, did_you_mean
from compose.language.scalars import UNPRINTABLE
from compose.language.slips import place_hint
from compose.language.source import MAX_DEPTH, load_value
from compose.language.tree import Node, plain

FILE = "--set"


def parse(item: str) -> Node:
    """``axes.proto=6`` as the tree ``{axes: {proto: 6}}``; the value is YAML.

    Raises SpecError: ``set.syntax``, and the loader's own for the value.
    """
    path, equals, _ = item.partition("=")
    names = path.split(".")
    line = Span(FILE, 1, 1, max(2, len(item) + 1), item)
    clean = len(item.splitlines()) == 1 and not UNPRINTABLE.search(item)
    if not (clean and equals and all(name.strip() == name and name for name in names)):
        found, shown = "expected PATH=VALUE on one line", line if clean else None
        raise SpecError(Diagnostic("set.syntax", found, "", shown, "for example: axes.layer=3"))
    if len(names) > MAX_DEPTH:
        raise SpecError(Diagnostic("set.syntax", f"the path has more than {MAX_DEPTH} parts"))
    if names[0] in ("compose", "extends"):
        raise SpecError(Diagnostic("set.fixed", f"{names[0]} cannot be set from outside a spec", "", line))
    node = load_value(item, len(path) + 1, FILE)
    end = len(path)
    for name in reversed(names):
        key = Span(FILE, 1, end - len(name) + 1, end + 1, item)
        node = Node({name: Node(node.value, node.span, key)}, line)
        end -= len(name) + 1
    return node


def unknown(layers: Sequence[Node], overrides: Sequence[Node]) -> list[Diagnostic]:
    """Parameters and axes that an override would invent (``set.unknown``): nobody reads them, so setting one would
    silently change nothing.
    """
    problems = []

    def elsewhere(name: str) -> str:
        return place_hint("", name, [plain(layer) for layer in layers])

    for place, noun in (("params", "parameter"), ("axes", "axis")):
        known: dict[str, Node] = {}
        for layer in layers:
            known |= _members(layer, place)
        known = {name: member for name, member in known.items() if member.value is not None}
        for override in overrides:
            for name, member in _members(override, place).items():
                if name not in known and member.value is not None:
                    problems.append(Diagnostic("set.unknown", f"there is no {noun} '{name}' to set", f"{place}.{name}",
                                               member.place, did_you_mean(name, known) or elsewhere(name)))
    return problems


def _members(tree: Node, place: str) -> dict[str, Node]:
    return tree.members[place].members if place in tree.members else {}
