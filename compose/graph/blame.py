"""Which change of a child a mistake may come from, when it shows in an ancestor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from compose.graph.readers import readings
from compose.language.diagnostics import Path, Span, dotted
from compose.language.models import Spec
from compose.language.overrides import FILE
from compose.language.resolve import Document
from compose.language.roles import role

SHOWN = 2
"""So many changes are named."""


def blame(spec: Spec, document: Document, at: Path, shows: Span) -> tuple[str, ...]:
    """Notes that name what the youngest descendant of a file says of whatever the value at ``at`` reads, the nearest
    first.

    ``shows`` is where the mistake shows; nothing is said where nothing later than that file has a part in it.
    """
    if shows.file in (document.file, FILE):
        return ()
    age = {name: i for i, name in enumerate((*document.files, FILE))}
    later = {at: key for at, key in document.keys.items() if age.get(key.file, 0) > age.get(shows.file, 0)}
    found: dict[Path, Span] = {}
    for place in _upstream(spec, at) if later else ():
        for changed in _changed(later, place):
            found.setdefault(changed, later[changed])
    youngest = max((age[span.file] for span in found.values()), default=0)
    told = [f"{dotted(place)} is set at {span}" for place, span in found.items() if age[span.file] == youngest]
    return tuple(told[:SHOWN])


def _upstream(spec: Spec, at: Path) -> Iterator[Path]:
    """The definition around a place, then all that it reads, the nearest first."""
    reads: dict[Path, list[Path]] = {}
    for target, uses in readings(spec).items():
        for use in uses:
            reads.setdefault(_definition(use.at), []).append(target)
            if target[0] == "networks" and len(target) == 2 and target[1] in spec.networks:
                for name in spec.networks[str(target[1])].inputs:
                    reads.setdefault((*target, "inputs", name), []).append(_definition(use.at))
    waiting, seen = deque([_definition(at)]), set()
    while waiting:
        place = waiting.popleft()
        if place in seen:
            continue
        seen.add(place)
        yield place
        inside = [(*place, "returns")] if place[0] == "networks" and len(place) == 2 else []
        waiting += [*inside, *map(_definition, reads.get(place, ()))]


def _definition(at: Path) -> Path:
    """The node, input, loss, param or axis that a place is part of."""
    if at[0] == "networks":
        return at[: 3 if at[2:3] == ("returns",) else 4]
    return at[:3] if at[0] == "learner" else at[:2]


def _changed(keys: dict[Path, Span], place: Path) -> list[Path]:
    """What was changed in a definition: all of it, or single fields; the parts of a network come by themselves."""
    if place[0] == "networks" and len(place) == 2:
        return []
    if any((*place, tag) in keys for tag in role(place).whole):
        return [place] if place in keys else []
    inside = [at for at in keys if at[: len(place)] == place]
    return [at for at in inside if not any(len(other) > len(at) and other[: len(at)] == at for other in inside)]
