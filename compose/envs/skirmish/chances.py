"""What is drawn in a step: the jitter of weapons, and numbers for scripts."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

from compose.envs.skirmish.battle import Forces, snap
from compose.envs.starcraft.units import STEP
from compose.kernels.random import Seeds, keys, uniform


def reload(forces: Forces, jitter: tuple[float, float], steps: Tensor, seed: Seeds) -> Tensor:
    """Loops from a volley in this step to the next [battle loop unit]: the weapon's period and some jitter.

    Args:
        jitter: By how many loops the next volley is late: the least, and how much more at most.
        steps: int64 [battle]: a number for each step of each episode.
    """
    least, spread = jitter
    loop = torch.arange(STEP * forces.units, device=steps.device)
    draw = uniform(keys(seed, "jitter"), steps[:, None] * (STEP * forces.units) + loop)
    late = rearrange(snap(draw * spread + least), "battle (loop unit) -> battle loop unit", loop=STEP)
    return late + forces.period[:, None]


def pairs(units: int, steps: Tensor, seed: Seeds) -> Tensor:
    """For scripts: a number in [0, 1) for every pair [battle unit target]."""
    count = units * units
    draw = uniform(keys(seed, "script"), steps[:, None] * count + torch.arange(count, device=steps.device))
    return rearrange(draw, "battle (unit target) -> battle unit target", unit=units)
