"""Episodes recorded as observations and a state.

Entities are the agents. Their features are their own numbers of the state where the released code reads those (``unit``
in the mapping names the setting that says how many they are), or a zero.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from compose.graph.schema import OBSERVED, ActionGroup, EntitySchema, EntityType, Feature, standard_fields


def schema(case: Any) -> EntitySchema:
    hyper = case.manifest["hyperparameters"]
    agents = hyper["n_agents"]
    return EntitySchema(
        name="recorded", summary="sizes of a recorded case", agents=agents, entities=agents,
        types=(EntityType(name="agent", side="agent", min=agents, max=agents),),
        features=(Feature(name="own", size=_unit(case), kind="float"),),
        actions=(ActionGroup(name="all", count=hyper["n_actions"]),), limit=case.arrays["in/filled"].shape[1] - 1,
        truncates=True, fields=standard_fields("observation", "state"),
        axes={"observation": hyper["obs_shape"], "state": hyper["state_shape"], **_observed(case)},
    )  # fmt: skip


def fields(case: Any) -> dict[str, Tensor]:
    a, agents = case.arrays, case.manifest["hyperparameters"]["n_agents"]
    state, unit = a["in/state"].to(case.dtype), _unit(case)
    batch, time = state.shape[:2]
    own = state[..., : agents * unit] if "unit" in case.mapping else state.new_zeros(batch, time, agents * unit)
    everyone = torch.ones(batch, time, agents, agents, dtype=torch.bool)
    return {
        "observation": a["in/obs"].to(case.dtype), "state": state, "entities": own.reshape(batch, time, agents, unit),
        "present": everyone[..., 0], "visible": everyone, "sight": everyone,
        "agent_id": torch.eye(agents, dtype=case.dtype),
    }  # fmt: skip


def _unit(case: Any) -> int:
    return int(case.manifest["hyperparameters"][case.mapping["unit"]]) if "unit" in case.mapping else 1


def _observed(case: Any) -> dict[str, int]:
    """What an observation is made of, where that is known: 4 moves, 4 numbers and its own about each unit."""
    hyper = case.manifest["hyperparameters"]
    if "enemy_num" in hyper:  # UPDeT's tokens
        theirs, ours = (count * hyper["token_dim"] for count in (hyper["enemy_num"], hyper["ally_num"] - 1))
        return dict(zip(OBSERVED, (4, theirs, ours, hyper["obs_shape"] - 4 - theirs - ours), strict=True))
    if "in/obs_alone" not in case.arrays:
        return {}
    own, whole, alone = hyper["individual_feats_size"], hyper["obs_shape"], case.arrays["in/obs_alone"].shape[-1]
    return dict(zip(OBSERVED, (4, alone - 4 - own, whole - alone, own), strict=True))
