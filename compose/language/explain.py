"""Pydantic's complaints in our words: the place in the file, what was expected, the nearest right name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from compose.language import models
from compose.language.block import find_block
from compose.language.diagnostics import Diagnostic, Path, did_you_mean, dotted

if TYPE_CHECKING:
    from compose.language.resolve import Document

OWNERS: dict[tuple[str, ...], type[BaseModel]] = {
    (): models.Spec, ("paper",): models.Paper, ("act",): models.Act, ("act", "epsilon"): models.Moving,
    ("losses", "*"): models.Loss, ("params", "*"): models.Moving, ("networks", "*"): models.Network,
    ("learner",): models.Learner, ("learner", "replay"): models.ReplaySettings, ("claims",): models.Claims,
    ("learner", "target"): models.TargetSettings, ("claims", "igm"): models.Igm,
}  # fmt: skip
OPTIMIZERS: dict[str, type[BaseModel]] = {"rmsprop": models.RMSprop, "adam": models.Adam}
EXPECTED = {
    "int_type": "a whole number", "float_type": "a number", "string_type": "text", "bool_type": "true or false",
    "dict_type": "a mapping", "mapping_type": "a mapping", "model_type": "a mapping", "tuple_type": "a list",
    "list_type": "a list", "model_attributes_type": "a mapping",
}  # fmt: skip


def explain(error: ValidationError, document: Document, at: Path) -> list[Diagnostic]:
    """Diagnostics for a validation error of what stands at ``at`` in the document, one for each place."""
    found: dict[Path, Diagnostic] = {}
    problems: list[Any] = sorted(error.errors(), key=lambda e: e["type"] in EXPECTED)
    for problem in problems:
        place = real_path(document.data, (*at, *problem["loc"]), missing=problem["type"] == "missing")
        if any(place == p[: len(place)] and place != p for p in found):
            continue
        found.setdefault(place, _one(problem, place, document))
    return list(found.values())


def real_path(data: object, loc: Iterable[str | int], *, missing: bool) -> Path:
    """The part of a pydantic location that exists in the data (tags of unions and class names left out)."""
    place: list[str | int] = []
    parts = list(loc)
    for i, part in enumerate(parts):
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        elif not missing or i < len(parts) - 1:
            continue
        place.append(part)
    return tuple(place)


def owner(data: Any, place: Path) -> type[BaseModel] | None:
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
    return [] if model is None else [info.alias or name for name, info in model.model_fields.items()]


def _one(problem: Any, place: Path, document: Document) -> Diagnostic:
    kind, context, where = problem["type"], problem.get("ctx", {}), dotted(place)
    span, raw = document.span(place), problem["input"]
    if kind == "missing":
        parent = place[:-1]
        text = f"'{place[-1]}' is required" if parent else f"a spec needs '{place[-1]}'"
        return Diagnostic("spec.missing", text, dotted(parent), document.key_span(parent) or document.span(parent))
    if kind == "extra_forbidden":
        model = owner(document.data, place[:-1])
        hint = did_you_mean(place[-1], names(model)) or (f"fields: {', '.join(names(model))}" if model else "")
        tag = model.tag() if model is not None and hasattr(model, "tag") else ""
        text = f"block '{tag}' has no field '{place[-1]}'" if tag else f"no field '{place[-1]}' here"
        return Diagnostic("spec.unknown", text, where, document.key_span(place), hint)
    if kind == "block.unknown":
        return Diagnostic(kind, context["text"], where, span, context.get("hint", ""))
    if kind == "expression":
        part = span.at(context.get("offset", 0), context.get("length", 1)) if span and "offset" in context else span
        return Diagnostic("expression", context["text"], where, part, context.get("hint", ""))
    if kind == "literal_error":
        options = context["expected"]
        allowed = [o.strip("' ") for o in options.replace(" or ", ",").split(",")]
        return Diagnostic("spec.value", f"expected {options}, got {raw!r}", where, span, did_you_mean(raw, allowed))
    if kind == "string_pattern_mismatch":
        text = f"'{raw}' is no name: lower-case letters, digits and '_', starting with a letter"
        return Diagnostic("spec.name", text, where, document.key_span(place) or span)
    if kind.startswith("union_tag"):
        allowed = [o.strip("' ") for o in context.get("expected_tags", "'rmsprop', 'adam'").split(",")]
        got = f"got '{context['tag']}'" if "tag" in context else "'kind' is missing"
        hint = did_you_mean(context.get("tag", ""), allowed)
        key = document.span((*place, "kind")) if "tag" in context else span
        return Diagnostic("spec.value", f"expected kind {' or '.join(allowed)}, {got}", where, key, hint)
    if kind in EXPECTED:
        text = "a number or a schedule" if place[0] in ("params",) or place == ("act", "epsilon") else EXPECTED[kind]
        return Diagnostic("spec.type", f"expected {text}, got {_show(raw)}", where, span)
    return Diagnostic("spec.value", context.get("text") or problem["msg"], where, span, str(context.get("hint", "")))


def _show(raw: object) -> str:
    if isinstance(raw, dict | list | tuple):
        return "a mapping" if isinstance(raw, dict) else "a list"
    return "nothing" if raw is None else str(raw).lower() if isinstance(raw, bool) else repr(raw)
