"""Every field of the language, read off its models: ``docs/reference.md``."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from compose.language.base import Model
from compose.language.block import AxisName, OneOrMore
from compose.language.docs import field_docs
from compose.language.dump import one_line
from compose.language.functions import FUNCTIONS
from compose.language.models import InputName, Spec
from compose.language.moving import Pair, Param
from compose.language.nodes import Application, Node
from compose.language.optimizers import Rate
from compose.language.role import Role
from compose.language.values import AxesText, Expr, Name, Period, Ratio
from compose.language.write import write

HEADER = """# Reference of the language

Written by `compose describe language --markdown` (`make docs`); do not edit. [The language](language.md) explains what
is only listed here; [blocks](blocks.md) have a page of their own.

A field without a default must be given. An *expression* is text such as `square(q_tot - y)`, a number, or `true`. A
*name* is lower-case letters, digits and `_`. A misspelt field is an error that names the nearest right one, and `"64"`
is no number.

Three fields are gone when a spec has been put together from its ancestors, so no model below has them: `extends` of a
file (a name, a path, or a list of them), `like` of a network (the network whose structure it takes) and `replace: true`
of a network (nothing inherited is kept). See [building on other specs](language.md#building-on-other-specs).
"""
TITLES = {
    "Spec": "A spec", "Application": "Applications of a network", "Loss": "Losses", "Network": "Networks",
    "Constant": "Constant param", "Curve": "Param that moves", "Piecewise": "Piecewise param",
    "Greedy": "Acting greedily", "EpsilonGreedy": "Acting epsilon-greedily", "Categorical": "Acting by chance",
    "Gaussian": "Acting by numbers", "SquashedGaussian": "Acting by numbers within bounds",
    "ReplayLearner": "Replay learner", "OnPolicyLearner": "On-policy learner", "ReplaySettings": "Replay",
    "CopyTarget": "Copied target", "PolyakTarget": "Polyak target",
    "RMSprop": "Optimizer rmsprop", "Adam": "Optimizer adam", "AdamW": "Optimizer adamw",
    "RAdam": "Optimizer radam", "SGD": "Optimizer sgd", "Orthogonal": "Orthogonal start", "Igm": "Claim of IGM",
}  # fmt: skip
WORDS: list[tuple[Any, str]] = [
    (Name, "name"), (InputName, "name"), (AxisName, "axis"), (Expr, "expression"), (bool, "`true` or `false`"),
    (float | int, "number"), (int, "whole number"), (float, "number"), (str, "text"), (Pair, "pair of numbers"),
    (AxesText, "[axes](language.md#axes)"),
    (Node, "expression, [block](blocks.md), or [application](#applications-of-a-network)"),
    (Param, "number, or [constant](#constant-param), [moving](#param-that-moves) or [piecewise](#piecewise-param)"),
    (get_args(Rate)[0], "number above 0, or [constant](#constant-param), [moving](#param-that-moves) or "
                        "[piecewise](#piecewise-param)"),
    (Period, "`N env_steps`, `N episodes` or `N updates`"),
    (Ratio, "`N per episode`, `N per M episodes` or `N per horizon`"),
]  # fmt: skip
"""What a spec's author calls a type."""


def markdown() -> str:
    """All models, the whole file first, then in the order in which fields lead to them."""
    sections = [line for model in _models() for line in _section(model)]
    functions = [f"| `{name}({', '.join('xy'[: f.arity])})` | {f.doc} |".replace("|x|", "\\|x\\|")
                 for name, f in FUNCTIONS.items()]
    return "\n".join([HEADER, *sections, "## Functions", "", "What an expression may call.", "", "| | |", "|---|---|",
                      *functions, ""])


def _models() -> list[type[BaseModel]]:
    """Every model that a spec is made of, the order that of the fields; what a field's model needs comes after it."""
    found: dict[type[BaseModel], None] = {}

    def enter(model: type[BaseModel]) -> None:
        if model not in found:
            found[model] = None
            for hint in _fields(model).values():
                for inner in _inside(hint):
                    enter(inner)

    enter(Spec)
    return list(found)


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    hints = get_type_hints(model, include_extras=True)
    return {name: _plain(hints[name]) for name in model.model_fields}


def _plain(hint: Any) -> Any:
    """An annotation without the role of its place."""
    kind, *marks = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    kept = [mark for mark in marks if not isinstance(mark, Role)]
    return Annotated[kind, *kept] if kept else kind


def _inside(hint: Any) -> list[type[BaseModel]]:
    if hint == Node:
        return [Application]
    if inspect.isclass(hint) and issubclass(hint, Model):
        return [hint]
    return [model for part in get_args(hint) for model in _inside(part)]


def _title(model: type[BaseModel]) -> str:
    return TITLES.get(model.__name__, model.__name__)


def _section(model: type[BaseModel]) -> Iterator[str]:
    docs = field_docs(model)
    yield from (f"## {_title(model)}", "")
    for paragraph in inspect.cleandoc(model.__doc__ or "").split("\n\n"):
        if ":meth:" not in paragraph:
            yield from (" ".join(paragraph.split()).replace("``", "`"), "")
    yield from ("| field | type | default | meaning |", "|---|---|---|---|")
    for name, hint in _fields(model).items():
        info = model.model_fields[name]
        default = "" if info.is_required() else _default(info.get_default(call_default_factory=True, validated_data={}))
        default = "see right" if info.default_factory_takes_validated_data else default
        meaning = docs[name].replace("``", "`")
        shown = "INPUT" if model is Application and name == "inputs" else info.alias or name
        yield f"| `{shown}` | {_kind(hint)} | {default} | {meaning} |"
    yield ""


def _kind(hint: Any) -> str:
    """A type in the words of a spec's author."""
    for known, word in WORDS:
        if hint == known:
            return word
    origin, parts = get_origin(hint), get_args(hint)
    if inspect.isclass(hint) and issubclass(hint, BaseModel):
        return f"[{_title(hint).lower()}](#{_title(hint).lower().replace(' ', '-')})"
    if origin is Annotated:
        return f"{_kind(get_args(parts[0])[0])}, or a list of them" if OneOrMore in parts[1:] else _kind(parts[0])
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin is tuple:
        return f"list of {_kind(parts[0])}" if parts[-1] is Ellipsis else "pair of numbers"
    if origin in (Mapping, dict):
        return f"mapping of names to: {_kind(parts[1])}"
    return " or ".join(dict.fromkeys(_kind(part) for part in parts if part is not type(None)))


def _default(value: Any) -> str:
    plain = write(value)
    if plain is None or plain == "" or plain == [] or plain == {}:
        return "none" if not isinstance(value, BaseModel) else "its defaults"
    return f"`{one_line(plain)}`"
