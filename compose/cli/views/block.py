"""The reference of one block, read off its class: nothing here is written twice."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, NoReturn, Union, get_args, get_origin

from compose.cli.views.catalogue import family, uses
from compose.language.axes import Axes, Type, signature
from compose.language.block import Block
from compose.language.docs import field_docs
from compose.language.dump import dump
from compose.language.operation import Operation
from compose.language.values import Expr


@dataclass(frozen=True)
class Argument:
    """One argument as a file spells it."""

    name: str
    kind: str
    default: str
    """Empty where the argument must be given."""
    doc: str


@dataclass(frozen=True)
class Reference:
    """Everything there is to say about a block."""

    block: type[Block]

    @property
    def tag(self) -> str:
        return self.block.tag()

    @property
    def family(self) -> str:
        return family(self.block)

    @property
    def doc(self) -> str:
        return inspect.cleandoc(self.block.__doc__ or "")

    @cached_property
    def ports(self) -> list[Argument]:
        """Ports; ``kind`` is the signature."""
        signatures = self.block.port_signatures()
        return [Argument(self.block.spelled(n), str(signature(text)), *self._rest(n)) for n, text in signatures.items()]

    @cached_property
    def arguments(self) -> list[Argument]:
        """Arguments that are no ports, without the modifiers that every block has."""
        skipped = {"block", "target", "each", *self.block.port_signatures()}
        fields = self.block.model_fields
        return [Argument(self.block.spelled(n), kind(info.annotation), *self._rest(n))
                for n, info in fields.items() if n not in skipped]

    def _rest(self, name: str) -> tuple[str, str]:
        info = self.block.model_fields[name]
        default = "" if info.is_required() else _default(info.default)
        return default, field_docs(self.block).get(name, "")

    @property
    def outputs(self) -> dict[str, str]:
        """Output -> signature; "" is the bare name. Empty where the type depends on arguments."""
        returns = self.block.returns
        if isinstance(returns, dict):
            return {name: str(signature(text)) for name, text in returns.items()}
        return {} if self.block.infer is not Block.infer and returns == "..." else {"": str(signature(returns))}

    @property
    def weights(self) -> dict[str, Axes]:
        """Weight -> its axes, in the words of the signatures and arguments."""
        if self.block.learned is Operation.learned:
            return {}
        site = _Sample(self.block)
        return {name: weight.axes for name, weight in site.example.learned(site).items()}

    @property
    def guarantees(self) -> list[str]:
        """What proofs may rest on."""
        block = self.block
        lines = [f"never {'falls' if d > 0 else 'rises'} when {_spelled(block, p)} rises"
                 for p, d in block.monotone.items()]
        lines += [f"depends on a row of {_spelled(block, p)} only where {_spelled(block, m)} is true"
                  for p, m in block.bounds.items()]
        lines += [f"demands that {_spelled(block, p)} is not negative" for p in block.nonneg]
        lines += ["passes no gradient on"] if getattr(block, "stopped", False) else []
        lines += ["depends on earlier steps only: a loop may run through it"] if block.delayed else []
        lines += ["monotone in some ports, which depends on its arguments and on signs"] \
            if block.monotone_in is not Operation.monotone_in else []
        return lines

    @property
    def example(self) -> str:
        """YAML: how a packaged spec uses it, or else its required fields."""
        return dump(uses(self.tag) or {"y": {"block": self.tag, **self._required()}}).strip()

    def _required(self) -> dict[str, Any]:
        """Required fields with placeholders: lower case for values, capitals for axes and sizes."""
        fields: dict[str, Any] = {}
        for name, info in self.block.model_fields.items():
            if not info.is_required() or name == "block":
                continue
            origin, parts, spelled = get_origin(info.annotation), get_args(info.annotation), self.block.spelled(name)
            if name in self.block.port_signatures():
                value = "x" if spelled == "of" else spelled
                fields[spelled] = [value] if origin is tuple else value
            elif origin is Literal:
                fields[spelled] = parts[0]
            elif kind(info.annotation) == "whole number":
                fields[spelled] = 1
            else:
                fields[spelled] = {"first": "SIZE", "rest": "SIZE"} if origin is dict else spelled.upper()
        return fields

    def as_json(self) -> dict[str, Any]:
        """For tools."""
        def plain(arguments: list[Argument]) -> dict[str, dict[str, str]]:
            return {a.name: {"type": a.kind, "default": a.default, "doc": a.doc} for a in arguments}

        return {"kind": "block", "name": self.tag, "family": self.family, "doc": self.doc, "ports": plain(self.ports),
                "arguments": plain(self.arguments), "outputs": self.outputs,
                "weights": {name: list(axes) for name, axes in self.weights.items()},
                "guarantees": self.guarantees, "example": self.example}


def kind(annotation: Any) -> str:
    """A Python annotation in the words of a spec's author."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return kind(parts[0])
    if origin is Literal:
        return " | ".join(map(str, parts))
    if origin is tuple:
        return f"{kind(parts[0])}, or a list of them"
    if origin is dict:
        return f"mapping of names to {kind(parts[1])}s"
    if origin is Union or type(annotation).__name__ == "UnionType":
        return " | ".join(kind(p) for p in parts if p is not type(None))
    names = {Expr: "size", str: "axis", int: "whole number", float: "number", bool: "true | false"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _default(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _spelled(block: type[Block], port: str) -> str:
    return f"`{block.spelled(port)}`"


class _Sample:
    """A place in no graph, where every axis has the name that the block's own signatures give it."""

    def __init__(self, block: type[Block]) -> None:
        self.signatures = {port: signature(text) for port, text in block.port_signatures().items()}
        tokens = {t.name for s in self.signatures.values() for t in s.tokens}
        self.bound: Mapping[str, Axes] = {"...": ("batch", "time"), **{t: (t,) for t in tokens}}
        self.types: Mapping[str, Any] = {
            port: Type((*(("batch", "time") if s.lead else ()), *(t.name for t in s.tokens)))
            for port, s in self.signatures.items()
        }
        given: dict[str, Any] = {
            name: (Expr(name),) if get_origin(info.annotation) is tuple else Expr(name)
            for name, info in block.model_fields.items() if info.is_required() and name != "block"
        }
        self.example = block.model_construct(**given)

    def type(self, port: str) -> Type:
        found = self.types[port]
        assert isinstance(found, Type)
        return found

    def result(self, output: str) -> Type:
        return self.type(next(iter(self.types)))

    def axes(self, *sizes: Expr) -> Axes:
        return tuple(str(size) for size in sizes)

    def axis(self, name: str, port: str) -> str:
        return str(name)

    def indexes(self, port: str, axis: str, *, new: bool = False) -> None:
        pass

    def size(self, axis: str) -> int | None:
        return None

    def count(self, size: Expr) -> int:
        return 1

    def join(self, axis: str, rows: tuple[str, ...]) -> None:
        pass

    def has_presence(self, axis: str) -> bool:
        return False

    def fail(self, field: str, message: str, hint: str = "") -> NoReturn:
        raise ValueError(message)
