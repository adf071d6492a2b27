"""k-means for many small sets of points at once, as one operation of torch that tracing and compiling keep whole."""

from __future__ import annotations

import torch
from torch import Tensor, library


@library.custom_op("compose::kmeans", mutates_args=())
def kmeans(points: Tensor, counts: Tensor, order: Tensor, clusters: int, iterations: int) -> Tensor:
    """The label of every point by Lloyd's iteration, from several starts, of which the best is kept.

    A set of m points that count has ``min(clusters, m)`` clusters. A start takes as centres the points that count whose
    ``order`` is highest. Iteration ends when no label changes in any set; a cluster that loses all points keeps its
    centre. Points that do not count get label 0. Equal sums of squared distances: the first start wins.

    Args:
        points: [... point coordinate]; leading axes may have size 1, and are then as in ``order``.
        counts: bool [... point].
        order: [... start point], any numbers.
        clusters: At most, and at most the number of points.
        iterations: At most.

    Returns:
        int64 [... point].
    """
    lead, clusters = order.shape[:-2], min(clusters, order.shape[-1])
    points = points.expand(*lead, -1, -1).reshape(-1, *points.shape[-2:])
    counts = counts.expand(*lead, -1).reshape(-1, counts.shape[-1])
    best, found = points.new_full(points.shape[:1], torch.inf), counts.new_zeros(counts.shape, dtype=torch.int64)
    missing = torch.arange(clusters, device=points.device) >= counts.sum(1, keepdim=True)
    for start in order.reshape(-1, *order.shape[-2:]).masked_fill(~counts[:, None], -torch.inf).unbind(1):
        first = start.topk(clusters, dim=1).indices
        centres = points.gather(1, first[..., None].expand(-1, -1, points.shape[2]))
        labels, distances = _nearest(points, centres, missing)
        for _ in range(iterations):
            member = torch.nn.functional.one_hot(labels, clusters).to(points.dtype) * counts[..., None]
            held = member.sum(1)[..., None]
            centres = torch.where(held > 0, member.transpose(1, 2) @ points / held.clamp(min=1), centres)
            before, (labels, distances) = labels, _nearest(points, centres, missing)
            if torch.equal(labels, before):
                break
        inertia = distances.masked_fill(~counts, 0.0).sum(1)
        better = inertia < best
        best, found = torch.where(better, inertia, best), torch.where(better[:, None], labels, found)
    return found.masked_fill(~counts, 0).reshape(*lead, -1)


def _nearest(points: Tensor, centres: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest centre of every point, and the squared distance to it."""
    squares = (points[:, :, None] - centres[:, None]).square().sum(-1)
    nearest = squares.masked_fill(missing[:, None], torch.inf).min(-1)
    return nearest.indices, nearest.values


@kmeans.register_fake
def _(points: Tensor, counts: Tensor, order: Tensor, clusters: int, iterations: int) -> Tensor:
    return order.new_empty((*order.shape[:-2], order.shape[-1]), dtype=torch.int64)
