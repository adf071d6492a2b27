"""Reading an entity schema from a YAML file; mistakes are told with their places, as those of specs are."""

from __future__ import annotations

import json
import pathlib
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from compose.graph.fields import Field
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature
from compose.language import files, source
from compose.language.diagnostics import Diagnostic, Path, SpecError, dotted, in_order
from compose.language.resolve import Document
from compose.language.validation_messages import diagnose

PARTS: dict[str, type[BaseModel]] = {
    "types": EntityType, "features": Feature, "actions": ActionGroup, "fields": Field,
}  # fmt: skip
"""Section -> the model of its members."""


def load_schema(path: str | pathlib.Path) -> EntitySchema:
    """Read a schema from a YAML file, which is read as strictly as a spec.

    Raises:
        SpecError: If the file cannot be read, is not YAML (``file.*``, ``yaml.*``), or does not hold a valid schema
            (``schema.*``, one diagnostic for each problem).
    """
    file = files.File(files.local(str(path), pathlib.Path.cwd()).path, str(path))
    read = source.load(files.contents(file), file.name, kind="schema")
    document = Document(read.data, read.values, read.keys, {}, (file.name,))
    try:
        return EntitySchema.model_validate_json(json.dumps(read.data))  # JSON mode: strict, yet lists may become tuples
    except ValidationError as error:
        raise SpecError(*in_order(_diagnostics(error, document))) from None


def _diagnostics(error: ValidationError, document: Document) -> list[Diagnostic]:
    problems = error.errors(include_url=False)
    found = [Diagnostic("schema.value", message, dotted(at), document.span(at))
             for problem in problems if problem["type"] == "schema" for at, message in problem["ctx"]["problems"]]
    form = diagnose([p for p in problems if p["type"] != "schema"], document, (), owner=_owner)
    return [*found, *(replace(p, code=p.code.replace("spec.", "schema.")) for p in form)]


def _owner(data: Any, place: Path) -> type[BaseModel] | None:
    """The model whose fields the mapping at a place may have."""
    if not place:
        return EntitySchema
    return PARTS.get(str(place[0])) if len(place) == 2 else None
