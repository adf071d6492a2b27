"""How a definition reads: ``random partition of the entities of first(env.present) in 2 parts ...``."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from math import gcd
from typing import Any

from compose.language.axes import signature
from compose.language.block import Block
from compose.language.models import Loss, Network, Spec
from compose.language.moving import Curve, Moving, Piecewise
from compose.language.nodes import AnyNode, Application
from compose.language.numbers import spelled
from compose.language.values import Expr, Ratio

_PART = re.compile(r"\[([^\]]*)\]|([^\[]+)")
_FIELD = re.compile(r"(\S?\s?)\{(\w+)\}(?=(\s?\S?))")
_OPERATOR = "+-*/"


def node(spec: Spec, name: str, owner: str = "", known: Container[str] = ()) -> str:
    """A node of the graph, or of the network ``owner``.

    The first application of a network is told in full, those of ``known`` before others; of the next ones only what
    differs: ``utility once more, seeing env.visible & groups.within``.
    """
    body: Mapping[str, AnyNode] = spec.networks[owner].nodes if owner else spec.graph
    found = body[name]
    if isinstance(found, Expr):
        return str(found)
    if isinstance(found, Block):
        return block(spec, found)
    alike = [n for n, other in body.items() if isinstance(other, Application) and other.network == found.network]
    alike.sort(key=lambda n: (n not in known, getattr(body[n], "target")))  # noqa: B009
    earlier = [other for n in alike[: alike.index(name)] if isinstance(other := body[n], Application)]
    base = next((other for other in earlier if other.target == found.target), next(iter(earlier), None))
    return application(spec, found, base)


def application(spec: Spec, one: Application, base: Application | None = None) -> str:
    """An application of a network; with ``base``, what is not as it is there."""
    network, parts = spec.networks[one.network], []
    for port, expr in one.inputs.items():
        if base is None or base.inputs.get(port) != expr:
            parts.append(_wired(network, port, expr))
    of = [part for part in parts if not part.startswith("seeing ")]
    seeing = [part for part in parts if part.startswith("seeing ")]
    if one.repeat is not None and (base is None or base.repeat != one.repeat):
        whose = "always the same weights" if one.tied else "each with its own weights"
        seeing.append(f"once for every {one.repeat}, {whose}, fed back into {one.carry}")
    name = f"the lagged copy of {one.network}" if one.target and (base is None or not base.target) else one.network
    name = f"{name}, whose weights stay as they are," if one.frozen else name
    again = "" if base is None or base.target != one.target else " once more"
    return f"{name}{again}" + (" of " + ", ".join(of) if of else "") + "".join(f", {part}" for part in seeing)


def _wired(network: Network, port: str, expr: Expr) -> str:
    """``taken as factors``; ``seeing env.visible`` for a mask of who sees whom."""
    wanted = signature(network.inputs[port]) if port in network.inputs else None
    axes = {token.name for token in wanted.tokens} if wanted else set()
    if wanted is not None and wanted.dtype == "bool" and {"agent", "entity"} <= axes:
        return f"seeing {'everybody' if str(expr) == 'true' else expr}"
    return str(expr) if str(expr) == port else f"{expr} as {port}"


def block(spec: Spec, one: Block) -> str:
    """A block, by its own phrase; whatever that leaves out and is not at its default follows."""
    said: set[str] = set()
    texts, fresh = {}, set()
    for name, info in type(one).model_fields.items():
        value, key = getattr(one, name), one.spelled(name)
        if info.is_required() or value != info.get_default(call_default_factory=True, validated_data={}):
            fresh.add(key)
        if value is not None:
            texts[key] = argument(spec, key, value)
    fresh.discard("block")
    text = ""
    for optional, always in _PART.findall(one.phrase or _plain_phrase(one)):
        names = {name for _, name, _ in _FIELD.findall(optional or always)}
        if always or names & fresh:
            said |= names
            text += _FIELD.sub(lambda match: _filled(match, texts), optional or always)
    rest = [_modifier(key, texts[key]) for key in texts if key in fresh - said]
    return text + "".join(f", {part}" for part in rest)


def _plain_phrase(one: Block) -> str:
    ports = [one.spelled(port) for port in one.port_signatures()]
    return one.block.replace("_", " ") + (f" of {{{ports[0]}}}" if ports else "")


def _filled(match: re.Match[str], texts: Mapping[str, str]) -> str:
    """One field of a phrase; with parentheses where it is a sum, say, and stands beside an operator."""
    value, beside = texts.get(match[2], "nothing"), match[1].strip() + match[3].strip()
    compound = " " in value and not value.endswith(")") and any(mark in _OPERATOR for mark in beside)
    return match[1] + (f"({value})" if compound else value)


def _modifier(key: str, text: str) -> str:
    if key == "target":
        return "by the lagged copy of its weights"
    if key == "frozen":
        return "its weights without gradient"
    if key == "each":
        return f"with weights of its own for every {text}"
    return {"true": key, "false": f"without {key}"}.get(text, f"{key} {text}")


def argument(spec: Spec, key: str, value: Any) -> str:
    """The value of an argument; a param that has the argument's own name as its number."""
    if isinstance(value, tuple):
        return listed([argument(spec, "", item) for item in value])
    if isinstance(value, Mapping):
        return listed([f"{name} ({argument(spec, '', item)})" for name, item in value.items()])
    if isinstance(value, Expr) and str(value) == key and isinstance(number := spec.params.get(key), int | float):
        return quantity(number)
    return "true" if value is True else "false" if value is False else str(value)


def loss(one: Loss) -> str:
    """``square(q_aux - y), weight lambda, mean over agent``."""
    parts = [str(one.of)]
    parts += [f"weight {one.weight}"] if str(one.weight) != "1" else []
    parts += [f"{how} over {listed(list(axes))}" for how, axes in (("mean", one.mean), ("sum", one.sum)) if axes]
    parts += [f"where {one.where}"] if str(one.where) != "env.steps" else []
    parts += [f"counting {one.count}"] if one.count != "present" else []
    return ", ".join(parts + ([f"by optimizer {one.optimizer}"] if one.optimizer else []))


def quantity(value: float | Moving | Ratio) -> str:
    """``5,000``, ``1 per episode`` (the ratio in lowest terms), ``1 to 0.05 over 50,000 env_steps (linear)``.

    Equal texts mean equal numbers at all times.
    """
    if isinstance(value, Ratio):
        shared = gcd(value.updates, value.episodes)
        return str(Ratio(value.updates // shared, value.episodes // shared, value.horizon))
    if not isinstance(value, Moving):
        return spelled(value, ",")
    points = value.points()
    if len(points) == 1 or not isinstance(value, Curve | Piecewise):
        return quantity(points[0][1])
    straight = value.kind == "piecewise" and [x for x, _ in points] == [0, 1]
    over = f"over {value.over.count:,} {value.over.clock} ({'linear' if straight else value.kind})"
    if value.kind != "piecewise" or straight:
        return f"{quantity(points[0][1])} to {quantity(points[-1][1])} {over}"
    return f"{', '.join(f'{quantity(y)} at {quantity(x)}' for x, y in points)} {over}"


def apart(*numbers: float) -> list[str]:
    """Numbers in six digits, or in as many as it takes to tell different ones apart."""
    for digits in range(6, 17):
        texts = [spelled(float(f"{number:.{digits}g}")) for number in numbers]
        if len(set(texts)) == len({*numbers}):
            return texts
    return [spelled(number) for number in numbers]


def listed(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else "nothing"
