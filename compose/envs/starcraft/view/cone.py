"""Sight in a cone: who is ahead of whom."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from compose.envs.starcraft.scenario_model import TURNS
from compose.envs.starcraft.snapshot import Snapshot

HALF = math.pi / TURNS
"""Half the angle of a cone: the cones of all directions cover the circle once."""


def directions(device: torch.device) -> Tensor:
    """Unit vectors float64 [direction xy]: the first east, then anticlockwise."""
    turns = [2 * math.pi * k / TURNS for k in range(TURNS)]
    return torch.tensor([(math.cos(turn), math.sin(turn)) for turn in turns], dtype=torch.float64, device=device)


def faced(snapshot: Snapshot) -> Tensor:
    """Where agents face, as unit vectors float64 [batch ally xy].

    Raises:
        ValueError: If the snapshot does not say.
    """
    if snapshot.facing is None:
        raise ValueError("where sight is a cone a snapshot says where agents face")
    return directions(snapshot.position.device)[snapshot.facing]


def ahead(snapshot: Snapshot) -> Tensor:
    """Who is in whose cone, however far away, bool [batch ally unit]; who stands at the very same place, is."""
    way = faced(snapshot)
    x, y = snapshot.position.double().unbind(-1)
    agents = way.shape[1]
    east, north = x[:, None] - x[:, :agents, None], y[:, None] - y[:, :agents, None]
    along = east * way[..., :1] + north * way[..., 1:]
    return along >= math.cos(HALF) * (east * east + north * north).sqrt()
