"""What people give a policy: converted where that loses nothing, refused by name elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.envs import catalogue
from compose.language.diagnostics import SpecError
from compose.training.given import step_fields

ENV = catalogue.make("group_matching:agents=3,cells=3,limit=8")
SHOWN = ENV.reset(torch.arange(2), seed=0)
NEEDED = ("entities", "visible", "present", "available")


def taken(**other: Any) -> dict[str, Tensor]:
    return step_fields({**SHOWN, **other}, ENV.schema, 2, NEEDED, device=torch.device("cpu"), dtype=torch.float32)


def refused(*, without: str = "", **other: Any) -> str:
    fields = {name: x for name, x in {**SHOWN, **other}.items() if name != without}
    with pytest.raises(SpecError) as caught:
        step_fields(fields, ENV.schema, 2, NEEDED, device=torch.device("cpu"), dtype=torch.float32)
    return "\n".join(f"{d.code} {d.where}: {d.message}" for d in caught.value.diagnostics)


@pytest.mark.parametrize("name", ["entities", "visible", "available", "present", "task"])
@given(kind=st.sampled_from(["f2", "f4", "f8", ">f4", "u1", "i4", "i8", "?", "list", "torch", "double", "back"]))
@settings(max_examples=15, deadline=None)
def test_what_holds_the_same_is_the_same(name: str, kind: str) -> None:
    plain = SHOWN[name]
    declared, whole = ENV.schema.fields[name].dtype, bool((plain.double() == plain.double().round()).all())
    if kind == "list":
        given: Any = plain.tolist()
    elif kind in ("torch", "double"):
        given = plain.double() if kind == "double" and declared != "int" else plain
    elif kind == "back":
        given = plain.numpy()[..., ::-1].copy()[..., ::-1]
    else:
        given = plain.numpy().astype(kind)
    lost = declared == "float" and (kind == "?" or (kind in ("u1", "i4", "i8") and not whole))
    if lost or (declared == "int" and kind in ("f2", "f4", "f8", ">f4", "?")):
        return
    found = taken(**{name: given})[name]
    assert found.dtype == {"float": torch.float32, "bool": torch.bool, "int": torch.int64}[declared]
    assert torch.allclose(found.double(), plain.double(), atol=1e-3)


@pytest.mark.parametrize(("other", "said"), [
    ({"available": torch.zeros(2, 3, 3, dtype=torch.bool)},
     "available: no action is available to agent 0 of episode 0, agent 1 of episode 0, agent 2 of episode 0 and 3 m"),
    ({"entities": SHOWN["entities"] * torch.nan}, "entities: is nan at episode 0, entity 0, feature 0"),
    ({"entities": SHOWN["entities"].double() + 1e300}, "entities: is inf at episode 0, entity 0, feature 0"),
    ({"available": np.full((2, 3, 3), 2)}, "available: expected a mask, bool or 0 and 1, got other int64 numbers"),
    ({"visible": SHOWN["visible"].float() * torch.nan}, "visible: expected a mask"),
    ({"entities": SHOWN["entities"] > 0}, "entities: expected numbers, got bool"),
    ({"entities": SHOWN["entities"].to(torch.complex64)}, "entities: expected numbers, got torch.complex64"),
    ({"entities": "text"}, "entities: expected numbers"), ({"entities": None}, "entities: expected numbers"),
    ({"task": np.array([0.0, 0.0])}, "task: expected whole numbers, got float64"),
    ({"task": [0, 1]}, "task: expected whole numbers from 0 to 0, got 0 to 1"),
    ({"available": torch.ones(3, 3)}, "available: expected [batch agent action] = [2, 3, 3], got [3, 3]"),
    ({"avaliable": torch.ones(3, 3)}, "avaliable: group_matching:agents=3,cells=3,limit=8 has no such field"),
    ({"entities": [[1, 2], [3]]}, "entities: "), ({"without": "visible"}, "visible: is missing"),
])  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(other: dict[str, Any], said: str) -> None:
    assert f"policy.fields {said}" in refused(**other)


def test_everything_wrong_is_said_at_once() -> None:
    assert refused(without="present", entities=None, available=torch.ones(1)).count("policy.fields") == 3


def test_absent_agents_need_nothing_to_do() -> None:
    present, available = SHOWN["present"].clone(), SHOWN["available"].clone()
    present[1, 2] = available[1, 2] = False
    assert not taken(present=present, available=available)["available"][1, 2].any()
    available[1, 1] = False
    assert "agent 1 of episode 1" in refused(present=present, available=available)
