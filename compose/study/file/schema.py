"""The form of a study's file as a JSON Schema, for editors."""

from __future__ import annotations

from typing import Any

from compose.language.docs import field_docs
from compose.study.file.model import Evaluations, Measure, Method, Search, Study, Training


def study_schema() -> dict[str, Any]:
    """A study as a file may be written (draft 2020-12).

    A file that extends another may leave out what that says, so nothing is required beside ``compose`` and ``study``.
    """
    made = Study.model_json_schema(by_alias=True)
    text: dict[str, Any] = {"type": "string", "minLength": 1}
    properties = made["properties"]
    properties["extends"] = {
        "description": "What this study builds on: a packaged study, a file in its folder or below, or a list of them.",
        "anyOf": [text, {"type": "array", "items": text}],
    }
    properties["specs"] = _either(properties["specs"], {"type": "array", "items": text, "minItems": 1})
    named = properties["specs"]["anyOf"][0]
    named["additionalProperties"] = {"anyOf": [named["additionalProperties"], text, {"type": "null"}]}
    properties["seeds"] = _either(properties["seeds"], text, {"type": "integer", "minimum": 0})
    models = {model.__name__: model for model in (Study, Training, Evaluations, Measure, Method, Search)}
    for place, model in ((properties, "Study"), *((one["properties"], name) for name, one in made["$defs"].items()
                                                              if "properties" in one)):
        for name, field in place.items():
            _written(field, field_docs(models[model]).get(name, ""))
    made["required"] = ["compose", "study"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "compose study"}


def _either(schema: dict[str, Any], *others: dict[str, Any]) -> dict[str, Any]:
    """The same, or written in another way."""
    about: dict[str, Any] = {name: schema.pop(name) for name in ("description", "title") if name in schema}
    return {**about, "anyOf": [schema, *others]}


def _written(field: dict[str, Any], about: str) -> None:
    """A field with its sentence; counts may be written ``50k``."""
    field.pop("title", None)
    if about:
        field["description"] = about
    for one in (field, *field.get("anyOf", ()), field.get("items", {})):
        if isinstance(one, dict) and one.get("type") == "integer" and "gt" in one:  # a Count
            one |= {"type": ["integer", "string", "number"], "exclusiveMinimum": one.pop("gt")}
