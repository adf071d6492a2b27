"""Two plays that should be the same, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence

from compose.envs.conformance.play import Play
from compose.envs.guard.finding import Finding


def differences(code: str, expected: str, first: Play, second: Play, rows: Sequence[int]) -> list[Finding]:
    """At most one finding: the earliest step at which row i of ``second`` is not bitwise row ``rows[i]`` of ``first``.

    Fields of a step come before its reward and flags.
    """
    found: list[tuple[int, Finding]] = []
    for name, x in first.fields.items():
        axes = [axis for axis in first.schema.fields[name].axes if axis != "time"]
        bad = (x[:, list(rows)] if "batch" in axes else x) != second.fields[name]
        for one in second.wrong(code, expected, _other(name), bad, " ".join(["time", *axes]), name):
            found.append((2 * one.place["step"], one))
    for name in first.told:
        bad = getattr(first, name)[:, list(rows)] != getattr(second, name)
        places = "step batch agent" if name == "rewards" else "step batch"
        for one in second.wrong(code, expected, _other(name), bad, places, name):
            found.append((2 * one.place["step"] + 1, one))
    return [min(found, key=lambda pair: pair[0])[1]] if found else []


def _other(name: str) -> str:
    return f"another '{name}': {{value}}"


def same(first: Play, second: Play) -> bool:
    """Are all fields, rewards and flags of two plays of as many episodes and steps equal?"""
    return not differences("", "", first, second, range(len(first.episodes)))


def all_alike(one: Play) -> bool:
    """Are all episodes of a play the same?"""
    batched = [x for name, x in one.fields.items() if "batch" in one.schema.fields[name].axes]
    return all(bool((x == x[:, :1]).all()) for x in [*batched, *(getattr(one, part) for part in one.told)])
