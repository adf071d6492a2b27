"""The `_official` specs give the released code's numbers: values, losses, gradients, optimiser steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parity.runner import Case

GOLDEN = sorted((Path(__file__).parent / "golden").iterdir())


@pytest.fixture(params=GOLDEN, ids=lambda folder: folder.name)
def case(request: pytest.FixtureRequest) -> Case:
    return Case.read(request.param)


def test_values_and_losses(case: Case) -> None:
    """rtol 1e-5, atol 1e-6, as the manifests ask."""
    errors = dict(case.compare_values())
    assert len(errors) >= 9
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_gradients(case: Case) -> None:
    """rtol 1e-4, atol 1e-6 of the largest gradient, for every weight."""
    errors = dict(case.compare_gradients())
    assert set(errors) == set(case.names())
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_three_optimiser_steps(case: Case) -> None:
    """Losses and gradient norms of three updates; every weight after the first within 1e-5."""
    errors = dict(case.compare_steps())
    assert {name: e for name, e in errors.items() if e > 1} == {}


def test_no_recorded_weight_may_be_left_over(case: Case) -> None:
    case.arrays["params/agent.extra.weight"] = case.arrays["params/agent.fc1.weight"]
    with pytest.raises(AssertionError, match=r"agent\.extra\.weight"):
        case.weights("params")
