"""What can be seen of battles between two steps: all that views need, wherever the battles are fought."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(slots=True)
class Snapshot:
    """The units of B battles: allies in the first A slots, enemies in the E after them.

    Who is present stays the same for an episode; the dead are present, with health 0.
    """

    kind: Tensor
    """int64 [batch unit]: the place of the unit's type in ``UNITS``; anything where no unit is present."""
    present: Tensor
    """bool [batch unit]."""
    position: Tensor
    """float32 [batch unit xy], from the centre of the map; of the dead, where they died."""
    health: Tensor
    """float32 [batch unit], in points like ``shield`` and ``energy``; 0 for the dead and the absent."""
    shield: Tensor
    energy: Tensor
    cooldown: Tensor
    """float32 [batch unit]: loops until the weapon can fire."""
    tag: Tensor
    """int64 [batch unit]: enemies' are 0 .. E - 1, allies' are E .. E + A - 1, all different within a battle."""
    moves: Tensor
    """bool [batch ally 4]: whether a step north (+y), south, east (+x), west leads to walkable ground."""
    task: Tensor
    """int64 [batch]."""
    last_action: Tensor
    """int64 [batch ally]: the action before, 0 at first; indices as the view gives them out."""
    facing: Tensor | None = None
    """int64 [batch ally]: the direction that agents face, one of ``TURNS``; where sight is a cone."""
    permitted: Tensor | None = None
    """bool [batch ally enemy]: whom agents may see, if near enough; where sight is not shared."""

    @property
    def alive(self) -> Tensor:
        """bool [batch unit]."""
        return self.health > 0
