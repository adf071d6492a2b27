"""Weights of one run as the beginning of another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from compose.cli.app import app
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.training.warm_start import WarmStart, warm_start
from tests.specs.schemas import small_schema

SMALL = ("params.embed=8", "params.hyper=8", "params.hidden=8", "params.mixing=4", "params.heads=2")


def model(spec: str = "qmix_attention", seed: int = 0, agents: int = 3, others: int = 2) -> Model:
    return Model(build_graph(load(spec, SMALL), small_schema(agents, others)), seed=seed, passes=())


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "given.safetensors"
    save_file({name: w.detach().clone() for name, w in model(seed=1).weights.items()}, path)
    return str(path)


def of(source: str) -> dict[str, torch.Tensor]:
    return dict(load_file(source))


def test_everything_that_meets_is_loaded_and_lagged_copies_follow(source: str) -> None:
    mine = model(agents=5, others=4)  # attention has weights of no size of the environment
    report = warm_start(mine, WarmStart(source))
    assert set(report.loaded) == set(mine.weights)
    assert not (report.new)
    assert not (report.unused)
    assert not (report.other_shapes)
    for name, there in of(source).items():
        assert torch.equal(mine.weights[name], there)
    for name, lagged in mine.target.items():
        assert torch.equal(lagged, of(source)[name])


def test_only_some_networks(source: str) -> None:
    mine, before = model(), model()
    report = warm_start(mine, WarmStart(source, only=("utility.x", "w1")))
    assert {name.partition(".")[0] for name in report.loaded} == {"utility", "w1"}
    assert set(report.loaded) | set(report.new) == set(mine.weights)
    for name in report.new:
        assert torch.equal(mine.weights[name], before.weights[name])


def test_a_beginning_of_a_name_ends_at_a_dot(source: str) -> None:
    with pytest.raises(SpecError, match=r"no weight of qmix_attention begins with 'util'(.|\n)*Did you mean 'utility'"):
        warm_start(model(), WarmStart(source, only=("util",)))


def test_renamed_networks(source: str, tmp_path: Path) -> None:
    mine = model("refil")
    path = tmp_path / "other.safetensors"
    save_file({name.replace("utility.", "critic."): x for name, x in of(source).items()}, path)
    report = warm_start(mine, WarmStart(str(path), rename=("critic=utility",)))
    assert set(report.loaded) == set(of(source))
    assert torch.equal(mine.weights["utility.h.input"], of(source)["utility.h.input"])


def test_what_has_another_shape_stays_and_is_told(tmp_path: Path, source: str) -> None:
    graph = build_graph(load("qmix_attention", (*SMALL, "params.hidden=12")), small_schema(3, 2))
    wide = Model(graph, seed=0, passes=())
    kept = {name: w.detach().clone() for name, w in wide.weights.items()}
    report = warm_start(wide, WarmStart(source))
    assert "utility.q.weight [8, 8] -> [8, 12]" in report.other_shapes
    assert torch.equal(wide.weights["utility.q.weight"], kept["utility.q.weight"])
    assert "of other shapes (" in str(report)


@pytest.mark.parametrize(("start", "said"), [
    ({"rename": ("utility",)}, "'utility' is no renaming"),
    ({"rename": ("agent=utility",)}, "nothing there begins with 'agent'"),
    ({"rename": ("utility=w1",)}, r"w1.\S+ is there already"),
    ({"rename": ("utility=a", "w1=b", "w2=c", "b1=d", "v=e")}, "none of its"),
])  # fmt: skip
def test_what_cannot_be(source: str, start: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        warm_start(model(), WarmStart(source, **start))


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(SpecError, match="cannot be read"):
        warm_start(model(), WarmStart(str(tmp_path / "bad.safetensors")))
    with pytest.raises(SpecError, match=r"there is no run(.|\n)*Did you mean 'bad.safetensors'"):
        warm_start(model(), WarmStart(str(tmp_path / "bad.safetensor")))
    (tmp_path / "weights.th").write_bytes(b"PK")
    with pytest.raises(SpecError, match=r"weights.th is a file, not the folder of a run"):
        warm_start(model(), WarmStart(str(tmp_path / "weights.th")))
    with pytest.raises(SpecError, match="is a folder, but holds no run"):
        warm_start(model(), WarmStart(str(tmp_path)))


@pytest.mark.slow
def test_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def train(run: str, *more: str) -> tuple[int, str]:
        call = ["train", "refil_group_matching", "--env", "group_matching/small", "--set", "params.embed=8", "--set",
                "params.hyper=8", "--updates", "2", "--eval-episodes", "2", "--threads", "1", "--run", run, *more]
        found = CliRunner().invoke(app, call)
        return found.exit_code, found.output

    assert train("a")[0] == 0
    code, said = train("b", "--init", "a", "--only", "utility", "--seed", "7")
    assert code == 0
    assert "weights of a: " in said
    assert "loaded;" in said
    assert json.loads(Path("b/run.json").read_text())["settings"]["init"] == "a only=utility"
    code, said = train("b", "--resume", "--seed", "7")
    assert code == 2
    assert "init a only=utility, this one None" in said
    code, said = train("b", "--init", "a", "--only", "utility", "--seed", "7", "--resume", "--updates", "4")
    assert code == 0
    code, said = train("c", "--init", "nowhere")
    assert (code, Path("c").exists()) == (2, False)
    assert train("d", "--only", "utility")[0] == 2
