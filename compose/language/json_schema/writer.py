"""Schemas of the models, read off their fields.

Every model has two: what any file may write, where a file that extends another may leave things out, patch, and delete
with null; and what a file on its own must write besides (:meth:`Writer.whole`).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from compose.language.annotations import tagged
from compose.language.axes import signature
from compose.language.block import Block, OneOrMore
from compose.language.diagnostics import Path
from compose.language.docs import field_docs
from compose.language.json_schema.leaves import NULL, Schema, anything, leaf, ref
from compose.language.nodes import Node
from compose.language.roles import role
from compose.language.validation_messages import noun
from compose.language.write import write

OR_NULL = "_or_null"
WHOLE = "whole."
"""Before the names of definitions that only files on their own must meet."""


class Writer:
    """Collects definitions; the schemas that it gives refer to them."""

    def __init__(self, defs: dict[str, Schema]) -> None:
        self.defs = defs
        self.wholes: dict[Any, Schema] = {}
        """Annotations for which :meth:`whole` is known."""

    def value(self, annotation: Any, metadata: tuple[Any, ...], at: Path) -> Schema:
        """What may stand at ``at`` (``*`` for any name) in some file."""
        origin, parts = get_origin(annotation), get_args(annotation)
        if annotation == Node:
            return ref("node")
        if origin is Annotated:
            return self.value(parts[0], (*metadata, *parts[1:]), at)
        if OneOrMore in metadata and origin is tuple:
            item = self.value(parts[0], (), at)
            return {"anyOf": [item, {"type": "array", "items": item}]}
        if (found := leaf(annotation, metadata)) is not None:
            extra = [m.json_schema_extra for m in metadata if isinstance(m, FieldInfo)]
            return {**found, **{key: x for more in extra if isinstance(more, dict) for key, x in more.items()}}
        if origin is Literal:
            return {"const": parts[0]} if len(parts) == 1 else {"enum": list(parts)}
        if origin in (Union, UnionType):
            return self.union(parts, metadata, at)
        if origin is tuple:
            return self.sequence(parts, at)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self.mapping(parts, at)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.model(annotation, at)
        return anything(annotation)

    def union(self, parts: tuple[Any, ...], metadata: tuple[Any, ...], at: Path) -> Schema:
        key = next((m.discriminator for m in metadata if isinstance(m, FieldInfo) and m.discriminator), None)
        if isinstance(key, str):
            return self.tagged(parts, key, at)
        options: list[Schema] = []
        for part in parts:
            option = {"type": "null"} if part is NoneType else self.value(part, (), at)
            if option not in options:
                options.append(option)
        numbers = [{"type": "number"}, {"type": "integer"}]
        if all(option in options for option in numbers):
            options.remove(numbers[1])
        rest = [option for option in options if option != NULL]
        found = rest[0] if len(rest) == 1 else {"anyOf": rest}
        return self.nullable(found) if NULL in options else found

    def sequence(self, parts: tuple[Any, ...], at: Path) -> Schema:
        if parts[-1] is Ellipsis:
            return {"type": "array", "items": self.value(parts[0], (), at)}
        items = [self.value(part, (), at) for part in parts]
        if all(item == items[0] for item in items):
            return {"type": "array", "items": items[0], "minItems": len(items), "maxItems": len(items)}
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def mapping(self, parts: tuple[Any, ...], at: Path) -> Schema:
        item = self.value(parts[1], (), (*at, "*"))
        if role(at).open and item != ref("node"):  # a node may be null anyway
            item = self.nullable(item)
        return {"type": "object", "propertyNames": self.value(parts[0], (), at), "additionalProperties": item}

    def nullable(self, schema: Schema) -> Schema:
        """The same, or null. (A definition of objects is made to allow null itself: errors inside it stay precise.)"""
        kind, name = schema.get("type"), schema.get("$ref", "").rpartition("/")[2]
        if name.endswith(OR_NULL) or "null" in (kind or ()) or None in schema.get("enum", ()) \
                or NULL in schema.get("anyOf", ()):
            return schema
        if "enum" in schema:
            return {**schema, "enum": [*schema["enum"], None]}
        if isinstance(kind, str):
            return {**schema, "type": [kind, "null"]}
        if "anyOf" in schema:
            return {**schema, "anyOf": [*schema["anyOf"], NULL]}
        held = self.defs.get(name, {})
        if held.get("type") in ("object", ["object", "null"]):
            held["type"] = ["object", "null"]
            return schema
        kinds = held.get("type")
        if kinds is None:
            return {"anyOf": [schema, NULL]}
        self.defs[name + OR_NULL] = {**held, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
        return {**schema, **ref(name + OR_NULL)}

    def model(self, cls: type[BaseModel], at: Path) -> Schema:
        name = cls.__name__.lower()
        if name not in self.defs:
            self.defs[name] = {}  # a model may hold itself
            self.defs[name] = self.fields(cls, at)
        return ref(name)

    def tagged(self, models: tuple[type[BaseModel], ...], key: str, at: Path) -> Schema:
        """One of several models, told apart by a field; a patch without it may have any of their fields."""
        tags = tagged(models, key)
        fields = [self.fields(m, at)["properties"] for m in models]
        union = {name: schema for found in fields for name, schema in found.items() if name != key}
        patch = {"properties": union, "additionalProperties": False}
        choices = [when(key, tag, self.model(m, at)) for tag, m in tags.items()]
        untagged = {"if": {"type": "object", "not": {"required": [key]}}, "then": patch}
        name = "_or_".join(model.__name__.lower() for model in models)
        self.defs[name] = {"type": "object", "properties": {key: {"enum": list(tags)}}, "allOf": [*choices, untagged]}
        return ref(name)

    def fields(self, cls: type[BaseModel], at: Path) -> Schema:
        """The fields of a model as a closed object."""
        properties = {info.alias or name: self.field(cls, name, info, at) for name, info in cls.model_fields.items()}
        title = noun(cls) if hasattr(cls, "noun") else cls.__name__
        return {"title": title, "description": plain(cls.__doc__), "type": "object",
                "properties": properties, "additionalProperties": False}

    def field(self, cls: type[BaseModel], name: str, info: FieldInfo, at: Path) -> Schema:
        """One field, with its docstring and its default."""
        found = self.value(info.annotation, _marks(info), (*at, info.alias or name))
        if role(at).open and name != "block":
            found = self.nullable(found)
        text = field_docs(cls).get(name, "").replace("``", "`")
        port = cls.port_signatures().get(name) if issubclass(cls, Block) else None
        about: Schema = {"description": f"{text} Takes {signature(port)}." if port else text} if text or port else {}
        default = None if info.is_required() else info.get_default(call_default_factory=True, validated_data={})
        if default is not None and default != () and not isinstance(default, BaseModel | Mapping):
            about["default"] = write(default)
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        return {**found, **extra, **about}

    def whole(self, annotation: Any, metadata: tuple[Any, ...], at: Path) -> Schema | None:
        """What a file on its own must have at ``at`` beside :meth:`value`; None if that is nothing."""
        origin, parts = get_origin(annotation), get_args(annotation)
        if annotation in self.wholes:
            return self.wholes[annotation]
        if origin is Annotated:
            return self.whole(parts[0], (*metadata, *parts[1:]), at)
        if origin in (Union, UnionType):
            key = next((m.discriminator for m in metadata if isinstance(m, FieldInfo) and m.discriminator), None)
            if isinstance(key, str):
                wanted = {tag: self.whole(model, (), at) for tag, model in tagged(parts, key).items()}
                needs = [when(key, tag, need) for tag, need in wanted.items() if need]
                return {"required": [key], **({"allOf": needs} if needs else {})}
            found = [need for part in parts if (need := self.whole(part, (), at))]
            return {"if": {"type": "object"}, "then": found[0]} if found else None
        if isinstance(origin, type) and issubclass(origin, Mapping):
            item = self.whole(parts[1], (), (*at, "*"))
            bans = [{"not": NULL}] if role(at).open else []
            needs = [*bans, *([item] if item else [])]
            return {"additionalProperties": needs[0] if len(needs) == 1 else {"allOf": needs}} if needs else None
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.whole_model(annotation, at)
        return None

    def whole_model(self, cls: type[BaseModel], at: Path) -> Schema | None:
        """What all of a model must have: fields without a default, and what those must have."""
        needs: Schema = {}
        required = [info.alias or name for name, info in cls.model_fields.items() if info.is_required()]
        inside = {info.alias or name: self.whole(info.annotation, _marks(info), (*at, info.alias or name))
                  for name, info in cls.model_fields.items()}
        if required:
            needs["required"] = required
        if any(inside.values()):
            needs["properties"] = {name: need for name, need in inside.items() if need}
        return needs or None


def plain(doc: str | None) -> str:
    """A docstring as text: paragraphs kept, lines joined, single back-quotes."""
    paragraphs = inspect.cleandoc(doc or "").replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def when(key: str, tag: str, then: Schema) -> Schema:
    """What holds where a field has a value."""
    return {"if": {"type": "object", "properties": {key: {"const": tag}}, "required": [key]}, "then": then}


def _marks(info: FieldInfo) -> tuple[Any, ...]:
    """What the annotation of a field carries, a discriminator included."""
    return (*info.metadata, *([info] if info.discriminator else []))
