"""Merging specs: JSON merge patch (RFC 7386), amended for typed graphs.

A spec is a patch on what its ancestors say, and a spec without ancestors a patch on nothing. Mappings merge member by
member; anything else, lists included, is replaced whole. The amendments:

1. A changed tag replaces. Where ``block``, ``network``, ``kind``, ``choose``, ``like`` or a loss's ``of`` changes, the
   old mapping's other fields would make no sense, so none is kept. ``replace: true`` in a network says the same.
2. ``null`` deletes a member of an open map (:mod:`.roles`) and is the value null everywhere else.
3. A mapping without its tag is a patch and must hit a mapping; deleting must hit too. A patch that hits nothing is a
   misspelt name, never an addition.
4. ``{like: NAME, ...}`` is another network of the same structure. It follows NAME through the whole lineage, so it is
   expanded last; until then its patches are kept in order, nulls included.

Values keep their places, and remember what they overrode.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from compose.language.diagnostics import Diagnostic, Path, Span, SpecError, did_you_mean, dotted
from compose.language.roles import role, sections
from compose.language.source import MAX_PROBLEMS
from compose.language.tree import Node, same, walk

MAX_CHAIN = 32
MAX_COPIED = 100_000


@dataclass(frozen=True)
class Like(Node):
    """A network that is not expanded yet: its only member is ``like``; ``patches`` come on top, in order."""

    patches: tuple[Node, ...] = ()


def merge(layers: Iterable[Node], overrides: Iterable[Node] = (), *, deleted: dict[Path, Span] | None = None) -> Node:
    """One tree from a lineage, ancestors first, and the overrides on it; networks that are ``like`` others expanded.

    ``deleted`` takes up what was deleted, and where. Raises SpecError with all problems: ``merge.patch``,
    ``merge.delete``, ``merge.replace``, ``merge.like``, ``merge.size``.
    """
    merging = _Merge({} if deleted is None else deleted)
    tree, own = None, [name for name, given in sections().items() if given.own]
    for layer in layers:
        tree = merging.onto(tree.without(*own) if tree else None, layer, ())
    for override in overrides:
        tree = merging.onto(tree, override, ())
    assert tree is not None, "a lineage has at least one spec"
    tree = merging.expanded(tree)
    if merging.problems:
        raise SpecError(*merging.problems)
    first = {name: tree.members[name] for name in sections() if name in tree.members}
    return replace(tree, value={**first, **tree.members})


class _Merge:
    def __init__(self, deleted: dict[Path, Span]) -> None:
        self.problems: list[Diagnostic] = []
        self.deleted = deleted

    def onto(self, old: Node | None, new: Node, at: Path) -> Node:
        """``new`` on top of ``old``; on top of nothing where there is no ``old``."""
        if not new.is_map:
            return new.over(old)
        if role(at).noun == "network":
            return self.network(old, new, at)
        return self.members(old, new, at)

    def members(self, old: Node | None, new: Node, at: Path) -> Node:
        """Mappings merge member by member, unless a changed tag makes another thing of this one."""
        rule = role(at)
        keeps = old and old.is_map and not rule.atomic and not _changes(old, new, rule.tags)
        base = old if keeps else None
        result = dict(base.members) if base else {}
        for name, member in new.members.items():
            here, there = (*at, name), result.get(name)
            if member.value is None and rule.open:
                if there is None:
                    found = f"nothing to delete: there is no {role(here).noun} '{name}'"
                    self.report("merge.delete", found, member, here, did_you_mean(name, result))
                else:
                    self.deleted[here] = member.place
                result.pop(name, None)
            elif _is_patch(member, here) and not (there and there.is_map):
                self.missed(member, there, here, result)
                result[name] = member
            else:
                result[name] = self.onto(there, member, here)
        merged = Node(result, new.span, new.key)
        return replace(merged, was=base.was) if base else merged.over(old)

    def network(self, old: Node | None, new: Node, at: Path) -> Node:
        """A network: may drop what is inherited, and may be ``like`` another."""
        if "replace" in new.members:
            self.check_replace(old, new.members["replace"], at)
            return self.network(None, new.without("replace"), at).over(old)
        patch = new.without("like")
        if "like" in new.members and not (isinstance(old, Like) and not _changes(old, new, ("like",))):
            return Like({"like": new.members["like"]}, new.span, new.key, patches=(patch,)).over(old)
        if isinstance(old, Like):
            return replace(old, span=new.span, key=new.key, patches=(*old.patches, patch))
        return self.members(old, new, at)

    def check_replace(self, old: Node | None, flag: Node, at: Path) -> None:
        if flag.value is not True:
            self.report("merge.replace", "replace is true or left out", flag, (*at, "replace"))
        elif old is None:
            found = f"nothing to replace: no network '{at[-1]}' is inherited"
            self.report("merge.replace", found, flag, (*at, "replace"))

    def expanded(self, tree: Node) -> Node:
        """The tree with every ``like`` network written out: the other network's members, then the patches in order."""
        networks = tree.members.get("networks")
        if networks is None or not networks.is_map:
            return tree
        likes = _Likes(self, networks.members)
        written = {name: likes.full(name, ()) or network for name, network in networks.members.items()}
        return replace(tree, value={**tree.members, "networks": replace(networks, value=written)})

    def missed(self, new: Node, old: Node | None, at: Path, known: Iterable[str]) -> None:
        """A mapping without its tag has no mapping to patch."""
        rule, name = role(at), str(at[-1])
        found = f"there is no {rule.noun} '{name}'"
        if old:
            found = f"'{name}' is {'an expression' if rule.noun == 'node' else 'a single value'} here"
        needs = f"a new {rule.noun} needs {' or '.join(f'{key}:' for key in rule.whole)}"
        near = "" if old else did_you_mean(name, known)
        self.report("merge.patch", f"nothing to patch: {found}", new, at, near or needs)

    def report(self, code: str, message: str, node: Node, at: Path, hint: str = "") -> None:
        self.problems.append(Diagnostic(code, message, dotted(at), node.place, hint))
        if len(self.problems) == MAX_PROBLEMS:
            raise SpecError(*self.problems)


