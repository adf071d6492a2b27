"""The ``key=value,key=value`` part of an environment's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from compose.graph.fields import Model
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

Value = int | float | bool | str
Settings = TypeVar("Settings", bound=BaseModel)


class EnvSettings(Model):
    """Settings of a family of environments: its fields are the options that a name may give. Frozen, strict about
    types, no unknown keys."""


def parse(name: str, text: str) -> dict[str, Value]:
    """``agents=5,fixed=true`` as values; ``name`` is what errors cite.

    Raises:
        SpecError: If a part is not ``key=value``, or a key is given twice.
    """
    options: dict[str, Value] = {}
    for part in text.split(","):
        key, _, value = (piece.strip() for piece in part.partition("="))
        if not (key and value):
            raise _error(name, f"expected key=value after the colon, got '{part}'")
        if key in options:
            raise _error(name, f"'{key}' is given twice")
        options[key] = _value(value)
    return options


def text(options: Mapping[str, Value]) -> str:
    """The canonical form that :func:`parse` reads back: sorted by key."""
    return ",".join(f"{key}={str(v).lower() if isinstance(v, bool) else v}" for key, v in sorted(options.items()))


def changed(name: str, settings: Settings, options: Mapping[str, Value]) -> Settings:
    """``settings`` with ``options`` instead, validated.

    Raises:
        SpecError: For each option that does not exist, or if a value is invalid.
    """
    known = type(settings).model_fields
    unknown = [Diagnostic("environment-option", f"unknown option '{key}'", where=name, hint=did_you_mean(key, known),
                          notes=(f"options: {', '.join(known)}" if known else "it has no options",))
               for key in options if key not in known]
    if unknown:
        raise SpecError(*unknown)
    try:
        return type(settings).model_validate({**settings.model_dump(), **options})
    except ValidationError as error:
        raise SpecError(*(
            Diagnostic("environment-option", problem["msg"].removeprefix("Value error, "),
                       where=f"{name}: {problem['loc'][0]}" if problem["loc"] else name)
            for problem in error.errors(include_url=False)
        )) from None


def _value(text: str) -> Value:
    if text in ("true", "false"):
        return text == "true"
    kinds: tuple[type[int], type[float]] = (int, float)
    for kind in kinds:
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _error(name: str, message: str) -> SpecError:
    return SpecError(Diagnostic("environment-option", message, where=name))
