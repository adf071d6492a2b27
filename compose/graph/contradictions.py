"""What in a schema contradicts itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from compose.graph.fields import OBSERVED, SPOKEN
from compose.language.diagnostics import Path, did_you_mean

if TYPE_CHECKING:
    from compose.graph.schema import EntitySchema

Problem = tuple[Path, str]
"""A contradiction: where it shows, and what it is."""


def contradictions(schema: EntitySchema) -> list[Problem]:
    """All of them."""
    return [*_wrong_counts(schema), *_repeated_names(schema), *_wrong_axes(schema)]


def _wrong_counts(schema: EntitySchema) -> list[Problem]:
    if schema.entities < schema.agents:
        text = f"entities ({schema.entities}) must be at least agents ({schema.agents}): agents are entities"
        return [(("entities",), text)]
    empty = [name for name in ("features", "actions", "tasks") if not getattr(schema, name)]
    problems: list[Problem] = [((name,), f"{name} must not be empty") for name in empty]
    if schema.returns is not None and not schema.returns[0] <= schema.returns[1]:
        problems.append((("returns",), "the least return exceeds the most ({:g}, {:g})".format(*schema.returns)))
    if schema.reward != "own" and "rewards" not in schema.fields:
        text = f"the {schema.reward} of what each agent earns needs a field 'rewards'"
        problems.append((("reward",), text))
    sides: tuple[Literal["agent", "other"], ...] = ("agent", "other")
    for side in sides:
        fewest, most = schema.present_range(side)
        types = [kind for kind in schema.types if kind.side == side]
        if fewest > most:
            problems.append(((f"fewest_{side}s",), f"fewest_{side}s ({fewest}) exceeds the {most} {side} slots"))
        if sum(kind.min for kind in types) > most or sum(kind.max for kind in types) < most:
            problems.append((("types",), f"types of side {side} cannot fill its {most} slots exactly"))
    problems += _wrong_actions(schema)
    problems += [(("types", i), f"type {t.name} has min {t.min} > max {t.max}")
                 for i, t in enumerate(schema.types) if t.min > t.max]
    problems += [(("actions", i), f"actions '{g.name}' target side {g.targets}, which has no slots")
                 for i, g in enumerate(schema.actions) if g.targets and not schema.present_range(g.targets)[1]]
    return problems


def _wrong_actions(schema: EntitySchema) -> list[Problem]:
    problems: list[Problem] = []
    for i, group in enumerate(schema.actions):
        at, bounded = ("actions", i), group.low is not None or group.high is not None
        if group.kind != schema.actions[0].kind:
            text = f"'{group.name}' is {group.kind}, and '{schema.actions[0].name}' is not: all are of one kind"
            problems.append((at, text))
        elif group.kind == "choices" and bounded:
            problems.append((at, "bounds (low, high) are of continuous actions"))
        elif group.kind == "continuous" and group.targets:
            problems.append((at, f"numbers are aimed at nobody, and '{group.name}' targets side {group.targets}"))
        elif group.kind == "continuous" and not (group.low is not None and group.high is not None
                                                 and group.low < group.high):
            problems.append((at, f"'{group.name}' needs bounds: low, and a larger high"))
    return problems


def _repeated_names(schema: EntitySchema) -> list[Problem]:
    lists: dict[str, list[str]] = {
        "types": [f"{kind.name} ({kind.side})" for kind in schema.types],
        "features": [feature.name for feature in schema.features],
        "actions": [group.name for group in schema.actions],
        "tasks": list(schema.tasks),
    }
    twice = [(where, names, name) for where, names in lists.items()
             for name, times in Counter(names).items() if times > 1]
    return [((where, len(names) - 1 - names[::-1].index(name)), f"{where} name '{name}' twice")
            for where, names, name in twice]


def _wrong_axes(schema: EntitySchema) -> list[Problem]:
    own = schema.model_copy(update={"axes": {}}).sizes
    known = {**schema.sizes, "batch": 0}
    problems: list[Problem] = [(("axes", axis), f"axis '{axis}' is given by the schema itself")
                               for axis in schema.axes if axis in {**own, "batch": 0}]
    parts, whole = [axis for axis in OBSERVED if axis in schema.axes], schema.axes.get("observation")
    if parts and (together := sum(schema.axes[axis] for axis in parts)) != whole:
        text = f"{' + '.join(parts)} are {together}, and 'observation' is {whole or 'not there'}"
        problems.append((("axes", parts[0]), text))
    for name, field in schema.fields.items():
        at = ("fields", name)
        nameless = [(i, axis) for i, axis in enumerate(field.axes) if axis.removesuffix("'") not in known]
        for i, axis in nameless:
            text = f"no size for axis '{axis}'. {did_you_mean(axis, known)}"
            problems.append(((*at, "axes", i), text.removesuffix(". ")))
        if len(set(field.axes)) < len(field.axes):
            problems.append(((*at, "axes"), "an axis occurs twice; mark the second copy with a prime"))
        if field.holds and field.dtype != "bool":
            problems.append(((*at, "holds"), f"only a mask is true somewhere, and this is {field.dtype}"))
        for i, (what, axes) in enumerate(field.facts):
            if len(axes) != SPOKEN[what] or not set(axes) <= set(field.axes):
                need = f"{SPOKEN[what]} of its axes, [{' '.join(field.axes)}]"
                problems.append(((*at, "holds", i), f"'{what}' speaks of {need}; got '{field.holds[i]}'"))
        if field.scope in ("local", "row") and field.index is None:
            row = "agent" if field.scope == "local" else "entity"
            problems.append(((*at, "scope"), f"scope {field.scope} needs axis {row}"))
    return problems
