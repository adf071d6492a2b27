"""A policy of predator-prey's own."""

from __future__ import annotations

from torch import Tensor

from compose.envs.prey.dynamics import CAPTURE, Map


def nearest(area: Map, agent: Tensor, prey: Tensor, available: Tensor) -> Tensor:
    """(batch agent) int64: capture what is beside the predator, else go one available step nearer to the nearest prey,
    wherever it is; stay where no step leads nearer. Steps are counted as if nothing stood in the way."""
    ahead = agent[..., None] + area.steps(agent.device)[:CAPTURE]
    apart = _apart(area, ahead[..., None], prey[:, None, None])
    far = apart.masked_fill((prey == area.nowhere)[:, None, None], 4 * area.width).amin(3)
    way = far.masked_fill(~available[..., :CAPTURE], 8 * area.width).argmin(2)
    return way.where(~available[..., CAPTURE], CAPTURE)


def _apart(area: Map, one: Tensor, other: Tensor) -> Tensor:
    """Steps from cell to cell."""
    width = area.width
    return (one // width - other // width).abs() + (one % width - other % width).abs()
