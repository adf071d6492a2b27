"""The packaged specs, each read once a process."""

from __future__ import annotations

from functools import cache

from compose.language.files import packaged_specs
from compose.language.load import Loaded, load

SPECS = sorted(path.stem for path in packaged_specs().glob("*.yaml"))


@cache
def loaded(name: str) -> Loaded:
    """A packaged spec; nobody writes into it."""
    return load(name)


METHODS = [name for name in SPECS if not loaded(name).spec.abstract and loaded(name).spec.act.over == "action"]
"""Those that can be built for agents that choose among actions; `tests/training/test_numbers` has the others."""
