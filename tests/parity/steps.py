"""What every recorded case has of its episodes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def steps(case: Any) -> dict[str, Tensor]:
    """Actions, rewards, ends, and the steps that count."""
    a = case.arrays
    mask, taken = a["out/mask"][..., 0].bool(), a["in/actions_onehot"].to(case.dtype)
    return {
        "available": a["in/avail_actions"].bool(), "action": a["in/actions"][..., 0],
        "last_action": torch.cat([torch.zeros_like(taken[:, :1]), taken[:, :-1]], 1),
        "reward": a["in/reward"][..., 0].to(case.dtype), "terminated": a["in/terminated"][..., 0].bool(),
        "steps": torch.cat([mask, torch.zeros_like(mask[:, :1])], 1),
    }  # fmt: skip
