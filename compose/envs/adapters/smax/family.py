"""SMAX as a family of the catalogue. Neither torch nor jax is imported here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from compose.envs.adapters.smax.settings import Settings
from compose.envs.starcraft.scenario import load
from compose.envs.starcraft.schema import entity_schema
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

MAPS = ("3m", "8m", "25m", "5m_vs_6m", "10m_vs_11m", "27m_vs_30m", "2s3z", "3s5z", "3s5z_vs_3s6z", "3s_vs_5z",
        "6h_vs_8z")
"""Those that SMAX and SMAC both have."""
NOTE = ("SMAX's own rules: other damage, health, ranges and speeds than StarCraft's, no shields, walls that kill, its "
        "heuristic as the opponent. Its numbers compare with no other environment's.")


class SmaxFamily:
    """The catalogue's entry."""

    needs = "jaxmarl"
    summary = "Battles like SMAC's maps by the rules of JaxMARL's SMAX."
    instances: ClassVar[dict[str, Settings]] = {name: Settings() for name in MAPS}

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """SMAC's schema of the map, without its flat vectors."""
        made = entity_schema(load(instance), name=f"smax/{instance}", limit=settings.limit, flat=False)
        return made.model_copy(update={"note": NOTE})

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """The battles; imports jax.

        Raises:
            SpecError: If jaxmarl is not installed.
        """
        if find_spec("jaxmarl") is None or find_spec("jax") is None:
            raise SpecError(Diagnostic(
                "smax.missing", "jaxmarl is not installed", where=f"smax/{instance}",
                hint="pip install 'compose-marl[smax]'",
                notes=(f"skirmish/{instance} is a battle of the same size and needs no jax",),
            ))
        from compose.envs.adapters.smax.environment import SmaxBattles

        return SmaxBattles(schema, load(instance), settings, device)


FAMILY = SmaxFamily()
