"""Schemas of single values: names, expressions, axes, phrases, numbers, choices."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError
from pydantic.fields import FieldInfo

from compose.language.expressions import MAX_LENGTH
from compose.language.functions import FUNCTIONS
from compose.language.numerals import QUANTITY
from compose.language.quantities import COUNTED
from compose.language.values import AxesTextMark, Expr, Name, Period, Ratio

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}

_AXIS = "[A-Za-z][A-Za-z0-9_]*'?"
_TWICE = rf"(?![\s\S]*(?:^|\s)(?!(?:bool|int|any)\s)({_AXIS})[?]?\s(?:[\s\S]*\s)?\1[?]?(?:\s|$))"
"""No axis stands twice."""
_DTYPE, _LEAD = r"(?:(?:bool|int|any)(?:\s+|$))?", r"(?:[.][.][.](?:\s+|$))?"
_KNOWN = rf"(?![\s\S]*\b(?!(?:{'|'.join(FUNCTIONS)})\s*[(])[A-Za-z_][A-Za-z0-9_]*\s*[(])"
"""No name but a function's stands before a parenthesis."""

DEFS: dict[str, Schema] = {
    "name": {
        "type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 60,
        "patternErrorMessage": "a name has lower-case letters, digits and '_', and starts with a letter",
    },
    "expression": {
        "type": ["string", "number", "boolean"],
        "pattern": rf"^(?=[\s\S]*[A-Za-z0-9_]){_KNOWN}[\sA-Za-z0-9_.+*/<>=&|~(),-]*$",
        "patternErrorMessage": f"no expression, or a function that there is not; functions: {', '.join(FUNCTIONS)}",
        "maxLength": MAX_LENGTH,
        "description": "A number, or an expression over nodes, env.FIELDS, inputs, params and axes, such as "
                       "`env.visible & groups.within`, `square(q_tot - y)` or `4 * embed`.",
    },
    "signature": {
        "type": "string",
        "pattern": rf"^{_TWICE}\s*{_DTYPE}{_LEAD}(?:{_AXIS}[?]?(?:\s+|$))*$",
        "patternErrorMessage": 'a signature reads like "bool batch time agent entity"; no axis stands twice',
        "description": "An optional dtype, then axes: a lower-case word is that axis, a Capital any axis, ... any "
                       "leading axes; axis? may be missing.",
        "examples": ["bool batch time agent entity", "batch time entity Width", "... In"],
    },
}
"""Values that stand in many places."""

NUMBERS = {"gt": "exclusiveMinimum", "ge": "minimum", "lt": "exclusiveMaximum", "le": "maximum",
           "multiple_of": "multipleOf"}
LENGTHS = {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"}
ABOVE = r"(?![0_,.]*(?:[eE]|\s|[kKmM]|$))"
"""In front of a count in a pattern: it is not 0."""
PHRASES: dict[Any, list[str]] = {Period: ["200 episodes", "50000 env_steps", "1 updates"],
                                 Ratio: ["1 per episode", "8 per 8 episodes", "8 per horizon"]}
PLAIN: dict[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}


def leaf(annotation: Any, metadata: tuple[Any, ...]) -> Schema | None:
    """The schema of a value that holds no other values; None for any other annotation."""
    if annotation is Expr:
        return ref("expression")
    if annotation in PHRASES:
        counted = annotation.PATTERN.pattern.replace(QUANTITY, ABOVE + QUANTITY)
        return {"type": "string", "pattern": rf"^\s*{counted}\s*$", "patternErrorMessage": annotation.EXPECTED,
                "examples": PHRASES[annotation]}
    if COUNTED in metadata:
        return {"anyOf": [{"type": "integer", "minimum": 1},
                          {"type": "string", "pattern": rf"^\s*(?!0*\d+\s*$){ABOVE}{QUANTITY}\s*$"}],
                "patternErrorMessage": "a whole number above 0, such as 5000, 5k or 1M"}
    if AxesTextMark in metadata:
        return ref("signature")
    if any(mark in Name.__metadata__ for mark in metadata):  # type: ignore[attr-defined]
        return ref("name")
    return {"type": PLAIN[annotation], **_limits(metadata)} if annotation in PLAIN else None


def anything(annotation: Any) -> Schema:
    """What pydantic says of an annotation that the language does not use itself (a plug-in's); ``{}`` if nothing."""
    try:
        found = TypeAdapter(annotation).json_schema()
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):
        return {}
    return {} if "$defs" in found else found


def _limits(metadata: tuple[Any, ...]) -> Schema:
    limits: Schema = {}
    inner = [part for mark in metadata if isinstance(mark, FieldInfo) for part in mark.metadata]
    for mark in (*metadata, *inner):
        for table in (NUMBERS, LENGTHS):
            limits |= {key: found for name, key in table.items() if (found := getattr(mark, name, None)) is not None}
    return limits
