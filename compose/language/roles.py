"""What the places of a spec are: said once, beside the fields of the models, and read from there by whatever goes
through specs (merging, short paths, messages, JSON Schemas).

A new section is a field of :class:`~compose.language.models.Spec` with a role, and what the graph makes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Annotated, Any, Union, cast, get_args, get_origin

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from compose.language.annotations import kinds
from compose.language.diagnostics import Path
from compose.language.models import Spec
from compose.language.role import NODE, VALUE, Role, section


@lru_cache(maxsize=4096)
def role(at: Path) -> Role:
    """The role of the value at a path."""
    found: Role = VALUE
    hint: Any = Spec
    for part in at:
        if found.members is not None:
            found, hint = found.members, get_args(hint)[1] if len(get_args(hint)) == 2 else None
            continue
        info = next((model.model_fields[name] for model in _models(hint) for name in model.model_fields
                     if part in (name, model.model_fields[name].alias)), None)
        found, hint = (VALUE, None) if info is None else (said(info), info.annotation)
    return found


def said(info: FieldInfo) -> Role:
    """What a field of a model says of its place."""
    return next((mark for mark in info.metadata if isinstance(mark, Role)), VALUE)


def _models(hint: Any) -> Iterator[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    elif get_origin(hint) is Annotated or type(None) in get_args(hint) or kinds(hint) or _union(hint):
        for part in get_args(hint)[:1] if get_origin(hint) is Annotated else get_args(hint):
            yield from _models(part)


def _union(hint: Any) -> bool:
    return get_origin(hint) is Union or type(hint).__name__ == "UnionType"


def sections() -> dict[str, Role]:
    """The sections of a spec, in the order in which one reads."""
    return {name: said(info) for name, info in Spec.model_fields.items()}


@cache
def bare() -> tuple[Path, ...]:
    """Where a bare name is looked for, in this order."""
    found = [(role.bare, at) for at, role in _sections(Spec, ()) if role.bare]
    return tuple(at for _, at in sorted(found))


def _sections(hint: Any, at: Path) -> Iterator[tuple[Path, Role]]:
    for model in _models(hint):
        for name, info in model.model_fields.items():
            yield (*at, name), said(info)
            if not at:
                yield from _sections(info.annotation, (name,))


@cache
def owners() -> dict[Path, Any]:
    """Place -> the model of what stands there, or the annotation of several that a tag tells apart."""
    return {(): Spec, **dict(_owners(Spec, ()))}


def _owners(hint: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    for model in _models(hint):
        for name, info in model.model_fields.items():
            place, inside = (*at, name), cast(Any, info.annotation)
            if said(info) == section(NODE) or said(info).members == NODE:
                continue
            if said(info).members is not None:
                place, inside = (*place, "*"), get_args(inside)[1]
            elif isinstance(info.discriminator, str):
                inside = Annotated[inside, Field(discriminator=info.discriminator)]
            found = _owner(inside)
            if found is not None:
                yield place, found
                yield from _owners(found, place)


def _owner(hint: Any) -> Any:
    """The model, or the models, in an annotation."""
    if kinds(hint) or (isinstance(hint, type) and issubclass(hint, BaseModel)):
        return hint
    parts = get_args(hint)[:1] if get_origin(hint) is Annotated else get_args(hint) if _union(hint) else ()
    return next((found for found in map(_owner, parts) if found is not None), None)
