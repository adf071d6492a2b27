"""Pydantic's complaints in our words: the place in the file, what was expected, the nearest right name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from compose.language.annotations import Kinds, kinds, spellings
from compose.language.axes import signature
from compose.language.block import Block
from compose.language.diagnostics import Diagnostic, Path, dotted
from compose.language.excerpt import unusual
from compose.language.numerals import number_hint
from compose.language.provenance import dig
from compose.language.registry import find_block
from compose.language.roles import owners, role
from compose.language.slips import choice_hint, field_hint

if TYPE_CHECKING:
    from compose.language.resolve import Document

EXPECTED = {
    "int_type": "a whole number", "float_type": "a number", "string_type": "text", "bool_type": "true or false",
    "dict_type": "a mapping", "mapping_type": "a mapping", "model_type": "a mapping", "tuple_type": "a list",
    "list_type": "a list", "model_attributes_type": "a mapping",
}  # fmt: skip


LIMITS = {"greater_than": "above", "greater_than_equal": "of at least", "less_than": "below",
          "less_than_equal": "of at most"}


Owner = Callable[[Any, Path], type[BaseModel] | None]
"""The model whose fields a mapping of a document may have."""


def diagnose(problems: Sequence[Any], document: Document, at: Path, owner: Owner | None = None) -> list[Diagnostic]:
    """Diagnostics for the errors of a validation of what stands at ``at`` in the document, one for each place.

    ``owner`` finds the model of a mapping; a spec's, unless told.
    """
    found: dict[Path, Diagnostic] = {}
    tagged = set() if owner else {place for place, model in owners().items() if kinds(model)}
    placed = [(real_path(document.data, (*at, *e["loc"]), tagged, missing=e["type"] == "missing"), e) for e in problems]
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


def real_path(data: Any, loc: Iterable[str | int], tagged: Collection[Path] = (), *, missing: bool) -> Path:
    """The part of a pydantic location that exists in the data (tags of unions and class names left out).

    At the places ``tagged`` the next part is a tag, even where the data has a member of that name.
    """
    place: list[str | int] = []
    parts, tag = list(loc), False
    for i, part in enumerate(parts):
        member = isinstance(data, dict) and part in data
        item = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if tag:
            tag = False
            continue
        if member or item:
            data = data[part]
        elif not missing or i < len(parts) - 1:
            continue
        place.append(part)
        tag = any(_matches(pattern, place) for pattern in tagged)
    return tuple(place)


def _matches(pattern: Path, place: Sequence[str | int]) -> bool:
    return len(pattern) == len(place) and all(p in ("*", q) for p, q in zip(pattern, place, strict=True))


def spec_owner(data: Any, place: Path) -> type[BaseModel] | None:
    """The model whose fields the mapping at ``place`` may have."""
    inside = _inside(data, place)
    if (len(place) >= 2 and place[0] == "graph") or (len(place) >= 4 and place[2] == "nodes"):
        return find_block(inside["block"]) if isinstance(inside, dict) and "block" in inside else None
    model = next((model for pattern, model in owners().items() if _matches(pattern, place)), None)
    several = kinds(model)
    found: type[BaseModel] | None = several.of(inside) if several else model
    return found


def _inside(data: Any, place: Path) -> Any:
    for part in place:
        data = data[part]
    return data


def _kinds(place: Path, owner: Owner) -> Kinds | None:
    """The models that may stand at a place of a spec, where a tag tells them apart."""
    found = next((model for pattern, model in owners().items() if _matches(pattern, place)), None)
    return kinds(found) if owner is spec_owner else None


def names(model: type[BaseModel] | None) -> list[str]:
    """The fields of a model as a file spells them."""
    known = [] if model is None else spellings(model)
    shared = list(Block.model_fields)
    return [n for n in known if n not in shared] + [n for n in known if n in shared and n != "block"]


def noun(model: type[BaseModel] | None) -> str:
    """What messages call the owner of a field."""
    if model is not None and issubclass(model, Block):
        return f"block '{model.tag()}'"
    return str(getattr(model, "noun", "this"))


def _one(problem: Any, place: Path, document: Document, owner: Owner) -> Diagnostic:
    kind, context, where = problem["type"], problem.get("ctx", {}), dotted(place)
    span, raw = document.span(place), problem["input"]
    if kind == "missing":
        parent, name = place[:-1], str(place[-1])
        model = owner(document.data, parent)
        ports = model.port_signatures() if model is not None and issubclass(model, Block) else {}
        hint = f"{name}: {signature(ports[name])}" if name in ports else ""
        text = f"{_needing(_kinds(parent, owner), document, parent, name) or noun(model)} needs '{name}'"
        dropped = _dropped(document, parent, name)
        return Diagnostic("spec.missing", text, dotted(parent), document.key_span(parent), hint, dropped)
    if kind == "extra_forbidden":
        model = owner(document.data, place[:-1])
        several = _kinds(place[:-1], owner)
        if several and model and (having := several.having(str(place[-1]))):
            return _other_kind(several, having, place, document, noun(model))
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
        several = _kinds(place, owner)
        key, allowed = (several.key, list(several.tags)) if several else ("kind", [])
        got = f"got '{context['tag']}'" if "tag" in context else f"'{key}' is missing"
        hint = choice_hint(context.get("tag", ""), allowed)
        said = document.span((*place, key)) if "tag" in context else span
        return Diagnostic("spec.value", f"expected {key} {_either(allowed)}, {got}", where, said, hint)
    if kind in EXPECTED:
        text = "a number or a schedule" if place[0] in ("params",) or place == ("act", "epsilon") else EXPECTED[kind]
        loss = len(place) == 2 and place[0] == "losses" and isinstance(raw, str)
        hint = f"write {place[1]}: {{of: {raw}}}" if loss else number_hint(raw) if "number" in text else ""
        return Diagnostic("spec.type", f"expected {text}, got {_show(raw)}", where, span, hint)
    return Diagnostic("spec.value", context.get("text") or problem["msg"], where, span, str(context.get("hint", "")))


def _needing(several: Kinds | None, document: Document, place: Path, field: str) -> str:
    """``kind: polyak``, where that is why a field is needed."""
    raw = _inside(document.data, place)
    if several is None or several.of(raw) is None or len(several.having(field)) == len(several.tags):
        return ""
    return f"{several.key}: {raw[several.key]}"


def _other_kind(several: Kinds, having: list[str], place: Path, document: Document, owner: str) -> Diagnostic:
    """A field that this kind does not have, but another one."""
    key, parent = several.key, place[:-1]
    tag = _inside(document.data, parent)[key]
    text = f"only {key}: {_either(having)} has '{place[-1]}'; {owner} is {key}: {tag}"
    said = document.span((*parent, key))
    note = () if said.line == document.key_span(place).line else (f"{key}: {tag} is set at {said}",)
    hint = f"fields: {', '.join(names(several.tags[tag]))}"
    return Diagnostic("spec.unknown", text, dotted(place), document.key_span(place), hint, note)


def _either(words: Sequence[str]) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


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
