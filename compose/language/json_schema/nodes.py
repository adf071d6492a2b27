"""Schemas of nodes: expressions, blocks by their tags, applications; and of the networks that are made of them."""

from __future__ import annotations

import inspect

from compose.language.block import Block
from compose.language.json_schema.leaves import NULL, Schema, ref
from compose.language.json_schema.writer import WHOLE, Writer, plain, when
from compose.language.models import Network
from compose.language.nodes import Application, Node
from compose.language.registry import all_blocks

NODE = """An expression, a block ``{block: TAG, PORT: expression, ARGUMENT: value}``, or an application of a network
``{network: NAME, INPUT: expression}``. In a spec that extends another, a mapping without ``block`` or ``network`` is a
patch on what is inherited, and null deletes."""
WIRE = ref("expression_or_null")
LISTED = 5
"""So many blocks are named that have a field."""
AT, NETWORK_AT = ("graph", "*"), ("networks", "*")


def add_nodes(writer: Writer) -> None:
    """Define ``node`` and everything it is made of. Raises SpecError if an installed plug-in fails to load."""
    blocks = dict(sorted(all_blocks().items()))
    writer.wholes[Node] = ref(f"{WHOLE}node")
    for tag, cls in blocks.items():
        writer.defs[_name(tag)] = {**writer.fields(cls, AT), "title": f"block {tag}"}
    writer.defs["application"] = _application(writer)
    chosen = {"type": "string", "enum": list(blocks), "description": "Which block; `compose list blocks` names all.",
              "enumDescriptions": [_sentence(cls) for cls in blocks.values()]}
    writer.defs["node"] = {
        "title": "node",
        "description": plain(NODE),
        **{key: value for key, value in writer.defs["expression"].items() if key != "description"},
        "type": ["string", "number", "boolean", "object", "null"],
        "if": {"type": "object", "required": ["network"]},
        "then": ref("application"),
        "else": {
            "properties": {"block": chosen},
            "allOf": [*(when("block", tag, ref(_name(tag))) for tag in blocks),
                      {"if": {"type": "object", "not": {"required": ["block"]}}, "then": ref("patch")}],
        },
    }
    writer.defs["patch"] = _patch(writer, list(blocks))
    required = {tag: [cls.spelled(n) for n, i in cls.model_fields.items() if i.is_required() and n != "block"]
                for tag, cls in blocks.items()}
    writer.defs[f"{WHOLE}node"] = {
        "not": NULL,
        "if": {"type": "object", "not": {"required": ["network"]}},
        "then": {"required": ["block"], "additionalProperties": {"not": NULL},
                 "allOf": [when("block", tag, {"required": names}) for tag, names in required.items() if names]},
        "else": {"additionalProperties": {"not": NULL}},
    }


def add_networks(writer: Writer) -> None:
    """Define ``network``: a body, or ``like`` another with patches."""
    writer.wholes[Network] = ref(f"{WHOLE}network")
    writer.defs["network"] = network = {**writer.fields(Network, NETWORK_AT)}
    network["properties"] = {
        "like": {**ref("name"), "description": "Another network of this one's structure, with weights of its own; what "
                                               "else stands here are patches on it."},
        **network["properties"],
        "replace": {"const": True, "description": "Nothing of the inherited network is kept."},
    }
    network |= {"if": {"type": "object", "required": ["replace"]}, "then": ref(f"{WHOLE}network")}
    needs = writer.whole_model(Network, NETWORK_AT)
    writer.defs[f"{WHOLE}network"] = {"if": {"type": "object", "not": {"required": ["like"]}}, "then": needs}


def _application(writer: Writer) -> Schema:
    found = writer.fields(Application, AT)
    del found["properties"]["inputs"]
    wires: Schema = {**WIRE, "description": "What is wired to an input of the network."}
    return {**found, "title": "application of a network", "additionalProperties": wires}


def _patch(writer: Writer, tags: list[str]) -> Schema:
    """A mapping without a tag: fields of any block, or inputs of any network."""
    options: dict[str, list[Schema]] = {}
    owners: dict[str, list[str]] = {}
    for tag in tags:
        for name, schema in writer.defs[_name(tag)]["properties"].items():
            kept = {key: value for key, value in schema.items() if key not in ("description", "default")}
            held = options.setdefault(name, [])
            held += [option for option in kept.get("anyOf", [kept]) if option not in (*held, ref("expression"), NULL)]
            owners.setdefault(name, []).append(tag)
    fields: Schema = {"block": writer.defs["node"]["else"]["properties"]["block"],
                      "network": writer.defs["application"]["properties"]["network"]}
    for name, held in options.items():
        any_of = WIRE if held == [WIRE] else {"anyOf": [*(option for option in held if option != WIRE), WIRE]}
        of = ", ".join(owners[name][:LISTED]) + (" ..." if len(owners[name]) > LISTED else "")
        fields.setdefault(name, {**any_of, "description": f"Of a block: {of}; or an input of a network."})
    return {"title": "patch on an inherited node", "properties": fields, "additionalProperties": WIRE}


def _name(tag: str) -> str:
    return f"block.{tag.replace('/', '.')}"


def _sentence(cls: type[Block]) -> str:
    return plain(inspect.cleandoc(cls.__doc__ or "")).split("\n\n")[0]
