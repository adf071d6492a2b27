"""What a place of a spec is, as a mark on the field of a model: ``Annotated[Frozen[Name, Loss], section(LOSS)]``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """One place.

    ``noun``    what stands here, in messages; ``called`` the same where a reader asks what it is (``a loss``).
    ``open``    the members have names of the author's choosing; null deletes a member.
    ``tags``    keys that say what a mapping is: where one changes, the mapping is replaced instead of merged.
    ``whole``   keys of which a definition has at least one; a mapping without them is a patch on what is inherited.
    ``atomic``  a mapping is replaced, never merged.
    ``members`` what the members of an open mapping are.
    ``bare``    its members may be named alone (``q_in`` for ``graph.q_in``); sections are looked through in this order.
    ``own``     it says something about one file and is not inherited.
    """

    noun: str = "value"
    called: str = ""
    open: bool = False
    tags: tuple[str, ...] = ("kind",)
    whole: tuple[str, ...] = ()
    atomic: bool = False
    members: Role | None = None
    bare: int = 0
    own: bool = False


VALUE, OWN = Role(), Role(own=True)
NODE = Role("node", open=True, tags=("block", "network"), whole=("block", "network"), members=Role("field"))


def section(members: Role, *, bare: int = 0) -> Role:
    """The role of a mapping whose members have names of the author's choosing."""
    return Role("collection", open=True, tags=(), members=members, bare=bare)
