"""Entities hold what the schema's features say."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from compose.envs.conformance.case import Case, Property
from compose.envs.conformance.play import Play
from compose.envs.guard.finding import Finding
from compose.graph.schema import Feature

ORDER_ONE = 100.0
"""Floats beyond this are not of order one: a network that reads them beside zeros and ones learns badly."""
_AXES = "time batch entity"


def _check(case: Case) -> Iterator[Finding]:
    for play in case.plays:
        start = 0
        for feature in play.schema.features:
            yield from _feature(play, feature, start)
            start += feature.size


def _feature(play: Play, feature: Feature, start: int) -> Iterator[Finding]:
    x = play.fields["entities"][..., start : start + feature.size]
    name = f"feature '{feature.name}' (numbers {start} to {start + feature.size - 1})"
    if feature.kind == "float":
        yield from _wrong(play, "env.scale", f"numbers of order one in {name}", x, (x.abs() > ORDER_ONE).any(-1))
    else:
        yield from _wrong(play, f"env.{feature.kind}", f"zeros and ones in {name}", x, ((x != 0) & (x != 1)).any(-1))
    if feature.kind == "one_hot":
        yield from _wrong(play, "env.one_hot", f"at most one 1 in {name}", x, (x == 1).sum(-1) > 1)
    slot = torch.arange(play.schema.entities, device=x.device)
    for side in {"agent", "other"} - {*feature.of}:
        mine = (slot < play.schema.agents) == (side == "agent")
        text = f"zeros in {name} of {'agents' if side == 'agent' else 'others'}, which do not have it"
        yield from _wrong(play, "env.side", text, x, (x != 0).any(-1) & mine)


def _wrong(play: Play, code: str, expected: str, x: torch.Tensor, bad: torch.Tensor) -> Iterator[Finding]:
    found = x[bad][0].tolist() if bool(bad.any()) else []
    text = ", ".join(f"{value:.6g}" for value in found[:8]) + (" ..." if len(found) > 8 else "")
    yield from play.wrong(code, expected, text, bad, _AXES, "entities")


PROPERTY = Property("features", "entities hold one-hots, bits and floats where the schema says so", _check)
