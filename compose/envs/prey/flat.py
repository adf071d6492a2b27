"""What flat methods read of predator-prey: one vector for each agent, and one for all."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.prey.dynamics import Map


def flat(area: Map, cell: Tensor, capability: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
    """``state`` (batch state) and ``observation`` (batch agent observation).

    The state holds of every slot whether somebody is on the map, its row and column over the map's size, and its
    capability. An observation holds the agent's own row and column, then the same
    numbers of every slot as the agent sees it, counted from where it stands; zeros of whom it does not see.

    Args:
        area: The map.
        cell: (batch entity) int64.
        capability: (batch entity) float.
        visible: (batch agent entity) bool.
    """
    there, agents = cell != area.nowhere, visible.shape[1]
    place = torch.stack((cell // area.width - 2, cell % area.width - 1), 2) / area.size
    all_known = torch.cat((torch.ones_like(place[..., :1]), place, capability[..., None]), 2) * there[..., None]
    own = all_known[:, :agents, 1:3]
    seen = all_known[:, None].repeat(1, agents, 1, 1)
    seen[..., 1:3] -= own[:, :, None]
    seen *= (visible & there[:, None])[..., None]
    observation = torch.cat((own, rearrange(seen, "batch agent entity known -> batch agent (entity known)")), 2)
    return rearrange(all_known, "batch entity known -> batch (entity known)"), observation
