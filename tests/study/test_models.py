"""Models of a worker: traced once, each with the weights of its own seed, whatever became of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from compose.compiler.model import Model
from compose.language.load import load_flat
from compose.study.runs import models
from compose.study.runs.models import Models
from compose.study.runs.planned import run_path
from compose.study.runs.work import Worker, settings_of
from compose.training.checkpoint import latest
from compose.training.folder import RunFolder
from compose.training.memory import MemoryEstimate
from compose.training.run import train
from tests.study.small import begin


def test_what_one_seed_traced_serves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "MOST", 1)
    plan, workspace = begin(tmp_path)
    kept, read = Models(), []

    def model(method: str, seed: int) -> torch.nn.Module:
        run = next(one for one in plan.runs if (one.method, one.seed) == (method, seed))

        def reading() -> object:
            read.append(method)
            return load_flat(workspace.spec(run))

        return kept.of(run.spec, reading, run.env, settings_of(run), seed)[1]  # type: ignore[arg-type]

    first, second = model("vdn", 0), model("vdn", 1)
    assert first.programs is second.programs
    with torch.no_grad():
        for weight in first.parameters():
            weight.zero_()  # a training changes its own alone
    again = model("vdn", 1)
    assert all(torch.equal(a, b) for a, b in zip(second.parameters(), again.parameters(), strict=True))
    assert any(bool(weight.any()) for weight in model("vdn", 0).parameters())
    assert read == ["vdn"]
    assert [kept.traced(one.spec, one.env) for one in plan.runs] == [True, False, True, False]
    model("qmix", 0), model("vdn", 0)
    assert read == ["vdn", "qmix", "vdn"]  # no more are kept than was said


def test_what_a_method_takes_is_found_out_once_for_all_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = models.needed_memory

    def needed(model: Model, *rest: Any) -> MemoryEstimate:
        asked.append(model.spec.name)
        return real(model, *rest)

    monkeypatch.setattr(models, "needed_memory", needed)
    plan, workspace = begin(tmp_path)
    Worker(workspace).work()
    assert sorted(asked) == sorted({load_flat(workspace.spec(run)).spec.name for run in plan.runs})
    said = {run.method: {line for line in workspace.log(other).read_text().splitlines() if line.startswith("memory:")}
            for run in plan.runs for other in plan.runs if other.method == run.method}
    assert all(len(lines) == 1 for lines in said.values())


def test_a_worker_prefers_what_it_has_traced(tmp_path: Path) -> None:
    plan, workspace = begin(tmp_path)
    worker = Worker(workspace)
    assert list(worker.ordered()) == list(plan.runs)
    worker.one(plan.runs[1])
    assert [(run.method, run.seed) for run in worker.ordered()] == [("qmix", 0), ("vdn", 0), ("qmix", 1), ("vdn", 1)]


def test_a_worker_gives_what_a_training_gives(tmp_path: Path) -> None:
    """Also of a second seed, whose programs were traced for the first."""
    plan, workspace = begin(tmp_path)
    Worker(workspace).work()
    run = next(one for one in plan.runs if (one.method, one.seed) == ("qmix", 1))
    alone = tmp_path / "alone"
    train(load_flat(workspace.spec(run)), run.env, run_dir=alone, settings=settings_of(run), seed=run.seed)
    for name in ("evals.jsonl", "checkpoints/latest"):
        assert (alone / name).read_bytes() == (run_path(workspace.runs, run) / name).read_bytes()
    weights = [Path(str(latest(RunFolder(path)))) / "weights.safetensors"
               for path in (alone, run_path(workspace.runs, run))]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert (alone / "learning_curve.png").exists()
    assert not (run_path(workspace.runs, run) / "learning_curve.png").exists()
