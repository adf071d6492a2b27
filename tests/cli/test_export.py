"""``compose build --emit`` and ``--export``: files, what is printed, and what is refused."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from compose.compiler.export import onnx, write
from compose.compiler.export.emit import emit
from tests.cli.conftest import Run

SMALL = ("build", "refil_group_matching", "--env", "group_matching/small")


def test_emit(run: Run, tmp_path: Path) -> None:
    ran = run(*SMALL, "--emit", str(tmp_path / "policy.py"), "--seed", "3")
    assert ran.code == 0
    assert ran.err == ""
    assert "  weights: fresh, seed 3\n" in ran.out
    assert "policy.py  class RefilGroupMatching, " in ran.out
    assert "  any size  batch, agent\n" in ran.out
    assert "  compared  6 steps of 1, 2, 7 episodes; " in ran.out
    assert "  values    largest difference 0 of 0." in ran.out
    other = run(*SMALL, "--emit", str(tmp_path / "other.py"))
    assert other.code == 0
    mine, theirs = (load_file(tmp_path / f"{name}.safetensors") for name in ("policy", "other"))
    assert any(not torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.more
def test_several_files_at_once(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / "policy.py", tmp_path / "policy.pt2"]
    wanted = ["--emit", str(files[0]), "--export", str(files[1])]
    if importlib.util.find_spec("onnxruntime") is not None:
        files.append(tmp_path / "policy.onnx")
        wanted += ["--export", str(files[2])]
    data = run(*SMALL, *wanted, "--json").json
    assert data["ok"] is True
    assert data["env"] == "group_matching/small"
    assert [e["files"][0] for e in data["exports"]] == [str(f) for f in files]
    assert all(e["written"] and e["free"] == ["batch", "agent"] for e in data["exports"])
    assert all(e["parity"]["ok"] for e in data["exports"])
    assert all(f.stat().st_size > 1000 for f in files)


def test_what_differs_is_not_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*given: object) -> object:
        made = emit(*given)  # type: ignore[arg-type]
        return replace(made, text=made.text.replace("F.relu(", "torch.tanh("))

    monkeypatch.setattr(write, "emit", mistaken)
    ran = run(*SMALL, "--emit", str(tmp_path / "policy.py"))
    assert ran.code == 1
    assert "not written: it does not give what the model gives" in ran.out
    assert not list(tmp_path.iterdir())
    assert run(*SMALL, "--emit", str(tmp_path / "policy.py"), "--json").json["exports"][0]["written"] is False


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run."""
    from rich.console import Console

    from compose.language.load import load
    from compose.training.run import train
    from compose.training.settings import Settings

    folder = tmp_path_factory.mktemp("runs") / "first"
    train(load("refil_group_matching"), "group_matching/small", run_dir=folder, console=Console(quiet=True),
          settings=Settings(updates=2, eval_episodes=8, chance_episodes=0))
    return folder


@pytest.mark.slow
def test_weights_of_a_run(run: Run, trained: Path, tmp_path: Path) -> None:
    (checkpoint,) = (trained / "checkpoints").glob("0*")
    spec, kept = str(trained / "spec.yaml"), load_file(checkpoint / "weights.safetensors")
    for i, given in enumerate((trained, checkpoint, checkpoint / "weights.safetensors")):
        file = tmp_path / f"policy_{i}.py"
        env = () if given == trained else ("--env", "group_matching/small")
        ran = run("build", spec, *env, "--weights", str(given), "--emit", str(file))
        assert ran.code == 0, ran.err
        assert f"  weights: {checkpoint / 'weights.safetensors'}\n" in ran.out
        found = load_file(file.with_suffix(".safetensors"))
        assert found
        assert all(torch.equal(x, kept[name]) for name, x in found.items())


@pytest.mark.slow
def test_weights_that_do_not_fit(run: Run, trained: Path, tmp_path: Path) -> None:
    ran = run("build", "refil", "--weights", str(trained), "--emit", str(tmp_path / "x.py"))
    assert ran.code == 2
    assert "error[export.weights]" in ran.err
    assert "are spec and environment those of the weights?" in ran.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("arguments", "message"), [
    (("refil", "--emit", "x.txt"), "error[usage]  x.txt: --emit writes Python: name a file that ends in .py"),
    (("refil", "--export", "x.h5"), "error[usage]  x.h5: the ending says the format: .pt2 or .onnx"),
    (("refil", "--export", "x.pt2", "--export", "x.pt2"), "error[usage]  x.pt2: is named twice"),
    (("refil", "--emit", "x.py", "--code"), "error[usage]  --code prints, --emit and --export write: choose one"),
    (("refil", "--weights", "x"), "error[usage]  --weights is for --emit and --export, which say what to write"),
    (("refil", "--weights", "x", "--emit", "x.py"), "error[run.missing]  there is no run x"),
    (("refil", "--weights", "x.safetensors", "--emit", "x.py"), "error[run.file]  x.safetensors: cannot be read"),
    (("refil", "--emit", "nowhere/x.py"), "error[export.path]  nowhere/x.py: cannot be written: no such file"),
    (("eql", "--env", "smac/3-8sz", "--emit", "x.py"), "error[spec.abstract]  eql is abstract"),
])  # fmt: skip
def test_mistakes(run: Run, arguments: tuple[str, ...], message: str, tmp_path: Path,
                  monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("build", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert not list(tmp_path.iterdir())


def test_onnx_without_the_extra(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda name: None)
    ran = run(*SMALL, "--emit", str(tmp_path / "x.py"), "--export", str(tmp_path / "x.onnx"))
    assert ran.code == 2
    assert ran.err == ('error[export.extra]  ONNX needs onnx, onnxscript, onnxruntime\n'
                       '  install the extra: pip install "compose-marl[onnx]"\n')
    assert not list(tmp_path.iterdir())
