"""From models back to the plain data of a file: ``load_data(write(spec)).spec == spec``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from compose.language.block import Block, OneOrMore
from compose.language.nodes import Application
from compose.language.values import Expr, Period, Ratio

LAST = ("target", "each")
"""Fields of all blocks; people write them after a block's own."""


def write(value: object, *, defaults: bool = False) -> Any:
    """What YAML holds for a model, or for anything inside one.

    Fields at their default are left out unless ``defaults`` is true; None is never written (a file says it by silence).
    """
    match value:
        case Expr():
            return value.plain()
        case Period() | Ratio():
            return str(value)
        case Application():
            wired = {port: expr.plain() for port, expr in value.inputs.items()}
            settings = _fields(value, defaults)
            settings.pop("inputs", None)
            return {"network": settings.pop("network"), **wired, **settings}
        case Block():
            written = _fields(value, defaults)
            return written | {name: written.pop(name) for name in LAST if name in written}
        case BaseModel():
            return _fields(value, defaults)
        case Mapping():
            return {name: write(member, defaults=defaults) for name, member in value.items()}
        case tuple() | list():
            return [write(item, defaults=defaults) for item in value]
    return value


def _fields(model: BaseModel, defaults: bool) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        usual = not info.is_required() and value == info.get_default(call_default_factory=True,
                                                                     validated_data=vars(model))
        if value is None or (usual and not defaults):
            continue
        short = OneOrMore in info.metadata and len(value) == 1
        written[info.alias or name] = write(value[0] if short else value, defaults=defaults)
    return written
