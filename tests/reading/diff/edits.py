"""Single edits of a spec's data, of which it is known whether they change what is computed."""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from compose.language.diagnostics import Path
from compose.language.expressions import Apply, ExpressionError, Number, Ref, Tree, parse, unparse
from compose.language.registry import find_block

Data = dict[str, Any]
TURNED = ("-", "/", "<", "<=", ">", ">=")
"""Functions that mind the order of their operands."""
OTHERS = {"+": "-", "-": "+", "*": "+", "/": "*", "&": "|", "|": "&", "minimum": "maximum", "maximum": "minimum",
          "square": "abs", "abs": "square", "exp": "softplus", "stop": "relu", "relu": "elu", "sigmoid": "exp"}
"""What a function may become."""
WEIGHTED = ("linear", "attention", "gru", "prototype_attention", "layer_norm", "affine")
"""Blocks that have weights."""
NUMBERS = ("graph", "networks", "params", "losses", "record", "act", "learner")


@dataclass(frozen=True)
class Edit:
    """One value of a spec given anew; ``was`` and ``now`` are for people."""

    at: Path
    kind: str
    was: Any
    now: Any

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.at))} [{self.kind}]: {self.was} -> {self.now}"

    def of(self, data: Data) -> Data:
        """The data with this edit."""
        made = copy.deepcopy(data)
        inside: Any = made
        for part in self.at[:-1]:
            inside = inside[part]
        if self.now is None:
            del inside[self.at[-1]]
        else:
            inside[self.at[-1]] = self.now
        return made

    @property
    def node(self) -> Path:
        """The node or the loss that is edited; empty if it is neither."""
        return {"graph": self.at[:2], "losses": self.at[:2], "networks": self.at[:4]}.get(str(self.at[0]), ())


def changing(data: Data) -> Iterator[Edit]:
    """Edits that change what is computed or learned, if they make a spec at all."""
    for at, value in leaves(data):
        if at[0] not in NUMBERS or "returns" in at or unread(data, at):
            continue
        for kind, now in _others(data, at, value):
            yield Edit(at, kind, value, now)
    for at, schedule in _schedules(data):
        yield Edit((*at, "over"), "duration", schedule["over"], schedule["over"].replace(" ", "0 "))
        yield Edit((*at, "over"), "clock", schedule["over"], f"{schedule['over'].split()[0]} updates")
        if schedule.get("to") != schedule["from"]:
            yield Edit(at, "direction", schedule, {**schedule, "from": schedule["to"], "to": schedule["from"]})


def neutral(data: Data) -> Iterator[Edit]:
    """Edits that change nothing."""
    for at, value in leaves(data):
        if unread(data, at):
            now = not value if isinstance(value, bool) else 0.25 if isinstance(value, float) else \
                value * 2 if isinstance(value, int) else "sample"
            yield Edit(at, "unread", value, now)
        if isinstance(value, float) and value.is_integer() and at[0] == "params":
            yield Edit(at, "whole", value, int(value))
        if isinstance(value, str) and (tree := expression(data, at, value)) is not None:
            for turned in _rewritten(tree, lambda one: _swapped(one) if one.function not in TURNED else None):
                yield Edit(at, "commutes", value, unparse(turned))
            yield Edit(at, "parentheses", value, f"( {value} )")
            yield from (Edit(at, "spelling", value, text) for text in _rewritten_numbers(tree, float))
    for name, number in data.get("params", {}).items():
        if isinstance(number, int | float):
            yield Edit(("params", name), "constant", number, {"kind": "constant", "from": float(number)})
    yield Edit(("params", "nobody"), "unread", None, 7)
    yield Edit(("log",), "log", None, {name: loss["of"] for name, loss in data["losses"].items() if "mean" not in loss})
    yield Edit(("summary",), "header", None, "Another.")


def unread(data: Data, at: Path) -> bool:
    """Does nothing look at this setting?"""
    act, learner = data["act"], data["learner"]
    if at[:1] == ("act",):
        drawn = act["choose"] == "categorical"
        return at[1] in (("epsilon", "values") if drawn else ("evaluate", "logits"))
    if at[:2] == ("learner", "replay"):
        return bool(learner["kind"] == "on_policy")
    if at == ("learner", "target", "tau"):
        return bool(learner["target"]["kind"] == "copy")
    owner: Any = data
    for part in at[:-1]:
        owner = owner[part]
    if at[-1] == "tied":
        return "repeat" not in owner
    return at[-1] == "target" and owner.get("block", "linear") not in WEIGHTED


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every plain value of nested data with its path."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves(member, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*at, index))
    else:
        yield at, value


