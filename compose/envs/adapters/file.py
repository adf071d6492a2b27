"""Schema files with an ``adapter:`` section, read as strictly as any schema."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from compose.envs.adapters.consistent import problems
from compose.envs.adapters.declared import Adapter, Mask, Observation, Read, Rows, Source
from compose.graph.fields import Field, standard_fields
from compose.graph.schema import EntitySchema
from compose.graph.schema_file import PARTS
from compose.language import files, source
from compose.language.diagnostics import Diagnostic, Path, SpecError, dotted, in_order
from compose.language.resolve import Document
from compose.language.validation_messages import diagnose

Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Declared:
    """An environment of another API, as its file declares it."""

    schema: EntitySchema
    adapter: Adapter
    path: str


def has_adapter(path: str | pathlib.Path) -> bool:
    """Does the file declare an adapter?

    Raises:
        SpecError: If it cannot be read or is not YAML.
    """
    data = _read(path).data
    return isinstance(data, dict) and "adapter" in data


def load(path: str | pathlib.Path) -> Declared:
    """Read a schema and its adapter.

    Fields that follow from the adapter are filled in (``observation``, and ``rewards``, ``state``, ``position``
    and ``action_entity`` where they apply); the note says how rewards are reduced, the version which section it was.

    Raises:
        SpecError: If the file cannot be read, or is wrong (``schema.*``; all problems at once).
    """
    document = _read(path)
    if "adapter" not in document.data:
        raise SpecError(Diagnostic("schema.missing", "a schema that is to be played needs 'adapter'", "",
                                   document.key_span(()), "it says where the environment's numbers are found"))
    found: list[Diagnostic] = []
    adapter = _validated(Adapter, document.data["adapter"], document, ("adapter",), found)
    plain = {key: value for key, value in document.data.items() if key != "adapter"}
    schema = _validated(EntitySchema, plain, document, (), found)
    if adapter is not None and schema is not None:
        found += [_problem(text, ("adapter", *at), document) for at, text in problems(adapter, schema)]
        schema = None if found else _completed(schema, adapter, document, found)
    if schema is None or adapter is None or found:
        raise SpecError(*in_order(found))
    return Declared(schema, adapter, str(path))


def _read(path: str | pathlib.Path) -> Document:
    file = files.File(files.local(str(path), pathlib.Path.cwd()).path, str(path))
    read = source.load(files.contents(file), file.name, kind="schema")
    return Document(read.data, read.values, read.keys, {}, (file.name,))


def _validated(
    model: type[Part], data: Any, document: Document, at: Path, found: list[Diagnostic]
) -> Part | None:
    try:
        return model.model_validate_json(json.dumps(data))  # JSON mode: strict, yet lists may become tuples
    except ValidationError as error:
        wrong = error.errors(include_url=False)
    found += [_problem(message, (*at, *place), document)
              for problem in wrong if problem["type"] == "schema" for place, message in problem["ctx"]["problems"]]
    form = diagnose([p for p in wrong if p["type"] != "schema"], document, at, owner=_owner)
    found += [replace(p, code=p.code.replace("spec.", "schema.")) for p in form]
    return None


def _problem(text: str, at: Path, document: Document) -> Diagnostic:
    return Diagnostic("schema.value", text, dotted(at), document.span(at))


def _completed(schema: EntitySchema, adapter: Adapter, document: Document, found: list[Diagnostic]) -> EntitySchema:
    """The schema with the fields, axes and note that follow from the adapter."""
    size = {"none": 0, "joined": schema.agents * adapter.observation.size, "method": adapter.state_size or 0}
    axes = {"observation": adapter.observation.size, **({"state": size[adapter.state]} if size[adapter.state] else {})}
    names = ["observation", *(["state"] if "state" in axes else [])]
    names += ["position"] if adapter.position is not None else []
    names += ["rewards"] if adapter.reward != "team" else []
    names += ["action_entity"] if any(not group.plain for group in schema.actions) else []
    own = [name for name in schema.fields if name not in standard_fields()]
    for name in own:
        found.append(_problem(f"the adapter offers no field '{name}'; leave it out", ("fields", name), document))
    for axis in schema.axes:
        found.append(_problem(f"the adapter gives the axes itself; leave '{axis}' out", ("axes", axis), document))
    note = f"{schema.note} Adapted from {adapter.api}; reward: {adapter.reward}.".strip()
    fields: dict[str, Field] = standard_fields(*names)
    reward = adapter.reward if adapter.reward in ("sum", "mean") else "own"
    data = {**schema.model_dump(), "axes": axes, "fields": fields, "note": note, "version": adapter.digest,
            "reward": reward}
    return schema if found else EntitySchema.model_validate(data)


def _owner(data: Any, place: Path) -> type[BaseModel] | None:
    """The model whose fields the mapping at a place may have."""
    match place:
        case ():
            return EntitySchema
        case ("adapter",):
            return Adapter
        case ("adapter", "observation"):
            return Observation
        case ("adapter", "mask"):
            return Mask
        case ("adapter", "rows", _):
            return Rows
        case ("adapter", "rows", _, "read"):
            return Read
        case ("adapter", "rows", _, "features", _):
            return Source
    return PARTS.get(str(place[0])) if len(place) == 2 else None
