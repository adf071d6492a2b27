"""Sight that agents do not share: whom they may see."""

from __future__ import annotations

from torch import Tensor

from compose.envs.starcraft.snapshot import Snapshot


def permitted(snapshot: Snapshot) -> Tensor:
    """Whom agents may see, bool [batch ally enemy].

    Raises:
        ValueError: If the snapshot does not say.
    """
    if snapshot.permitted is None:
        raise ValueError("where sight is not shared a snapshot says whom agents are permitted to see")
    return snapshot.permitted
