"""What a scenario file says of teams that are drawn by weights, and of places that are."""

from __future__ import annotations

from typing import Any

from compose.envs.starcraft.report import Report, number, shown
from compose.envs.starcraft.scenario_model import Starts
from compose.envs.starcraft.task import Drawn
from compose.envs.starcraft.units import UNITS
from compose.language.diagnostics import Path, did_you_mean

MOST = 1000
"""A weight, at most."""
LIKE = "{draw: {Marine: 0.5, Marauder: 0.5}, of: 5}"


def read_units(item: Any, at: Path, report: Report) -> tuple[list[Drawn], list[Drawn]] | None:
    """Both sides' squads of ``{draw: {Marine: 0.5, Marauder: 0.5}, of: 5, against: 6, not_only: [...]}``.

    As many enemies as there are allies (or the other way round) have their types; those of the larger side who are
    left are a team of their own. Types that cannot fight are never a whole team, whether ``not_only`` says so or not.

    Returns:
        None if there is a mistake, which is told.
    """
    if not isinstance(item, dict):
        report(at, "expected what units are drawn from, and how many", LIKE)
        return None
    if lacking := [key for key in ("draw", "of") if key not in item]:
        report(at, f"no '{lacking[0]}': drawn units need draw and of", LIKE)
        return None
    chances = weights(item["draw"], (*at, "draw"), report, "unit", UNITS)
    allies = number(item["of"], (*at, "of"), report)
    enemies = number(item.get("against", allies), (*at, "against"), report)
    barred = item.get("not_only", [])
    if not isinstance(barred, list) or not all(isinstance(kind, str) for kind in barred):
        report((*at, "not_only"), "expected a list of unit types", "[Medivac]")
        return None
    for i, kind in enumerate(barred):
        if chances is not None and kind not in chances:
            text = f"{shown(kind)} is not among the types that are drawn"
            report((*at, "not_only", i), text, did_you_mean(kind, chances))
    if chances is None:
        return None
    unarmed = [kind for kind in chances if UNITS[kind].weapon is None and kind not in barred]
    lone = [kind for kind, weight in chances.items() if weight > 0 and kind not in (*barred, *unarmed)]
    if not lone:
        text = f"every team would have only {' and '.join(kind for kind, weight in chances.items() if weight > 0)}"
        report((*at, "draw"), f"{text}: somebody else must be drawn too")
        return None
    same, more = min(allies, enemies), abs(allies - enemies)

    def squads(*counts: int) -> list[Drawn]:
        return [Drawn(weights=chances, count=count, not_only=(*barred, *unarmed), team=team)
                for team, count in enumerate(counts) if count]

    return squads(same, more * (allies > enemies)), squads(same, more * (enemies > allies))


def read_starts(value: Any, at: Path, report: Report) -> Starts | None:
    """``random``, ``reflect`` or ``surround``, or their weights; None if there is a mistake, which is told."""
    ways = tuple(Starts.model_fields)
    if isinstance(value, str):
        if value in ways:
            return Starts(**{value: 1.0})
        report(at, f"expected {', '.join(ways[:-1])} or {ways[-1]}, got {shown(value)}", did_you_mean(value, ways))
        return None
    if not isinstance(value, dict):
        report(at, f"expected {', '.join(ways[:-1])} or {ways[-1]}, or their weights", "{reflect: 0.5, surround: 0.5}")
        return None
    chances = weights(value, at, report, "way to begin", ways)
    return None if chances is None else Starts(**chances)


def weights(value: Any, at: Path, report: Report, what: str, known: Any) -> dict[str, float] | None:
    """``{Marine: 0.9, Medivac: 0.1}``: numbers from 0 on, not all 0. None if there is a mistake, which is told."""
    if not isinstance(value, dict) or not value:
        report(at, f"expected the weight of each {what}, got {shown(value)}", f"{{{next(iter(known))}: 0.5, ...}}")
        return None
    wrong = False
    for name, weight in value.items():
        if name not in known:
            hint = did_you_mean(name, known) or f"there are: {', '.join(known)}"
            report((*at, name), f"no {what} {shown(name)}", hint, key=True)
            wrong = True
        elif isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= MOST:
            report((*at, name), f"expected a weight from 0 to {MOST}, got {shown(weight)}")
            wrong = True
    if not wrong and not any(value.values()):
        report(at, "all weights are 0: nothing could be drawn")
        wrong = True
    return None if wrong else {name: float(weight) for name, weight in value.items()}
