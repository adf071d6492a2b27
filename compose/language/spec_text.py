"""Specs and their text: what most users need of the language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compose.language import load as loading
from compose.language.dump import dump
from compose.language.models import Spec


def load(argument: str | Path, overrides: Sequence[str] = ()) -> Spec:
    """The spec of a file (a path contains ``/`` or ``.yaml``) or of a packaged name, with ``--set`` items such as
    ``params.lambda=0.7``. Raises SpecError with every mistake of form."""
    return loading.load(argument, overrides).spec


def loads(text: str) -> Spec:
    """The spec that a YAML text says. Raises SpecError."""
    return loading.load_text(text).spec


def dumps(spec: Spec) -> str:
    """The YAML text of a whole spec, nothing inherited: ``loads(dumps(spec)) == spec``."""
    return dump(spec.data())
