"""What the places of a study mean, from the models of its file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from pydantic import BaseModel

from compose.language.diagnostics import Path
from compose.language.docs import field_docs
from compose.study.file.model import Evaluations, Measure, Study, Training

_MODELS: dict[Path, type[BaseModel]] = {
    (): Study, ("train",): Training, ("train", "eval"): Evaluations, ("measure",): Measure}


def meaning(at: Path) -> str:
    """One sentence about a place; empty if it has none."""
    return _places().get(at, ("", None))[0]


def default(at: Path) -> Any:
    """The value of a place that no file sets, as plain data."""
    return _places()[at][1]


def known() -> list[str]:
    """All places that have a meaning."""
    return [".".join(map(str, at)) for at in _places()]


@cache
def _places() -> dict[Path, tuple[str, Any]]:
    return dict(_fields())


def _fields() -> Iterator[tuple[Path, tuple[str, Any]]]:
    for at, model in _MODELS.items():
        docs = field_docs(model)
        for name, info in model.model_fields.items():
            value = None if info.is_required() else info.get_default(call_default_factory=True)
            plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
            plain = plain if isinstance(plain, int | float | str | list | dict | None) else str(plain) \
                if not isinstance(plain, tuple) else list(plain)
            yield (*at, name), (docs.get(name, ""), plain)
