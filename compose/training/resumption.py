"""What is not the same when a run is taken up again: what forbids it, and what is only told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import SpecError, dotted
from compose.language.load import Loaded, load_flat
from compose.reading.diff import Side, diff
from compose.reading.diff.brief import brief
from compose.training.folder import RunFolder, reading

SHOWN = 12
"""So many differences are listed; the rest are counted."""
_TOLD = ("until", "eval_every", "eval_episodes", "log_every", "chance_episodes", "checkpoint_updates",
         "checkpoint_seconds")


def other_spec(folder: RunFolder, now: Loaded, schema: EntitySchema) -> tuple[str, ...]:
    """How the spec of a run differs from this one, there -> here, as ``compose diff`` tells it."""
    try:
        then = load_flat(folder.path / "spec.yaml")
        sides = (Side(one, build_graph(one, schema), title) for one, title in ((then, "there"), (now, "here")))
        told = brief(diff(*sides))
    except SpecError as error:
        first = error.diagnostics[0]
        return (f"its spec.yaml is not understood any more: {first.where}{': ' if first.where else ''}{first.message}",)
    return _shortened(told or list(differences(then.spec.data(defaults=True), now.spec.data(defaults=True))))


def other_schema(folder: RunFolder, now: EntitySchema) -> tuple[str, ...]:
    """How the schema that a run was begun with differs from this one, there -> here."""
    text = folder.text("schema.json")
    with reading(folder.path / "schema.json"):
        then = EntitySchema.model_validate_json(text)
    return _shortened(list(differences(then.model_dump(mode="json"), now.model_dump(mode="json"))))


def differences(then: Any, now: Any, at: tuple[str | int, ...] = ()) -> Iterator[str]:
    """Where plain data differs: ``learner.replay.batch: 32 -> 64``."""
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        then, now = dict(enumerate(then)), dict(enumerate(now))
    if not (isinstance(then, Mapping) and isinstance(now, Mapping)):
        if then != now:
            yield f"{dotted(at)}: {_short(then)} -> {_short(now)}"
        return
    for name in dict.fromkeys((*then, *now)):
        if name not in now or name not in then:
            yield f"{dotted((*at, name))}: {'only here' if name in now else 'only there'}"
        else:
            yield from differences(then[name], now[name], (*at, name))


def changed_settings(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is told when a run goes on with other settings or threads; empty if nothing is other.

    Args:
        then: ``settings``, ``threads`` and ``versions`` as its run.json has them.
        now: The same of today.
    """
    before, after = then.get("settings", {}), now["settings"]
    other = (name for name in _TOLD if name in before and before[name] != after[name])
    told = [f"{name} {_short(before[name])} -> {_short(after[name])}" for name in other]
    exact = [f"{name} {one} -> {other}" for name, one, other in _machines(then, now) if one not in (None, other)]
    last = [f"{', '.join(exact)} (numbers may differ in their last bits)"] if exact else []
    return f"goes on with other settings, then -> now: {', '.join([*told, *last])}" if told or last else ""


def _machines(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "threads", then.get("threads"), now["threads"]
    yield "processes", then.get("processes", 1), now.get("processes", 1)
    yield "torch", then.get("versions", {}).get("torch"), now["versions"]["torch"]


def _shortened(told: list[str]) -> tuple[str, ...]:
    more = len(told) - SHOWN
    return (*told[:SHOWN], f"and {more} more") if more > 0 else tuple(told)


def _short(value: Any) -> str:
    text = "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
