"""Block ``entity_actions``."""

from typing import Annotated, Any, ClassVar, Literal

from compose.blocks.attend.attention import both
from compose.language.axes import Axes
from compose.language.block import Block, Port
from compose.language.operation import Run, Site


class EntityActions(Block):
    """Values of all actions from those of the plain ones and of whom the others are aimed at.

    ``plain`` [... agent plain], ``aimed`` [... agent entity], ``map`` bool [... action entity],
    ``mask`` bool [... agent entity] -> [... agent action]. The first actions are the plain ones; any other has the
    value of the entity that ``map`` aims it at, 0 if there is none that is present and that the mask shows.

    In OPT (Liu et al. 2024, for single tasks) every action that is aimed at an entity is valued by that entity's token.
    """

    block: Literal["entity_actions"]
    phrase: ClassVar[str] = "{plain}, and {aimed} for actions aimed at an entity"
    plain: Annotated[Port, "... agent plain"]
    """Of actions that are aimed at nothing."""
    aimed: Annotated[Port, "... agent entity"]
    """Of every entity as a target."""
    map: Annotated[Port, "bool ... action entity"]
    """True where the action is aimed at the entity."""
    mask: Annotated[Port, "bool ... agent? entity?"]
    """True where the agent may see the entity."""

    returns: ClassVar[str] = "... agent action"
    bounds: ClassVar[dict[str, str]] = {"aimed": "mask"}

    def orders(self, site: Site) -> Axes:
        return ("plain", "action")

    def counted(self, site: Site) -> tuple[tuple[str, str], ...]:
        return (("aimed", "entity"),)

    def compute(self, run: Run, *, plain: Any, aimed: Any, map: Any, mask: Any) -> Any:
        import torch

        allowed = both(mask, run.present("aimed", "entity"))
        rows = aimed if allowed is True else aimed.masked_fill(~allowed, 0.0)
        valued = rows @ map.to(rows.dtype).transpose(-1, -2)
        lead, _ = torch.broadcast_tensors(plain[..., :1], valued[..., :1])  # type: ignore[no-untyped-call]
        rest = valued[..., run.size("plain") :]
        return torch.cat([torch.broadcast_tensors(x, lead)[0] for x in (plain, rest)], -1)  # type: ignore[no-untyped-call]
