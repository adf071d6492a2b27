"""The network of EMP gives the released network's numbers, round by round; its PPO losses are not compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.graph.fields import Field
from compose.graph.schema import ActionGroup, EntitySchema, EntityType, Feature, standard_fields
from compose.language.load import load

HERE = Path(__file__).parent
GOLDEN = HERE / "golden_network" / "emp"
LINEAR = {"encoded": "encoder.0", "marks": "entity_encoder.0", "read": "entity_update.0", "p_x": "policy_head.0",
          "logits": "dist.linear", "v_x": "value_head.0", "value": "value_head.2"}  # fmt: skip
PARTS = {"query": "W_query", "key": "W_key", "value": "W_val", "out": "W_out"}
VALUES = {
    "q.encoded": "encoded", "q.a": "entity_message", "q.read": "after_entities", "q.value": "value",
    **{f"q.rounds[{k}].m": f"messages/{k}" for k in range(3)},
    **{f"q.rounds[{k}].next": f"states/{k}" for k in range(3)},
}  # fmt: skip


def field(*axes: str, dtype: str = "float", scope: str = "local") -> Field:
    return Field.model_validate({"axes": ("batch", "time", *axes), "dtype": dtype, "scope": scope, "what": "Recorded."})


def schema(agents: int) -> EntitySchema:
    return EntitySchema(
        name="recorded", summary="sizes of a recorded case", agents=agents, entities=agents, limit=1, truncates=True,
        types=(EntityType(name="agent", side="agent", min=agents, max=agents),),
        features=(Feature(name="all", size=1, kind="float"),), actions=(ActionGroup(name="all", count=5),),
        axes={"own": 4, "landmark": 3},
        fields=standard_fields(own=field("agent", "own"), landmarks=field("agent", "landmark", "xy"),
                               heard=field("agent", "agent'", dtype="bool")),
    )  # fmt: skip


def weights(recorded: dict[str, Tensor]) -> dict[str, Tensor]:
    """Ours from the recorded ones; what mixes values keeps its own."""
    found = {}
    for node, theirs in [*((f"utility.{n}", t) for n, t in LINEAR.items()), ("message.next", "update.0")]:
        for kind in ("weight", "bias"):
            found[f"{node}.{kind}"] = recorded[f"params/{theirs}.{kind}"]
    for node, theirs in PARTS.items():
        found[f"message.m.{node}"] = recorded[f"params/messages.{theirs}"][0].T
    for node, theirs in {"query": "W_query", "key": "W_key", "worth": "W_val", "a": "W_out"}.items():
        found[f"utility.{node}.weight"] = recorded[f"params/entity_messages.{theirs}"][0].T
    found["utility.value.weight"], found["utility.value.bias"] = (
        found["utility.value.weight"][0], found["utility.value.bias"][0])  # fmt: skip
    return found


@pytest.fixture(scope="module")
def compared() -> dict[str, tuple[Tensor, Tensor]]:
    """Ours and the recorded values, [sample agent ...]."""
    recorded, settings = load_file(GOLDEN / "case.safetensors"), json.loads((GOLDEN / "manifest.json").read_text())
    agents = settings["hyperparameters"]["n_agents"]
    model = Model(build_graph(load(HERE / "emp_network.yaml"), schema(agents)), seed=0, taps=(*VALUES, "q"))
    mine = {name: w.detach() for name, w in model.weights.items()} | weights(recorded)
    assert {n for n in mine if n.startswith(("utility.", "message."))} == {*weights(recorded)}
    model.load(mine, {name: mine[name] for name in model.target})
    seen = recorded["in/obs"].transpose(0, 1)  # recorded agent by agent
    fields = dict(fake_batch(model.schema, 0, batch=len(seen)).items())
    given = {"own": seen[..., :4], "landmarks": seen[..., 4:].unflatten(-1, (3, 2)),
             "heard": ~recorded["out/comm_mask"].bool()}  # fmt: skip
    fields |= {name: x.unsqueeze(1).expand(-1, 2, *x.shape[1:]).contiguous() for name, x in given.items()}
    fields["present"] = torch.ones_like(fields["present"])
    taps = {name: x.detach()[:, 0] for name, x in model.learn(fields).taps.items()}
    found = {}
    for ours, theirs in VALUES.items():
        name, _, turn = theirs.partition("/")
        x = recorded[f"out/{name}"]
        found[ours] = taps[ours], (x[int(turn)] if turn else x.transpose(0, 1)).reshape(taps[ours].shape)
    found["q"] = taps["q"].log_softmax(-1), recorded["out/logits"].transpose(0, 1)
    return found


@pytest.mark.parametrize("name", [*VALUES, "q"])
def test_values_are_the_released_networks(compared: dict[str, tuple[Tensor, Tensor]], name: str) -> None:
    mine, recorded = compared[name]
    assert float((mine - recorded).abs().max()) <= 1e-5 * float(recorded.abs().max()) + 1e-6
