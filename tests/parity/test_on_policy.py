"""The `_official` local actor-critics and VAST give the released code's numbers, optimizer by optimizer."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.load import load
from compose.training.optim import Optimizers
from tests.parity.on_policy import LAYERS, TOTALS, OnPolicyCase, error

GOLDEN = sorted((Path(__file__).parent / "golden_on_policy").iterdir())


@pytest.fixture(params=GOLDEN, ids=lambda folder: folder.name)
def case(request: pytest.FixtureRequest) -> OnPolicyCase:
    return OnPolicyCase(request.param)


def test_values_losses_and_gradients(case: OnPolicyCase) -> None:
    """rtol 1e-4, atol 1e-5, as the manifests ask."""
    errors, model = dict(case.compare_values()), case.model()
    assert {name: e for name, e in errors.items() if e > 1} == {}
    assert {f"grad.{name}" for name, _ in model.named_parameters()} <= set(errors)
    assert {"returns", "0.baseline", "0.advantage", "losses.policy"} <= set(errors)
    tapped = {"vdn": "q_tot", "qmix": "q_tot", "qtran": "at_max.j", "il": "losses.policy"}
    assert next(tap for operator, tap in tapped.items() if operator in case.folder.name) in errors


def test_two_updates_in_the_order_of_the_optimizers(case: OnPolicyCase) -> None:
    """Losses and norms of every optimizer on what those before it left; all weights after each update (atol 1e-5)."""
    errors, model = dict(case.compare_updates()), case.model()
    assert {name: e for name, e in errors.items() if e > 1} == {}
    assert {f"{turn}.after.{name}" for turn in (0, 1) for name, _ in model.named_parameters()} <= set(errors)
    order = [name for turn in Optimizers(model, model.spec.learner.optimizers).turns for name in turn]
    assert order == case.manifest["phases_in_order"]


def test_the_order_can_be_seen() -> None:
    """The policy's loss before the critic has stepped is not the recorded one."""
    case = OnPolicyCase(Path(__file__).parent / "golden_on_policy" / "vast_qtran")
    before = case.model().learn(case.fields(0)).totals["policy"].detach()
    assert error(before, case.official[f"r0/{TOTALS['policy']}"]) > 3


def test_teams_dealt_in_turn_are_the_recorded_ones() -> None:
    case = OnPolicyCase(Path(__file__).parent / "golden_on_policy" / "vast_qtran_fixed")
    graph = build_graph(load("vast_fixed_official", ["params.eta=0.5"]), case.schema())
    found = Model(graph, taps=("teams",)).learn(case.fields(0)).taps["teams"][case.rows]
    assert torch.equal(found, case.official["r0/assign/ids"])


def test_no_recorded_weight_may_be_left_over() -> None:
    case = OnPolicyCase(Path(__file__).parent / "golden_on_policy" / "vast_qmix")
    model, recorded = case.model(), case.arrays("params")
    with pytest.raises(AssertionError, match=r"not mapped: \['mixer\.extra\.weight'\]"):
        case.weights(model, {**recorded, "mixer.extra.weight": torch.zeros(1)})
    del recorded[f"{LAYERS['mixer.w2']}.weight"]
    with pytest.raises(KeyError, match=r"hyper_w_final\.2\.weight"):
        case.weights(model, recorded)


def test_a_setting_that_is_not_mapped_is_refused_by_name() -> None:
    case = OnPolicyCase(Path(__file__).parent / "golden_on_policy" / "vast_qmix")
    case.manifest["hyper_parameters"]["entropy_bonus"] = 0.1
    with pytest.raises(ValueError, match=r"entropy_bonus \(0.1\) is not mapped"):
        case.model()
