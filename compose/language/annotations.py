"""Reading the annotations of fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def mentions(info: FieldInfo, marker: object) -> bool:
    """Does a field's annotation carry ``marker`` (a type, or metadata of ``Annotated``) anywhere?"""
    return any(part is marker for part in (*info.metadata, *_parts(info.annotation)))


def _parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for part in (*get_args(annotation), *getattr(annotation, "__metadata__", ())):
        yield from _parts(part)


@dataclass(frozen=True)
class Kinds:
    """Models of which one stands at a place: field ``key`` says which, by one of its ``tags``."""

    key: str
    tags: dict[str, type[BaseModel]]

    def of(self, raw: Any) -> type[BaseModel] | None:
        """The model that plain data is of, if it says so."""
        return self.tags.get(str(raw.get(self.key))) if isinstance(raw, dict) else None

    def having(self, field: str) -> list[str]:
        """The tags of the models that have a field, by its spelling in a file."""
        return [tag for tag, model in self.tags.items() if field in spellings(model)]


def kinds(annotation: Any) -> Kinds | None:
    """The models of an annotation such as ``Annotated[A | B, Field(discriminator="kind")]``; None for any other."""
    if get_origin(annotation) is not Annotated:
        return None
    union, *marks = get_args(annotation)
    key = next((m.discriminator for m in marks if isinstance(m, FieldInfo) and m.discriminator), None)
    return Kinds(key, tagged(get_args(union), key)) if isinstance(key, str) else None


def tagged(models: tuple[type[BaseModel], ...], key: str) -> dict[str, type[BaseModel]]:
    """Tag -> model, for models told apart by a field of fixed values."""
    return {str(tag): model for model in models for tag in get_args(model.model_fields[key].annotation)}


def spellings(model: type[BaseModel]) -> list[str]:
    """The fields of a model as a file spells them."""
    return [info.alias or name for name, info in model.model_fields.items()]