def expression(data: Data, at: Path, value: str) -> Tree | None:
    """The expression that stands at a path; None for words, axes and signatures."""
    owner: Any = data
    for part in at[:-1]:
        if isinstance(owner, Mapping) and "block" in owner:
            break
        owner = owner[part]
    if isinstance(owner, Mapping) and "block" in owner:
        block = find_block(owner["block"])
        field = next(str(part) for part in reversed(at) if isinstance(part, str))
        ports = {} if block is None else {block.spelled(p): p for p in block.port_signatures()}
        if field not in ports:
            return None
    elif at[-1] in ("network", "repeat", "carry", "choose", "kind", "count", "mean", "sum", "optimizer", "evaluate",
                    "after", "every", "updates", "over", "compose", "name") or at[0] not in NUMBERS or "inputs" in at:
        return None
    try:
        return parse(value)
    except ExpressionError:
        return None


def _others(data: Data, at: Path, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, bool):
        yield "flag", not value
    elif isinstance(value, int | float):
        yield from (("number", n) for n in _near(value))
    elif isinstance(value, str):
        tree = expression(data, at, value)
        if tree is not None:
            yield from (("function", unparse(t)) for t in _rewritten(tree, _another))
            yield from (("operands", unparse(t)) for t in _rewritten(
                tree, lambda one: _swapped(one) if one.function in TURNED else None))
            yield from (("constant", t) for t in _rewritten_numbers(tree, lambda n: -n - 1))
            yield "doubled", f"2 * ({value})"
            yield "negated", f"~({value})"
        yield from (("word", word) for word in _words(data, at, value))
    if len(at) > 2 and at[-1] in ("where", "mask", "clip", "each", "optimizer"):
        yield "dropped", None


def _near(value: float) -> list[float]:
    found = [value * 2, -value, -value - 1, value + 1, value / 2, value * (1 + 2**-30)]
    return [n for n in found if n != value]


def _words(data: Data, at: Path, value: str) -> list[str]:
    """Other words of the language that a field of a block may hold."""
    owner: Any = data
    for part in at[:-1]:
        owner = owner[part]
    block = find_block(owner["block"]) if isinstance(owner, Mapping) and "block" in owner else None
    info = block.model_fields.get(str(at[-1])) if block is not None else None
    if info is None or at[-1] == "block":
        return []
    kinds = [info.annotation, *typing.get_args(info.annotation)]
    return [word for kind in kinds if typing.get_origin(kind) is typing.Literal
            for word in typing.get_args(kind) if word != value]


def _schedules(data: Data) -> Iterator[tuple[Path, Data]]:
    for name, value in data.get("params", {}).items():
        if isinstance(value, dict) and "over" in value:
            yield ("params", name), value
    if isinstance(epsilon := data["act"].get("epsilon"), dict) and "over" in epsilon:
        yield ("act", "epsilon"), epsilon


def _another(one: Apply) -> Apply | None:
    now = OTHERS.get(one.function)
    return None if now is None else Apply(now, one.arguments)


def _swapped(one: Apply) -> Apply | None:
    if len(one.arguments) != 2 or one.arguments[0] == one.arguments[1]:
        return None
    return Apply(one.function, one.arguments[::-1])


def _rewritten(tree: Tree, change: typing.Callable[[Apply], Apply | None]) -> Iterator[Tree]:
    """The tree with one of its functions changed."""
    if isinstance(tree, Apply):
        if (made := change(tree)) is not None:
            yield made
        for i, argument in enumerate(tree.arguments):
            for inner in _rewritten(argument, change):
                yield Apply(tree.function, (*tree.arguments[:i], inner, *tree.arguments[i + 1 :]))


def _rewritten_numbers(tree: Tree, change: typing.Callable[[float], float]) -> Iterator[str]:
    """The text with one of its numbers changed."""
    match tree:
        case Number():
            yield repr(change(tree.value))
        case Apply():
            for i, argument in enumerate(tree.arguments):
                if isinstance(argument, Ref):
                    continue
                for inner in _rewritten_numbers(argument, change):
                    around = (*tree.arguments[:i], Ref(("HERE",)), *tree.arguments[i + 1 :])
                    yield unparse(Apply(tree.function, around)).replace("HERE", f"({inner})")
