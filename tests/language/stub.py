"""``python -m tests.language.stub``: write ``compose/language/blocks.pyi``, what editors see of ``block``."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from compose.language.block import AXIS, Block
from compose.language.docs import field_docs
from compose.language.registry import catalogue
from compose.language.values import Expr

PATH = Path(__file__).resolve().parents[2] / "compose" / "language" / "blocks.pyi"
HEAD = '''"""Blocks as functions. Written by ``python -m tests.language.stub``; tests hold it to the catalogue."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from compose.language.closed import Closed
from compose.language.handles import Handle
from compose.language.writing import Node

Operand = Handle | str | float
"""A wire: a handle, the text of an expression, or a number (a truth value among them)."""
Axis = Handle | str
"""An axis, by its handle or name."""

class Blocks(Closed):
    """``block.linear(of=x, to="embed")``: a node of the catalogue; ``block["vendor/name"](...)`` of a plug-in."""

    def __getitem__(self, tag: str) -> Callable[..., Node]: ...
'''


def stub() -> str:
    """The text of the file."""
    own = {tag: known for tag, known in sorted(catalogue().items()) if known.__module__.startswith("compose.")}
    return HEAD + "".join(_method(tag, known) for tag, known in own.items()) + "\nblock: Blocks\n"


def _method(tag: str, known: type[Block]) -> str:
    fields = {name: field for name, field in known.model_fields.items() if name != "block"}
    ordered = sorted(fields.items(), key=lambda item: not item[1].is_required())
    given = "".join(f"        {_argument(name, field)},\n" for name, field in ordered)
    lines = ["", f"    def {tag}(\n        self,\n        *,\n{given}    ) -> Node:"]
    prose = inspect.cleandoc(known.__doc__ or "")
    docs = field_docs(known)
    told = [f"{name}: {docs[name]}" for name in fields if name in docs]
    text = textwrap.indent('"""' + "\n\n".join([prose, *(["\n".join(["Args:", *(f"    {one}" for one in told)])] if told
                                                        else [])]) + '\n"""', "        ")
    return "\n".join([*lines, *(line.rstrip() for line in text.splitlines())]) + "\n"


def _argument(name: str, field: FieldInfo) -> str:
    kind = _kind(field.annotation, field.metadata)
    return f"{name}: {kind}" if field.is_required() else f"{name}: {kind} = {_default(field.default)}"


def _default(value: Any) -> str:
    return repr(value) if value is None or isinstance(value, bool | int | float | str) else "..."


def _kind(of: Any, metadata: Any = ()) -> str:
    """A field's type as what may be written for it."""
    origin, inner = get_origin(of), get_args(of)
    if of is Expr:
        return "Operand"
    if of is NoneType:
        return "None"
    if origin is Annotated:
        return _kind(inner[0], inner[1:])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]".replace("'", '"')
    if origin is tuple:
        one = _kind(inner[0])
        return f"{one} | Sequence[{one}]"
    if origin is dict:
        return f"Mapping[str, {_kind(inner[1])}]"
    if origin in (Union, UnionType):
        return " | ".join(_kind(one) for one in inner)
    if of is str:
        return "Axis" if AXIS in metadata else "str"
    return {int: "int", float: "float", bool: "bool"}[of]


if __name__ == "__main__":
    PATH.write_text(stub(), encoding="utf-8")
