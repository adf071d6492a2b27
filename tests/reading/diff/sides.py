"""Specs as sides of a comparison."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from compose.graph.build import build_graph
from compose.language.load import Loaded, load, load_data
from compose.reading.diff import Diff, Side, diff
from tests.specs.packaged import SPECS as PACKAGED
from tests.specs.packaged import loaded as packaged

DRAFTS = Path(__file__).parents[2] / "specs" / "drafts"
SPECS = [*PACKAGED, *(str(path) for path in sorted(DRAFTS.glob("*.yaml")))]
"""Every spec there is: abstract ones too."""


@cache
def loaded(spec: str) -> Loaded:
    """A packaged spec or a draft."""
    if spec in PACKAGED:
        return packaged(spec)
    return load(str(DRAFTS / f"{spec}.yaml") if (DRAFTS / f"{spec}.yaml").exists() else spec)


@cache
def side(spec: str) -> Side:
    """With symbolic sizes."""
    return made(loaded(spec))


def made(found: Loaded) -> Side:
    return Side(found, build_graph(found), found.spec.name)


def changed(spec: str, **sections: Any) -> Side:
    """The spec as another file that extends it."""
    data = {"compose": 1, "name": "mine", "summary": "Mine.", "extends": spec, **sections}
    return made(load_data(data))


def between(before: str | Side, after: str | Side) -> Diff:
    sides = [end if isinstance(end, Side) else side(end) for end in (before, after)]
    return diff(sides[0], sides[1])
