"""Specs with several parents: where the parents disagree, the child must decide.

Parents are applied in order, but the order should never decide silently. Two specs of a lineage, neither an ancestor
of the other, disagree where both set a place differently. A definition (a mapping with its tag, such as
``{block: gru, ...}``) is one place; a patch sets its single values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from compose.language.diagnostics import Diagnostic, Path, dotted
from compose.language.extends import Layer
from compose.language.roles import role
from compose.language.source import MAX_PROBLEMS
from compose.language.tree import Node, plain, same


def conflicts(lineage: Sequence[Layer], overrides: Sequence[Node] = ()) -> list[Diagnostic]:
    """One diagnostic ``extends.conflict`` for every place that two unrelated ancestors set differently and no common
    descendant, or override, sets."""
    settings = [dict(_settings(layer.root)) for layer in lineage]
    decided = [set(dict(_settings(override))) for override in overrides]
    found: dict[Path, Diagnostic] = {}
    for (i, first), (j, second) in combinations(enumerate(lineage), 2):
        if first.id in second.ancestors:
            continue
        heirs = [k for k, layer in enumerate(lineage) if {first.id, second.id} <= layer.ancestors]
        deciding = [*decided, *(set(settings[k]) for k in heirs)]
        for at, one, other in _disagreements(settings[i], settings[j]):
            if not any(at[:n] in places for places in deciding for n in range(1, len(at) + 1)):
                heir = lineage[heirs[0]]
                found[at] = Diagnostic(
                    "extends.conflict", f"two parents of {heir.file} set this differently", dotted(at), heir.extends,
                    f"set {dotted(at)} here to decide",
                    (f"{_show(one)} at {one.span}", f"{_show(other)} at {other.span}"))
    return list(found.values())[:MAX_PROBLEMS]


def _settings(node: Node, at: Path = ()) -> Iterator[tuple[Path, Node]]:
    """What a spec sets, place by place."""
    if not node.is_map or _is_definition(node, at):
        yield at, node
        return
    for name, member in node.members.items():
        if at or not role((name,)).own:
            yield from _settings(member, (*at, name))


def _is_definition(node: Node, at: Path) -> bool:
    rule = role(at)
    return bool(rule.whole) and any(key in node.members for key in (*rule.tags, "replace"))


def _disagreements(first: dict[Path, Node], second: dict[Path, Node]) -> Iterator[tuple[Path, Node, Node]]:
    """Places that both set, or that one sets and the other sets a part of; the longer path of the two."""
    for at, node in first.items():
        for n in range(1, len(at) + 1):
            other = second.get(at[:n])
            if other is not None and not (n == len(at) and same(plain(node), plain(other))):
                yield at, node, other
    for at, node in second.items():
        for n in range(1, len(at)):
            if at[:n] in first:
                yield at, first[at[:n]], node


def _show(node: Node) -> str:
    value = plain(node)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_show(member)}" for name, member in node.members.items()) + "}"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
