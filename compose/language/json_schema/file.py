"""The schema of a whole file."""

from __future__ import annotations

from typing import Any

from compose.language.json_schema.leaves import DEFS, Schema, ref
from compose.language.json_schema.nodes import add_networks, add_nodes
from compose.language.json_schema.writer import WHOLE, Writer
from compose.language.models import Paper, Spec
from compose.language.roles import role

DIALECT = "https://json-schema.org/draft/2020-12/schema"

EXTENDS: Schema = {
    "description": "What this spec builds on: a packaged spec, or a file in this one's folder or below (its path has "
                   "a / or ends in .yaml), or a list of them. Everything else here is then a patch.",
    "anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string", "minLength": 1}}],
    "examples": ["refil", "qmix_attention", ["refil", "qmix_attention_official"]],
}


def json_schema() -> dict[str, Any]:
    """The language as a file may be written, blocks of installed plug-ins included.

    A file that extends nothing must be whole; one that extends another may leave out, patch, and delete with null.
    Raises SpecError if an installed plug-in fails to load.
    """
    writer = Writer({name: dict(schema) for name, schema in DEFS.items()})
    add_nodes(writer)
    add_networks(writer)
    spec = writer.fields(Spec, ())
    paper = writer.whole_model(Paper, ("paper",))
    spec["properties"]["paper"] = {"allOf": [spec["properties"]["paper"], {"if": {"type": "object"}, "then": paper}],
                                   "description": spec["properties"]["paper"]["description"]}
    properties = {}
    for name, schema in spec["properties"].items():
        properties[name] = schema
        if name == "abstract":
            properties["extends"] = EXTENDS
    whole = writer.whole_model(Spec, ()) or {}
    whole["properties"]["networks"] = {"allOf": [whole["properties"]["networks"], {
        "additionalProperties": {"properties": {"replace": False}}}]}
    writer.defs[f"{WHOLE}spec"] = whole
    return {
        "$schema": DIALECT,
        "title": "compose spec",
        "description": "One method of cooperative multi-agent reinforcement learning.",
        "type": "object",
        "required": [name for name, info in Spec.model_fields.items() if role((name,)).own and info.is_required()],
        "properties": properties,
        "additionalProperties": False,
        "if": {"required": ["extends"], "properties": {"extends": {"not": {"const": []}}}},
        "else": ref(f"{WHOLE}spec"),
        "$defs": dict(sorted(writer.defs.items())),
    }
