"""Pydantic's complaints in our words: the place in the file, what was expected, the nearest right name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from compose.language import models
from compose.language.axes import signature
from compose.language.block import Block, find_block
from compose.language.diagnostics import Diagnostic, Path, dotted
from compose.language.excerpt import unusual
from compose.language.moving import Moving
from compose.language.provenance import dig
from compose.language.quantities import number_hint
from compose.language.roles import role
from compose.language.slips import choice_hint, field_hint

if TYPE_CHECKING:
    from compose.language.resolve import Document

OWNERS: dict[tuple[str, ...], type[BaseModel]] = {
    (): models.Spec, ("paper",): models.Paper, ("act",): models.Act, ("act", "epsilon"): Moving,
    ("losses", "*"): models.Loss, ("params", "*"): Moving, ("networks", "*"): models.Network,
    ("learner",): models.Learner, ("learner", "replay"): models.ReplaySettings, ("claims",): models.Claims,
    ("learner", "target"): models.TargetSettings, ("claims", "igm"): models.Igm,
}  # fmt: skip
OWNER_NOUNS: dict[type[BaseModel] | None, str] = {
    models.Spec: "a spec", models.Paper: "a paper", models.Act: "act", models.Loss: "a loss",
    Moving: "a schedule", models.Network: "a network", models.Learner: "the learner",
    models.ReplaySettings: "the replay buffer",
    models.TargetSettings: "the target", models.Claims: "claims", models.Igm: "the claim",
    models.RMSprop: "rmsprop", models.Adam: "adam",
}  # fmt: skip
OPTIMIZERS: dict[str, type[BaseModel]] = {"rmsprop": models.RMSprop, "adam": models.Adam}
EXPECTED = {
    "int_type": "a whole number", "float_type": "a number", "string_type": "text", "bool_type": "true or false",
    "dict_type": "a mapping", "mapping_type": "a mapping", "model_type": "a mapping", "tuple_type": "a list",
    "list_type": "a list", "model_attributes_type": "a mapping",
}  # fmt: skip


LIMITS = {"greater_than": "above", "greater_than_equal": "of at least", "less_than": "below",
          "less_than_equal": "of at most"}


Owner = Callable[[Any, Path], type[BaseModel] | None]
"""The model whose fields a mapping of a document may have."""


def explain(problems: Sequence[Any], document: Document, at: Path, owner: Owner | None = None) -> list[Diagnostic]:
    """Diagnostics for the errors of a validation of what stands at ``at`` in the document, one for each place.

    ``owner`` finds the model of a mapping; a spec's, unless told.
    """
    found: dict[Path, Diagnostic] = {}
    placed = [(real_path(document.data, (*at, *e["loc"]), missing=e["type"] == "missing"), e) for e in problems]
    placed.sort(key=lambda p: (-len(p[0]), p[1]["type"] in EXPECTED))
    for place, problem in placed:
        if any(place == p[: len(place)] and place != p for p in found):
            continue
        found.setdefault(place, _one(problem, place, document, owner or spec_owner))
    missing = {p["loc"] for _, p in placed if p["type"] == "missing"}
    return _together(found) if len(missing) > 1 else list(found.values())


def _together(found: dict[Path, Diagnostic]) -> list[Diagnostic]:
    """All that one mapping lacks in one diagnostic."""
    lacking: dict[str, list[str]] = {}
    for place, problem in found.items():
        if problem.code == "spec.missing":
            lacking.setdefault(problem.where, []).append(f"'{place[-1]}'")
    kept = {}
    for place, problem in found.items():
        several = lacking.get(problem.where, []) if problem.code == "spec.missing" else []
        if len(several) > 1:
            head = problem.message.rpartition(" needs ")[0]
            text = f"{head} needs {', '.join(several[:-1])} and {several[-1]}"
            problem = replace(problem, message=text, hint="")
        kept[place if len(several) < 2 else (*place[:-1], "")] = problem
    return list(kept.values())


def real_path(data: Any, loc: Iterable[str | int], *, missing: bool) -> Path:
    """The part of a pydantic location that exists in the data (tags of unions and class names left out)."""
    place: list[str | int] = []
    parts = list(loc)
    for i, part in enumerate(parts):
        member = isinstance(data, dict) and part in data
        item = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if member or item:
            data = data[part]
        elif not missing or i < len(parts) - 1:
            continue
        place.append(part)
    return tuple(place)


def spec_owner(data: Any, place: Path) -> type[BaseModel] | None:
    """The model whose fields the mapping at ``place`` may have."""
    inside = data
    for part in place:
        inside = inside[part]
    if (len(place) >= 2 and place[0] == "graph") or (len(place) >= 4 and place[2] == "nodes"):
        return find_block(inside["block"]) if isinstance(inside, dict) and "block" in inside else None
    if place[:2] == ("learner", "optimizers") and isinstance(inside, dict):
        return OPTIMIZERS.get(str(inside.get("kind")))
    for pattern, model in OWNERS.items():
        if len(pattern) == len(place) and all(p in ("*", q) for p, q in zip(pattern, place, strict=True)):
            return model
    return None


def names(model: type[BaseModel] | None) -> list[str]:
    """The fields of a model as a file spells them."""
    known = [] if model is None else [info.alias or name for name, info in model.model_fields.items()]
    shared = list(Block.model_fields)
    return [n for n in known if n not in shared] + [n for n in known if n in shared and n != "block"]


def noun(model: type[BaseModel] | None) -> str:
    """What messages call the owner of a field."""
    if model is not None and issubclass(model, Block):
        return f"block '{model.tag()}'"
    return OWNER_NOUNS.get(model) or str(getattr(model, "noun", "this"))


def _one(problem: Any, place: Path, document: Document, owner: Owner) -> Diagnostic:
    kind, context, where = problem["type"], problem.get("ctx", {}), dotted(place)
    span, raw = document.span(place), problem["input"]
    if kind == "missing":
        parent, name = place[:-1], str(place[-1])
        model = owner(document.data, parent)
        ports = model.port_signatures() if model is not None and issubclass(model, Block) else {}
        hint = f"{name}: {signature(ports[name])}" if name in ports else ""
        text = f"{noun(model)} needs '{name}'"
        gone = _dropped(document, parent, name)
        return Diagnostic("spec.missing", text, dotted(parent), document.key_span(parent), hint, gone)
    if kind == "extra_forbidden":
        model = owner(document.data, place[:-1])
        hint = field_hint(where, place[-1], names(model), document.data)
        text = f"{noun(model)} has no field '{place[-1]}'"
        return Diagnostic("spec.unknown", text, where, document.key_span(place), hint, _odd(place[-1]))
    if kind == "block.unknown":
        return Diagnostic(kind, context["text"], where, span, context.get("hint", ""))
    if kind == "expression":
        part = span.at(context.get("offset", 0), context.get("length", 1)) if span and "offset" in context else span
        return Diagnostic("expression", context["text"], where, part, context.get("hint", ""))
    if kind == "literal_error":
        options = context["expected"]
        allowed = [o.strip("' ") for o in options.replace(" or ", ",").split(",")]
        return Diagnostic("spec.value", f"expected {options}, got {raw!r}", where, span, choice_hint(raw, allowed))
    if kind in LIMITS:
        text = f"expected a number {LIMITS[kind]} {next(iter(context.values())):g}, got {_show(raw)}"
        return Diagnostic("spec.value", text, where, span)
    if kind == "name.reserved":
        return Diagnostic(kind, context["text"], where, document.key_span(place))
    if kind == "string_pattern_mismatch":
        text = f"'{raw}' is no name: lower-case letters, digits and '_', starting with a letter"
        return Diagnostic("spec.name", text, where, document.key_span(place) or span, notes=_odd(raw))
    if kind == "string_too_long":
        text = f"a name has at most {context['max_length']} characters; this one has {len(raw)}"
        return Diagnostic("spec.name", text, where, document.key_span(place))
    if kind in ("string_too_short", "too_short"):
        return Diagnostic("spec.value", "this must not be empty", where, span)
    if kind.startswith("union_tag"):
        allowed = [o.strip("' ") for o in context.get("expected_tags", "'rmsprop', 'adam'").split(",")]
        got = f"got '{context['tag']}'" if "tag" in context else "'kind' is missing"
        hint = choice_hint(context.get("tag", ""), allowed)
        key = document.span((*place, "kind")) if "tag" in context else span
        return Diagnostic("spec.value", f"expected kind {' or '.join(allowed)}, {got}", where, key, hint)
    if kind in EXPECTED:
        text = "a number or a schedule" if place[0] in ("params",) or place == ("act", "epsilon") else EXPECTED[kind]
        loss = len(place) == 2 and place[0] == "losses" and isinstance(raw, str)
        hint = f"write {place[1]}: {{of: {raw}}}" if loss else number_hint(raw) if "number" in text else ""
        return Diagnostic("spec.type", f"expected {text}, got {_show(raw)}", where, span, hint)
    return Diagnostic("spec.value", context.get("text") or problem["msg"], where, span, str(context.get("hint", "")))


def _dropped(document: Document, at: Path, name: str) -> tuple[str, ...]:
    """A note where a field was inherited, and a changed tag dropped it with all that was there."""
    past = next(iter(document.history.get(at, ())), None)
    if past is None or not isinstance(past.value, dict) or name not in past.value:
        return ()
    now = dig(document.data, at)
    tag = next((t for t in role(at).tags if past.value.get(t) != now.get(t)), "")
    was = f"{tag}: {past.value[tag]}" if tag in past.value else "what was"
    return (f"'{name}' was there at {past.span}, with {was}; another {tag} keeps nothing of it",) if tag else ()


def _odd(name: object) -> tuple[str, ...]:
    found = unusual(str(name))
    return (found,) if found else ()


def _show(raw: object) -> str:
    if isinstance(raw, dict | list | tuple):
        return "a mapping" if isinstance(raw, dict) else "a list"
    return "nothing" if raw is None else str(raw).lower() if isinstance(raw, bool) else repr(raw)
