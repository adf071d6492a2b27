"""EPyMARL's MAPPO, IPPO and COMA: values, losses, gradients, and weights epoch by epoch and call by call."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.parity.epochs import Epochs

GOLDEN = sorted((Path(__file__).parent / "golden_epochs").iterdir())


@pytest.fixture(params=GOLDEN, ids=lambda folder: folder.name)
def case(request: pytest.FixtureRequest) -> Epochs:
    return Epochs.read(request.param)


def mappo() -> Epochs:
    return Epochs.read(Path(__file__).parent / "golden_epochs" / "mappo")


def test_values_and_losses(case: Epochs) -> None:
    errors = dict(case.compare_values())
    assert {"returns", "losses.critic", "losses.policy", "statistics.reward.mean"} <= set(errors)
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_gradients(case: Epochs) -> None:
    errors = dict(case.compare_gradients())
    assert set(errors) == set(case.names())
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_epochs_and_calls(case: Epochs) -> None:
    """Losses and norms of every epoch of two calls; all weights after the first epoch and after each call."""
    errors, calls = dict(case.compare_steps()), case.calls
    assert {name: e for name, e in errors.items() if e > 1} == {}
    assert calls == ((2, 1) if case.manifest["case"] == "coma" else (2, 4))
    groups = ["params_after", "params_after_2", *(["params_after_epoch"] if calls[1] > 1 else [])]
    assert {f"{group}.{name}" for group in groups for name in case.names()} <= set(errors)
    assert {f"target_params_after.{name}" for name in case.names() if name.startswith("critic.")} <= set(errors)
    if calls[1] > 1:
        assert {f"epoch {epoch}.ratio" for epoch in range(4)} <= set(errors)


@pytest.mark.parametrize(("patch", "off"), [
    ({"graph": {"returns": {"steps": "taken"}}}, "returns"),
    ({"graph": {"reward": {"steps": "taken"}}}, "returns"),
    ({"learner": {"optimizers": {"policy": {"after": "critic"}}}}, "params_after.policy.x.weight"),
    ({"learner": {"target": {"every": "1 updates"}}}, "target_params_after.critic.x1.weight"),
    ({"params": {"clip": 1e9}}, "params_after.policy.x.weight"),
])  # fmt: skip
def test_what_the_released_code_does_can_be_seen(patch: dict[str, object], off: str) -> None:
    case = mappo()
    case.mapping["patch"] = patch
    if "params" in patch:
        case.mapping["params"] = {k: v for k, v in case.mapping["params"].items() if k != "clip"}
        case.mapping["unread"] = [*case.mapping["unread"], "eps_clip"]
    found = {**dict(case.compare_values()), **dict(case.compare_steps())}
    assert found[off] > 1


def test_no_recorded_weight_may_be_left_over(case: Epochs) -> None:
    case.arrays["params/agent.extra.weight"] = torch.ones(2)
    with pytest.raises(AssertionError, match=r"agent\.extra\.weight"):
        case.weights("params")


def test_a_setting_that_is_not_mapped_is_refused_by_name() -> None:
    case = mappo()
    case.manifest["hyperparameters"]["value_clip"] = 0.1
    with pytest.raises(ValueError, match=r"value_clip \(0.1\) is not mapped"):
        _ = case.graph
