"""Blocks: operations that a spec names by a tag, one Pydantic model each.

A block's fields are its ports (``Annotated[Port, "signature"]``) and its arguments; its docstring is its reference.
Defining one enters it in the ``registry``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

from compose.language.axes import Signature, Type, join, signature
from compose.language.expressions import ExpressionError, parse, unparse
from compose.language.operation import Kept, Operation, Site, operand
from compose.language.registry import register
from compose.language.values import Expr, Name

Port = Expr
"""A wire: an expression over nodes, environment fields, network inputs and params."""

Size = Expr
"""A width: an axis, a param that sizes one, or arithmetic over them (``4 * embed``)."""


def _axis(name: str) -> str:
    """An axis as types spell it: ``feature + action`` is ``feature+action``."""
    plain = name.removesuffix("'")
    try:
        return unparse(parse(plain)).replace(" ", "") + name[len(plain) :]
    except ExpressionError as error:
        context = {"text": error.message, "offset": error.offset, "length": error.length, "hint": error.hint}
        raise PydanticCustomError("expression", "{text}", context) from None


AXIS = AfterValidator(_axis)
"""Marks fields that name axes."""

AxisName = Annotated[str, AXIS]
"""The name of an axis."""


def _listed(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


OneOrMore = BeforeValidator(_listed)
"""A list, or one item standing for a list of one."""

Over = Annotated[tuple[AxisName, ...], OneOrMore]
"""One axis or several: ``agent`` or ``[agent, mixing]``."""

Sizes = Annotated[tuple[Size, ...], OneOrMore]
"""One width or several; ``scalar`` for none."""


class Block(BaseModel, Operation):
    """One unit of computation with typed ports."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True,
                              ignored_types=(cached_property,))

    returns: ClassVar[str | dict[str, str]] = "..."
    """Signature of the output, or of each output by name; a field's name in it stands for that field's axes."""

    phrase: ClassVar[str] = ""
    """How a node of this block reads, ``mean of {of} over {over}[ where {where}]``: fields in braces; a part in square
    brackets is left out where every field in it is at its default. Empty: tag and fields are listed."""

    kin: ClassVar[tuple[str, ...]] = ()
    """What it is called elsewhere, or stands in for: a spec that asks for one of these is told of this block."""

    block: str
    """The tag, a ``Literal`` of one word, or ``vendor/name`` of a plug-in."""

    target: bool = False
    """Use the lagged copy of this node's weights."""
    each: Name | None = None
    """Own weights for every index of this axis."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if cls.tag():
            register(cls)

    @classmethod
    def tag(cls) -> str:
        """The tag of this block; empty for an abstract one."""
        literal = get_args(cls.model_fields["block"].annotation)
        return str(literal[0]) if literal else ""

    @classmethod
    @cache
    def port_signatures(cls) -> Mapping[str, str]:
        """Port -> signature, in field order."""
        found = {}
        for name, info in cls.model_fields.items():
            text = next((m for m in info.metadata if isinstance(m, str)), None)
            if text is not None:
                found[name] = text
        return MappingProxyType(found)

    def ports(self) -> Mapping[str, str]:
        """The signatures of the ports that are wired (optional ones may not be)."""
        return {name: text for name, text in self.port_signatures().items() if getattr(self, name) is not None}

    @classmethod
    def spelled(cls, field: str) -> str:
        """A field's name as a file writes it (``with`` for ``with_``)."""
        return cls.model_fields[field].alias or field

    def infer(self, site: Site) -> dict[str, Type]:
        """What it gives, by name: as :attr:`returns` says, unless a block says more."""
        returns = {"": self.returns} if isinstance(self.returns, str) else self.returns
        return {name: self.output(site, signature(text)) for name, text in returns.items()}

    def keeps(self, site: Site, port: str, item: int, output: str) -> Mapping[str, tuple[Kept, ...]]:
        """Leading axes, and those that stand under one name in the signatures of the port and of the result."""
        if not self.aligned:
            return {}
        texts = [self.returns] if isinstance(self.returns, str) else self.returns.values()
        given = {token.name for text in texts for token in signature(text).tokens}
        tokens = signature(self.port_signatures()[port]).tokens
        own = [a for t in tokens for a in (site.bound.get(t.name, ()) if t.variable else (t.name,))]
        both = [a for t in tokens if t.name in given for a in (site.bound.get(t.name, ()) if t.variable else (t.name,))]
        axes = operand(site, port, item).axes
        return self.follow(site, [a for a in axes if a in both or (a in site.bound["..."] and a not in own)], output)

    def output(self, site: Site, text: Signature) -> Type:
        """The type a signature of :attr:`returns` stands for here."""
        axes = list(site.bound["..."]) if text.lead else []
        for token in text.tokens:
            field = getattr(self, token.name, None)
            if token.variable:
                axes += site.bound[token.name]
            elif isinstance(field, Expr):
                axes += site.axes(field)
            elif isinstance(field, tuple):
                axes += site.axes(*field)
            else:
                axes.append(token.name)
        return Type(tuple(axes) if text.lead else join(axes), "float" if text.dtype == "any" else text.dtype)
