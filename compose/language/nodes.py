"""Nodes: an expression, a block, or an application of a network. An open union, looked up when a value is validated."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from compose.language.block import Block
from compose.language.registry import find_block
from compose.language.slips import block_hint
from compose.language.values import Expr, Name


class Application(BaseModel):
    """A node that applies a network; all applications of a network share its weights."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    network: Name
    """The network that is applied."""
    inputs: Annotated[dict[str, Expr], "ports"] = {}
    """Input of the network -> what is wired to it (written beside ``network`` in a file)."""
    target: bool = False
    """Apply the lagged copy, nested networks too."""
    frozen: bool = False
    """Weights get no gradient through this application, nor do those of nested networks; what is wired to it does."""
    repeat: Name | None = None
    """Apply once for every index of this axis, each with its own weights, feeding the result back into ``carry``."""
    carry: Name | None = None
    """With ``repeat``: the input that the result is fed back into."""
    tied: bool = False
    """With ``repeat``: the same weights every time."""

    def __hash__(self) -> int:
        return hash((self.network, tuple(self.inputs.items()), self.target, self.frozen, self.repeat))

    @model_validator(mode="after")
    def _copied_once(self) -> Self:
        if self.target and self.frozen:
            text = "gradients never reach a lagged copy: 'target' and 'frozen' are not both"
            raise PydanticCustomError("frozen", "{text}", {"text": text, "hint": "leave out frozen"})
        return self


AnyNode = Expr | Application | Block
MODIFIERS = ("network", "target", "frozen", "repeat", "carry", "tied")


def read_node(raw: object) -> AnyNode:
    """The node that plain data describes. Raises pydantic's ValidationError with all of its mistakes."""
    if isinstance(raw, Expr | Application | Block):
        return raw
    if not isinstance(raw, dict):
        return _expression(raw)
    if "network" in raw and "block" in raw:
        text = "a node has a 'block' or a 'network', not both"
        raise ValidationError.from_exception_data("node", [_custom("node.kind", text, raw)])
    if "network" in raw:
        return _application(raw)
    if "block" not in raw:
        text = "a node is an expression, or has a 'block' or a 'network'"
        raise ValidationError.from_exception_data("node", [_custom("node.kind", text, raw)])
    if not isinstance(raw["block"], str):
        text = "a block is named by its tag, such as 'linear'"
        raise ValidationError.from_exception_data("node", [_custom("node.kind", text, raw["block"], ("block",))])
    cls = find_block(raw["block"])
    if cls is None:
        hint = block_hint(raw["block"])
        error = _custom("block.unknown", f"no block '{raw['block']}'", raw["block"], ("block",), hint)
        raise ValidationError.from_exception_data("node", [error])
    return cls.model_validate(raw)


def _application(raw: dict[str, Any]) -> Application:
    errors: list[InitErrorDetails] = []
    wired: dict[str, Expr] = {}
    for port, value in raw.items():
        if port not in MODIFIERS:
            try:
                wired[port] = _expression(value)
            except ValidationError as error:
                errors += _details(error, (port,))
    settings = {name: raw[name] for name in MODIFIERS if name in raw}
    try:
        node = Application.model_validate(settings | {"inputs": wired})
    except ValidationError as error:
        raise ValidationError.from_exception_data("application", errors + _details(error, ())) from None
    if errors:
        raise ValidationError.from_exception_data("application", errors)
    return node


def _expression(raw: object) -> Expr:
    try:
        return Expr._validate(raw)
    except PydanticCustomError as error:
        details = InitErrorDetails(type=error, loc=(), input=raw)
        raise ValidationError.from_exception_data("expression", [details]) from None


def _custom(code: str, text: str, raw: object, at: tuple[str, ...] = (), hint: str = "") -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError(code, "{text}", {"text": text, "hint": hint}), loc=at, input=raw)


def _details(error: ValidationError, at: tuple[str, ...]) -> list[InitErrorDetails]:
    return [
        InitErrorDetails(
            type=PydanticCustomError(e["type"], "{text}", {"text": e["msg"], **e.get("ctx", {})})
            if e["type"] not in ("missing", "extra_forbidden")
            else e["type"],
            loc=(*at, *e["loc"]),
            input=e["input"],
        )
        for e in error.errors()
    ]


class _OpenUnion:
    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def validate(raw: object) -> AnyNode:
            try:
                return read_node(raw)
            except ValidationError as error:
                text = "; ".join(f"{'.'.join(map(str, e['loc']))} {e['msg']}".strip() for e in error.errors())
                raise PydanticCustomError("node", "{text}", {"text": text}) from None

        return core_schema.no_info_plain_validator_function(validate)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean", "object"], "description": "a node"}


Node = Annotated[Any, _OpenUnion]
"""An expression, a block or an application."""

EMPTY: MappingProxyType[str, Any] = MappingProxyType({})
