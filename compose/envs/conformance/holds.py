"""What a schema says of its own masks is so: ``holds: [shown entity agent]`` shows nobody more than ``visible``."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.play import Play
from compose.envs.guard.finding import Finding
from compose.graph.align import align
from compose.graph.fields import KNOWN_FIELDS, LEAD


def untrue_claims(play: Play) -> Iterator[Finding]:
    """Where a mask of the environment's own is true and what the schema says of it is not."""
    for name, field in play.schema.fields.items():
        for what, axes in field.facts if name not in KNOWN_FIELDS and set(LEAD) <= set(field.axes) else ():
            yield from _compare(play, name, field.axes, what, axes)


def _compare(play: Play, name: str, own: tuple[str, ...], what: str, axes: tuple[str, ...]) -> Iterator[Finding]:
    """A mask against the standard one of which the schema says that it is contained in it."""
    bases = [axis.rstrip("'") for axis in axes]
    for known, field in KNOWN_FIELDS.items():
        theirs = next((at for fact, at in field.facts if fact == what and [a.rstrip("'") for a in at] == bases), None)
        if theirs is None or known not in play.fields:
            continue
        names = {**dict(zip(theirs, axes, strict=True)), "batch": "batch", "time": "time"}
        inner = tuple(names[axis] for axis in field.axes if axis not in LEAD)
        wanted = ("time", "batch", *(axis for axis in own if axis not in LEAD))
        allowed = align(play.fields[known], ("time", "batch", *inner), wanted)
        bad = play.fields[name] & ~allowed
        text = f"'{name}' to be true only where '{known}' is, as `holds` says"
        yield from play.wrong("env.holds", text, "that it is elsewhere", bad, " ".join(wanted), name)
