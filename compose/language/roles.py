"""What the places of a spec are, as far as merging needs to know."""

from __future__ import annotations

from dataclasses import dataclass

from compose.language.diagnostics import Path


@dataclass(frozen=True)
class Role:
    """One place.

    ``noun``   what stands here, in messages.
    ``open``   the members have names of the author's choosing; null deletes a member.
    ``tags``   keys that say what a mapping is: where one changes, the mapping is replaced instead of merged.
    ``atomic`` a mapping is replaced, never merged.
    ``whole``  keys of which a definition has at least one; a mapping without them is a patch on what is inherited.
    """

    noun: str
    open: bool = False
    tags: tuple[str, ...] = ("kind",)
    whole: tuple[str, ...] = ()
    atomic: bool = False


_COLLECTION = Role("collection", open=True, tags=())
_NODE = Role("node", open=True, tags=("block", "network"), whole=("block", "network"))
_NETWORK = Role("network", tags=("like",), whole=("like", "returns"))
_VALUE = Role("value")


def role(at: Path) -> Role:
    """The role of the value at a path."""
    match at:
        case ("params" | "axes" | "networks" | "graph" | "losses" | "log",):
            return _COLLECTION
        case ("networks", _, "inputs" | "nodes") | ("learner", "optimizers"):
            return _COLLECTION
        case ("graph", _) | ("networks", _, "nodes", _):
            return _NODE
        case ("graph", _, _) | ("networks", _, "nodes", _, _):
            return Role("field")
        case ("networks", _):
            return _NETWORK
        case ("networks", _, "returns"):
            return Role("result", atomic=True)
        case ("networks", _, "inputs", _):
            return Role("input")
        case ("losses", _):
            return Role("loss", tags=("of",), whole=("of",))
        case ("params", _):
            return Role("parameter", whole=("kind",))
        case ("axes", _):
            return Role("axis")
        case ("act",):
            return Role("value", tags=("choose",))
        case ("act", "epsilon"):
            return Role("schedule", whole=("kind",))
        case ("learner", "optimizers", _):
            return Role("optimizer", whole=("kind",))
        case _:
            return _VALUE
