"""Reading the annotations of fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo


def mentions(info: FieldInfo, marker: object) -> bool:
    """Does a field's annotation carry ``marker`` (a type, or metadata of ``Annotated``) anywhere?"""
    return any(part is marker for part in (*info.metadata, *_parts(info.annotation)))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in (*get_args(annotation), *getattr(annotation, "__metadata__", ())):
        yield from _parts(part)
