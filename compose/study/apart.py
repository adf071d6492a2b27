"""What specs of one name are called beside each other: by the lines that differ, if those are few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from compose.language.diagnostics import SpecError
from compose.language.identity import PROSE
from compose.language.load import load_flat
from compose.study.file.methods import in_words

MOST = 3
"""Lines that a name tells."""
WIDE = 40
"""Characters of all of them."""


def by_lines(name: str, specs: Mapping[str, Path]) -> dict[str, str]:
    """Names such as ``refil[lambda=0.5]`` for specs that are all called ``name``.

    Args:
        name: What they are called.
        specs: What tells them apart otherwise -> a run's copy of the spec.

    Returns:
        Their names, all different; none if too much differs, or a spec cannot be read.
    """
    try:
        written = {key: dict(_values(load_flat(path).document.data)) for key, path in specs.items()}
    except SpecError:
        return {}
    places = sorted({place for values in written.values() for place in values})
    differ = [place for place in places if len({repr(values.get(place)) for values in written.values()}) > 1]
    if not 0 < len(differ) <= MOST:
        return {}
    found = {}
    for key, values in written.items():
        lines = {place: values[place] for place in differ if place in values}
        found[key] = f"{name}[{in_words(lines)}]" if lines else name
    apart = len(set(found.values())) == len(found)
    return found if apart and all(len(one) <= len(name) + WIDE for one in found.values()) else {}


def _values(data: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every value that is no mapping, by its place; prose is left out."""
    if not isinstance(data, dict):
        yield ".".join(at), data
        return
    for key, value in data.items():
        if at or key not in PROSE:
            yield from _values(value, (*at, str(key)))
