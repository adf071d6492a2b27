"""What people may call a spec, wherever a function takes one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from compose.language.load import Loaded, load, load_data
from compose.language.models import Spec

if TYPE_CHECKING:
    from compose.language.builder import SpecBuilder

    AnySpec: TypeAlias = str | Path | Spec | Loaded | SpecBuilder
    """A packaged name, the path of a file (it contains ``/`` or ends in ``.yaml``), a spec, or a builder."""


def loaded(spec: AnySpec, overrides: Sequence[str] = ()) -> Loaded:
    """The checked spec of whatever names it, knowing where its values were written.

    Args:
        spec: A packaged name, a path, a :class:`Spec`, what was loaded, or a builder.
        overrides: ``--set`` items, of a name or a path.

    Raises:
        SpecError: With every mistake of form.
    """
    if isinstance(spec, str | Path):
        return load(spec, overrides)
    if isinstance(spec, Spec):
        return load_data(spec.data(), name=f"<{spec.name}>")
    return spec if isinstance(spec, Loaded) else spec.load()
