"""Episodes recorded as entities with masks (there: 1 = masked out)."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields


def schema(case: Any) -> EntitySchema:
    hyper = case.manifest["hyperparameters"]
    agents, entities, actions = hyper["n_agents"], hyper["n_entities"], hyper["n_actions"]
    kinds = [EntityType(name="agent", side="agent", min=0, max=agents)]
    if entities > agents:
        kinds.append(EntityType(name="other", side="other", min=0, max=entities - agents))
    return EntitySchema(
        name="recorded", summary="sizes of a recorded case", agents=agents, entities=entities, fewest_agents=1,
        fewest_others=0, types=tuple(kinds),
        features=(Feature(name="all", size=hyper["entity_shape"], kind="float"),),
        actions=(ActionGroup(name="all", count=actions),), limit=case.arrays["in/filled"].shape[1] - 1,
        truncates=True, fields=standard_fields("truth_groups"),
    )  # fmt: skip


def fields(case: Any) -> dict[str, Tensor]:
    a, agents = case.arrays, case.manifest["hyperparameters"]["n_agents"]
    found = {
        "entities": a["in/entities"].to(case.dtype), "visible": ~a["in/obs_mask"][:, :, :agents].bool(),
        "sight": ~a["in/obs_mask"].bool(), "present": ~a["in/entity_mask"].bool(),
    }  # fmt: skip
    if "in/gt_mask" in a:
        found["truth_groups"] = ~a["in/gt_mask"][:, :, :agents].bool()
    return found
