"""Who plays battles."""

from __future__ import annotations

import pytest
import torch

from compose.envs.skirmish.native.kernel import kernel


@pytest.fixture(params=["compiled", "torch"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "torch":
        monkeypatch.setenv("COMPOSE_KERNEL", "off")
    elif kernel(torch.device("cpu"), 2) is None:
        pytest.skip("no compiler")
