"""Places in a spec as people write them: ``graph.q_in.visible``, ``q_in``, ``q.a``, ``losses.td.weight``, ``of[0]``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from compose.language.block import Block
from compose.language.diagnostics import Diagnostic, Path, SpecError, did_you_mean, dotted
from compose.language.models import Spec
from compose.language.nodes import MODIFIERS, Application
from compose.language.roles import bare

LISTED = 12
"""So many names are offered."""

_PART = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")


@dataclass(frozen=True)
class Place:
    """One place of a validated spec, and what stands there.

    ``at`` is its path in the document, ``value`` the model, expression, mapping or plain value. ``owner`` is the model
    that has it, or the list it is in, as field ``field`` (None for members of mappings). ``through`` are the
    applications it was reached through (``q_tot.b1_rows`` for ``q_tot.b1_rows.a``), ``output`` the output of a block
    that was named.
    """

    at: Path
    value: Any
    owner: BaseModel | None = None
    field: str = ""
    through: tuple[str, ...] = ()
    output: str = ""


def parse_path(text: str) -> Path:
    """The parts of a path; ``[2]`` or ``.2`` is an item of a list. Raises SpecError (``path.syntax``)."""
    hint = "a path reads like graph.q_in.visible or learner.optimizers.main.lr"
    if not text.strip():
        raise SpecError(Diagnostic("path.syntax", "the path is empty", hint=hint))
    parts: list[str | int] = []
    for part in text.strip().split("."):
        match = _PART.fullmatch(part)
        if match is None:
            what = f"'{part}' is no name" if part else "a name is missing before or after a '.'"
            raise SpecError(Diagnostic("path.syntax", f"{what} in the path '{text}'", hint=hint))
        parts += [int(match[1]) if match[1].isdecimal() else match[1], *map(int, re.findall(r"\d+", match[2]))]
    return tuple(parts)


def find(spec: Spec, path: Path) -> Place:
    """What stands at a path, written or not. A bare name may leave out ``graph``, ``params`` ...; a name after an
    application is a node of its network. Raises SpecError (``path.unknown``) with the nearest place."""
    place = Place((), spec)
    path = ("record", *path[1:]) if path[0] == "played" else path
    if path[0] not in fields(spec):
        for section in bare():
            if path[0] in members(_walk(spec, place, section).value):
                path = (*section, *path)
                break
    return _walk(spec, place, path)


def _walk(spec: Spec, place: Place, path: Path) -> Place:
    for part in path:
        place = step(spec, place, part)
    return place


def step(spec: Spec, place: Place, part: str | int) -> Place:
    """What stands inside a place under a name. Raises SpecError (``path.unknown``)."""
    value, at = place.value, (*place.at, part)
    if isinstance(value, Application) and part not in value.inputs and part not in MODIFIERS:
        network = spec.networks.get(value.network)
        if network is not None and part in network.nodes:
            at = ("networks", value.network, "nodes", part)
            return Place(at, network.nodes[str(part)], through=(*place.through, str(place.at[-1])))
    if isinstance(value, Block) and isinstance(value.returns, dict) and part in value.returns:
        return replace(place, output=str(part))
    inside = members(value)
    if part in inside and not place.output and isinstance(place.owner, Block):
        return replace(place, at=at, value=inside[part])
    if part in inside and not place.output:
        named = isinstance(value, BaseModel) and not (isinstance(value, Application) and part in value.inputs)
        return Place(at, inside[part], value if isinstance(value, BaseModel) else None,
                     fields(value)[str(part)] if named else "", place.through)
    raise unknown(spec, place, part)


def fields(model: BaseModel) -> dict[str, str]:
    """The fields of a model as a file spells them -> their names in Python."""
    return {info.alias or name: name for name, info in type(model).model_fields.items() if name != "inputs"
            or not isinstance(model, Application)}


def members(value: Any) -> dict[str | int, Any]:
    """What is inside a value, by the names that a path may use."""
    if isinstance(value, BaseModel):
        found: dict[str | int, Any] = {}
        found.update(value.inputs if isinstance(value, Application) else {})
        found.update({spelled: getattr(value, name) for spelled, name in fields(value).items()})
        return found
    if isinstance(value, Mapping):
        return dict(value)
    return dict(enumerate(value)) if isinstance(value, tuple | list) else {}


def unknown(spec: Spec, place: Place, part: str | int) -> SpecError:
    """What to say of a part that is not there: the nearest that is, or all there are."""
    inside = {str(name): dotted((*place.at, name)) for name in members(place.value)}
    value = place.value
    if isinstance(value, Application) and value.network in spec.networks:
        inside |= {name: f"{dotted(place.at)}.{name}" for name in spec.networks[value.network].nodes}
    if isinstance(value, Block) and isinstance(value.returns, dict):
        inside |= {name: f"{dotted(place.at)}.{name}" for name in value.returns}
    if not place.at:
        for section in bare():
            inside |= {str(name): dotted((*section, name)) for name in members(_walk(spec, place, section).value)
                       if str(name) not in inside}
    if place.output or not inside:
        what = f"'{dotted(place.at)}' is a single value" if not place.output else f"'{place.output}' is an output"
        return SpecError(Diagnostic("path.unknown", f"{what}; there is no '{part}' in it"))
    near = did_you_mean(part, inside)
    name = near.partition("'")[2].rpartition("'")[0]
    deeper = _deeper(spec, part) if not place.at else []
    listed = ", ".join(list(inside)[:LISTED]) + (" ..." if len(inside) > LISTED else "")
    hint = f"is it one of: {', '.join(deeper[:LISTED])}?" if deeper else f"there is: {listed}"
    where = f" in {dotted(place.at)}" if place.at else " in the spec"
    return SpecError(Diagnostic("path.unknown", f"there is no '{part}'{where}",
                                hint=f"Did you mean '{inside[name]}'?" if near else hint))


def _deeper(spec: Spec, part: str | int) -> list[str]:
    """Places one or two levels down that have this name."""
    found: list[Path] = []
    for section, value in members(spec).items():
        for name, member in members(value).items():
            found += [(section, name)] if name == part else []
            found += [(section, name, part)] if part in members(member) else []
    return list(map(dotted, found))
