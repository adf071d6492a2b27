"""The rules of Group Matching as pure functions of given random draws (Iqbal et al. 2021, as in their released code).

``member`` (batch group agent) is True where the agent belongs to the group; ``cell`` (batch agent) int64 is the cell
each agent stands in, 0 .. cells - 1 on a ring.
"""

from __future__ import annotations

import torch
from torch import Tensor

from compose.envs.group_matching.settings import MATCH_REWARD, STEP_COST


def slices(rank: Tensor, cuts: Tensor) -> Tensor:
    """Groups as slices of the shuffled agents between consecutive cuts, *not sorted*.

    Group g holds the ranks from cut g - 1 (or 0) up to but without cut g (or n). A slice that would run backwards is
    empty, and then its neighbours overlap: with more than two groups an agent may be in several.

    Args:
        rank: (batch agent) int64, each agent's place in the shuffled order.
        cuts: (batch group-1) int64 in 0 .. n - 1.

    Returns:
        ``member``; every agent is in at least one group.
    """
    batch, agents = rank.shape
    starts = torch.cat((cuts.new_zeros(batch, 1), cuts), 1)[:, :, None]
    stops = torch.cat((cuts, cuts.new_full((batch, 1), agents)), 1)[:, :, None]
    return (starts <= rank[:, None]) & (rank[:, None] < stops)


def truth_groups(member: Tensor) -> Tensor:
    """(batch agent entity) bool: True where the entity is in the *first* of the agent's groups.

    With overlapping groups this is not symmetric.
    """
    first = member.int().argmax(1)
    return member.gather(1, first[:, :, None].expand(-1, -1, member.shape[2]))


def representative(member: Tensor) -> Tensor:
    """(batch group) int64: one member of each group, any agent for an empty group."""
    return member.int().argmax(2)


def move(cell: Tensor, action: Tensor, slip: Tensor, noise: Tensor, cells: int) -> Tensor:
    """The cells after one step: action 0 is one cell back, 1 stays, 2 is one cell forth, on a ring.

    Where ``slip`` is True, ``noise`` (an action) is executed instead of ``action``. All are (batch agent).
    """
    return (cell + torch.where(slip, noise, action) + (cells - 1)) % cells


def matches(cell: Tensor, member: Tensor, representative: Tensor) -> Tensor:
    """(batch) int64: how many groups have all members in one cell. Empty groups do."""
    stray = (cell[:, None] != cell.gather(1, representative)[:, :, None]) & member
    return (~stray.any(2)).sum(1)


def reward(change: Tensor) -> Tensor:
    """(batch) float32: a cost per step, a reward per group that has formed (its loss per group that broke up)."""
    return change.float() * MATCH_REWARD - STEP_COST
