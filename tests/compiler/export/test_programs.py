"""Programs for others, ``.pt2`` and ``.onnx``: equal to the model, for other numbers of episodes, agents, entities."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from compose.compiler.export import onnx
from compose.compiler.export.onnx import write_onnx
from compose.compiler.export.samples import samples
from compose.compiler.export.torch_export import write_program
from compose.compiler.export.write import Export
from compose.language.diagnostics import SpecError
from tests.compiler.cases import PACKAGED, inline
from tests.compiler.export.cases import ACTING, DIFFERENT, EACH, acts, entries, odd, packaged
from tests.marked import first

needs_onnx = pytest.mark.skipif(importlib.util.find_spec("onnxruntime") is None, reason="the extra onnx is missing")


@pytest.mark.slow
def test_every_packaged_spec_acts_like_one_of_these() -> None:
    ways = [acts(spec) for spec in ACTING]
    assert len(set(ways)) == len(ways)
    assert {acts(spec) for spec in PACKAGED} == set(ways)


PROGRAMS = ("refil_group_matching", "qmix_mean_pooling_official")
"""What differs most; the class that the others are exported from is compared bit by bit in `test_emit`."""


@pytest.mark.slow
@pytest.mark.parametrize("spec", first(PROGRAMS, ACTING))
def test_every_packaged_spec_is_a_program(spec: str, tmp_path: Path) -> None:
    made = write_program(packaged(spec), tmp_path / "policy.pt2")
    assert made.parity.ok
    assert made.parity.batches == (1, 2, 7)
    schema = packaged(spec).schema
    assert schema is not None
    tied = not schema.others and "entities" in packaged(spec).programs["act"].needs("field")
    numbered = any({"id", "agent"} & {*axis.split("+")} for w in packaged(spec).programs["act"].needs("weight")
                   for axis in packaged(spec).graph.weights[w].axes)
    numbered |= spec == "updet"  # tokens are cut from an observation of so many units
    free = {"batch", "agent", "entity"} - ({"entity"} if tied else set()) - ({"agent"} if numbered else set())
    assert {*made.free} == free
    assert len(made.parity.counts) == len(made.free)
    assert entries(tmp_path) == {"policy.pt2"}
    assert str(tmp_path).encode() not in (tmp_path / "policy.pt2").read_bytes(), "it names no folder of this machine"


@pytest.fixture(scope="module")
def as_onnx(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Export]:
    """Packaged specs as ONNX, each written once, into a folder of its own."""
    return cache(lambda spec: write_onnx(packaged(spec), tmp_path_factory.mktemp(spec) / "policy.onnx"))


@pytest.mark.more
@needs_onnx
@pytest.mark.parametrize("spec", first(("refil",), DIFFERENT))
def test_it_is_an_onnx_graph(spec: str, as_onnx: Callable[[str], Export]) -> None:
    made = as_onnx(spec)
    assert made.parity.ok
    assert len(made.parity.counts) == len(made.free)
    assert entries(made.files[0].parent) == {"policy.onnx"}


@needs_onnx
@pytest.mark.more
@pytest.mark.parametrize("spec", [s for s in ACTING if s not in DIFFERENT])
def test_every_packaged_spec_is_an_onnx_graph(spec: str, tmp_path: Path) -> None:
    assert write_onnx(packaged(spec), tmp_path / "policy.onnx").parity.ok


@pytest.mark.slow
def test_a_program_takes_draws_params_and_any_state(tmp_path: Path) -> None:
    made = write_program(odd(), tmp_path / "policy.pt2")
    assert made.parity.ok
    program = torch.export.load(tmp_path / "policy.pt2")
    (sample,) = samples(odd(), batch=4, steps=1, seed=0)
    names = ("entities", "visible", "present", "available")
    given: dict[str, Any] = {name: sample.fields[name] for name in names}
    given |= {"groups_label": sample.draws["groups.label"], "state": odd().initial_state(4)}
    cold, warm = (program.module()(**given, warmth=torch.tensor(x, dtype=torch.float64))[0] for x in (0.0, 1.0))
    assert torch.equal(cold, torch.ones_like(cold))
    assert not torch.equal(cold, warm)


@pytest.mark.more
def test_entities_are_free_where_agents_are_not(tmp_path: Path) -> None:
    made = write_program(inline(EACH), tmp_path / "policy.pt2")
    assert made.parity.ok
    assert made.parity.counts == ((3, 5), (3, 8))


@needs_onnx
@pytest.mark.more
def test_onnx_takes_draws_params_and_any_state(tmp_path: Path) -> None:
    assert write_onnx(odd(torch.float32), tmp_path / "policy.onnx").parity.ok


@pytest.mark.more
@needs_onnx
def test_names_in_an_onnx_graph(as_onnx: Callable[[str], Export]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(as_onnx("refil").files[0]))
    shapes = {i.name: i.shape for i in session.get_inputs()}
    assert shapes == {
        "entities": ["batch", "entity", 38], "visible": ["batch", "agent", "entity"], "present": ["batch", "entity"],
        "available": ["batch", "agent", 14], "last_action": ["batch", "agent", 14],
        "state.q.h.h": ["batch", "agent", 64],
    }  # fmt: skip
    assert [o.name for o in session.get_outputs()] == ["values", "where", "next_state.q.h.h"]


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda name: None if name == "onnxruntime" else object())
    with pytest.raises(SpecError) as error:
        write_onnx(odd(), tmp_path / "policy.onnx")
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("export.extra", "ONNX needs onnxruntime")
    assert found.hint == 'install the extra: pip install "compose-marl[onnx]"'
    assert not entries(tmp_path)