class _Likes:
    """Networks written out, each once; those that cannot be are None, for a reason that has been reported."""

    def __init__(self, merging: _Merge, networks: dict[str, Node]) -> None:
        self.merging, self.networks = merging, networks
        self.done: dict[str, Node | None] = {}
        self.copied = 0

    def full(self, name: str, trail: tuple[str, ...]) -> Node | None:
        """A network without ``like``; ``trail`` are the networks that are waiting for it."""
        if name not in self.done:
            network = self.networks[name]
            self.done[name] = self.copy(name, network, (*trail, name)) if isinstance(network, Like) else network
        return self.done[name]

    def copy(self, name: str, network: Like, trail: tuple[str, ...]) -> Node | None:
        at = ("networks", name)
        target = network.get("like")
        if problem := self.problem(target, trail):
            known = isinstance(target, str) and target in self.networks
            near = "" if known else did_you_mean(target, set(self.networks) - {name})
            self.merging.report("merge.like", problem, network.members["like"], (*at, "like"), near)
            return None
        other = self.full(target, trail)
        if other is None:
            return None
        result = replace(other, was=network.was)
        for patch in network.patches:
            result = self.merging.members(result, patch, at)
        self.copied += sum(1 for _ in walk(result))
        if self.copied > MAX_COPIED:
            found = f"networks that are like others hold more than {MAX_COPIED} values"
            self.merging.report("merge.size", found, network, at)
            raise SpecError(*self.merging.problems)
        return result

    def problem(self, target: Any, trail: tuple[str, ...]) -> str:
        """Why the last network of a trail cannot be like ``target``; empty if it can."""
        if not isinstance(target, str):
            return "like: takes the name of a network"
        if target not in self.networks:
            return f"there is no network '{target}' to be like"
        if target in trail:
            return f"networks that are like each other: {' -> '.join((*trail[trail.index(target) :], target))}"
        return f"more than {MAX_CHAIN} networks in a row are like each other" if len(trail) >= MAX_CHAIN else ""


def _is_patch(node: Node, at: Path) -> bool:
    """Is this a mapping that does not say what it is, where it would have to?"""
    whole = role(at).whole
    return node.is_map and bool(whole) and not any(key in node.members for key in whole)


def _changes(old: Node, new: Node, tags: tuple[str, ...]) -> bool:
    """Does ``new`` state a tag that ``old`` has not, or has with another value?"""
    return any(tag in new.members and not same(new.get(tag), old.get(tag)) for tag in tags)
