"""The `_official` specs give the released code's numbers: values, losses, gradients, optimiser steps."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.parity.runner import Case, relative

GOLDEN = sorted((Path(__file__).parent / "golden").iterdir())


@pytest.fixture(params=GOLDEN, ids=lambda folder: folder.name)
def case(request: pytest.FixtureRequest) -> Case:
    return Case.read(request.param)


def test_values_and_losses(case: Case) -> None:
    """1e-5 of the largest of each array, and 1e-6."""
    errors = dict(case.compare_values())
    assert len(errors) >= 9
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_gradients(case: Case) -> None:
    """1e-4 of the largest of each weight, 1e-6 of the largest of all."""
    errors = dict(case.compare_gradients())
    assert set(errors) == set(case.names()) - case.noise()
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_three_optimiser_steps(case: Case) -> None:
    """Losses and gradient norms of three updates; every weight after the first, and after the third where recorded."""
    errors = dict(case.compare_steps())
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_no_recorded_weight_may_be_left_over(case: Case) -> None:
    case.arrays["params/agent.extra.weight"] = torch.ones(2)
    with pytest.raises(AssertionError, match=r"agent\.extra\.weight"):
        case.weights("params")


def opt() -> Case:
    return Case.read(Path(__file__).parent / "golden" / "opt")


@pytest.mark.parametrize(("setting", "loss"), [
    ("mac_disentangle_alpha", "agent_cd"), ("mixer_disentangle_alpha", "mixer_cd"), ("mac_cmi_kl_alpha", "cmi_kl"),
    ("mac_cmi_entropy_alpha", "cmi_entropy"),
])
def test_every_coefficient_is_mapped_by_itself(setting: str, loss: str) -> None:
    case = opt()
    case.manifest["hyperparameters"][setting] += 0.25
    case.arrays["out/loss_total"] = case.arrays["out/loss_total"] + 0.25 * case.arrays[f"out/loss_{loss}"]
    assert {name: e for name, e in case.compare_values() if e > 1} == {}


def test_the_mixer_has_prototypes_and_layers_of_its_own() -> None:
    case = opt()
    case.manifest["hyperparameters"].update(n_heads=2, n_blocks=3, mix_n_heads=3, mix_n_blocks=1)
    sizes = {name: case.graph.table.size(name) for name in ("proto", "layer", "mix_proto", "mix_layer")}
    assert sizes == {"proto": 2, "layer": 3, "mix_proto": 3, "mix_layer": 1}
    axes = {name.partition(".")[0]: w.axes[:2] for name, w in case.graph.weights.items() if name.endswith("p.query")}
    assert axes == {"disentangle_table": ("layer", "proto"), "disentangle_state": ("mix_layer", "mix_proto")}
    for i in (2, 3):
        case.arrays[f"out/agent_block{i}_attn_out"] = case.arrays["out/agent_block0_attn_out"]
    found = {name for name in case.compared() if name.startswith("q.layers[")}
    assert found == {f"q.layers[{i}].mixed" for i in range(4)}


@pytest.mark.parametrize(("setting", "value", "said"), [
    ("double_q", False, "double_q is False; opt_official stands for True"), ("scale_q", False, "scale_q is False"),
    ("weight_decay", 0.1, "weight_decay is 0.1"), ("td_lambda", 0.6, r"td_lambda \(0.6\) is not mapped"),
    ("optimizer", "adam", "optimizer is 'adam'"), ("entity_last_action", False, "entity_last_action is False"),
])
def test_a_setting_that_is_not_mapped_is_refused_by_name(setting: str, value: object, said: str) -> None:
    case = opt()
    case.manifest["hyperparameters"][setting] = value
    with pytest.raises(ValueError, match=said):
        _ = case.graph


def test_values_are_compared_relative_to_the_largest_of_their_array() -> None:
    recorded = torch.tensor([1000.0, 1e-3])
    assert relative(recorded + torch.tensor([0.0, 5e-3]), recorded) < 1
    assert relative(recorded + torch.tensor([0.02, 0.0]), recorded) > 1
