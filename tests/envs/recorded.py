"""Episodes recorded from released implementations, every random draw included."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

FIXTURES = Path(__file__).parents[1] / "fixtures"


def recorded_episodes(case: str) -> dict[str, Tensor]:
    """The arrays of a fixture by name."""
    with np.load(FIXTURES / f"{case}.npz") as arrays:
        return {name: torch.from_numpy(array) for name, array in arrays.items()}
