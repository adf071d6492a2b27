"""``compose diff``: what it prints, its exit codes, its subjects, its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from compose.envs.catalogue import schema
from compose.language.dump import dump
from compose.language.load import load
from compose.training.folder import RunFolder, write_json
from tests.cli.conftest import Run
from tests.cli.golden import CASES, FOLDER, printed

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", CASES)
def test_what_is_printed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert printed(CASES[name]) == (FOLDER / name).read_text(encoding="utf-8"), "python -m tests.cli.golden"


def test_every_kept_text_has_a_case() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(CASES)


def test_the_method_section_of_refil(run: Run) -> None:
    """What the paper says REFIL adds is what is told, with its equations."""
    ran = run("diff", "qmix_attention", "refil")
    assert ran.code == 1
    for text in ("random partition of the entities", "in 2 parts, fresh at every", "# Eq. 3",
                 "utility once more, seeing env.visible & groups.within   # Eq. 4", "# Eq. 5", "# Eq. 6",
                 "no new weights: 412,878 both", "as before, all 7 proved"):
        assert text in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100


def test_exit_codes(run: Run) -> None:
    assert run("diff", "refil", "refil").code == 0
    assert run("diff", "refil", "refil_official").code == 1
    assert run("diff", "refil", "refil", "--set-b", "params.lambda=0.3").code == 1
    assert run("diff", "refil", "refil", "--set-a", "params.lambda=0.3", "--set-b", "params.lambda=0.3").code == 0
    assert run("diff", "refil").code == 2


def test_json(run: Run) -> None:
    ran = run("diff", "qmix_attention", "refil", "--json")
    found = ran.json
    assert ran.code == 1
    assert (found["ok"], found["equal"]) == (True, False)
    assert found["before"]["name"] == "qmix_attention"
    assert found["after"]["env"] == "smac/3-8sz"
    aux, *parts = found["wiring"]
    assert (aux["change"], aux["kind"], aux["after"], aux["before"]) == ("added", "loss", "losses.aux", None)
    assert {part["for"] for part in parts} == {"losses.aux"}
    assert [part["after"] for part in parts][:2] == ["graph.groups", "graph.q_in"]
    (td,) = (entry for entry in found["settings"] if entry["kind"] == "loss")
    assert td["fields"] == [{"field": "weight", "before": "1", "after": "1 - lambda"}]
    assert td["comment"] == "Eq. 6"
    after = found["consequences"]
    assert after["weights"] == {"total": {"before": 412878, "after": 412878}, "networks": {}, "changed": []}
    assert after["acting"] == {"values_same": True, "choice_same": True}
    assert after["updates_per_episode"] == {"before": 1.0, "after": 1.0}
    assert {proof["after"] for proof in after["proofs"]} == {"proved"}


def test_json_of_networks_that_are_told_together(run: Run) -> None:
    found = run("diff", "qmix_attention", "qmix_max_pooling", "--json").json
    paths = [entry["after"] for entry in found["wiring"]]
    assert paths == [f"networks.{network}.nodes.{node}" for network in ("utility", "w1", "b1", "w2", "v")
                     for node in ("a", "fed", "pool")]
    assert found["consequences"]["weights"]["networks"]["v"] == {"before": 76576, "after": 43936}


# ------------------------------------------------------------------- subjects


def begun(path: Path, spec: str, env: str, *overrides: str) -> Path:
    """The folder of a run that has made 1,500 updates, as training writes it."""
    folder = RunFolder(path)
    folder.begin()
    text = dump(load(spec, overrides).document.data)
    folder.describe({"spec": spec, "env": env}, {"spec.yaml": text, "schema.json": schema(env).model_dump_json()})
    checkpoint = folder.checkpoints / "000001"
    checkpoint.mkdir(parents=True)
    write_json(checkpoint / "state.json", {"clocks": {"env_steps": 9000, "episodes": 1531, "updates": 1500}})
    return path


def test_a_spec_and_its_run(run: Run, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", "refil_group_matching", "group_matching/small", "params.lambda=0.3")
    ran = run("diff", "refil_group_matching", str(folder))
    assert ran.code == 1
    assert "  group_matching/small\n" in ran.out, "a spec is looked at in the environment of the run"
    assert "~  param lambda  0.5 -> 0.3" in ran.out
    assert run("diff", "refil_group_matching", str(folder), "--set-a", "params.lambda=0.3").code == 0
    assert "  smac/3-8sz\n" in run("diff", "refil", str(folder), "--env", "smac/3-8sz").out


def test_a_checkpoint(run: Run, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", "refil_group_matching", "group_matching/small")
    ran = run("diff", str(folder), str(folder / "checkpoints" / "000001"))
    assert ran.code == 0
    assert "000001 (1,500 updates)" in ran.out
    assert "equal: the same wiring, settings and claims" in ran.out


def test_runs_in_two_environments_are_two(run: Run, tmp_path: Path) -> None:
    first = begun(tmp_path / "first", "refil_group_matching", "group_matching/small")
    second = begun(tmp_path / "second", "refil_group_matching", "group_matching")
    ran = run("diff", str(first), str(second))
    assert ran.code == 1
    assert "environment  group_matching/small -> group_matching\n" in ran.out
    assert "losses       td and aux as before" in ran.out
    assert run("diff", "refil_group_matching", str(first)).code == 0, "a spec has no environment"


def test_a_run_is_read_without_torch(tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", "refil", "smac/3-8sz")
    code = "import sys; from compose.cli import main; sys.argv = ['compose', 'diff', 'refil', sys.argv[1]]\n" \
           "try: main()\nexcept SystemExit as end: assert not end.code\n" \
           "assert not {'torch', 'safetensors'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=True, capture_output=True)


# ------------------------------------------------------------------- mistakes


def test_mistakes_of_both_are_told(run: Run) -> None:
    ran = run("diff", "refl", "nothing/here.yaml")
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err == (
        "error[file.unknown]  there is no packaged spec 'refl'\n  Did you mean 'refil'?\n\n"
        "error[file.missing]  there is no file nothing/here.yaml\n")


def test_two_missing_files(run: Run, tmp_path: Path) -> None:
    ran = run("diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml"))
    assert ran.code == 2
    assert ran.err.count("error[file.missing]  there is no file ") == 2


def test_a_checkpoint_from_within(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = begun(tmp_path / "run", "refil", "smac/3-8sz")
    monkeypatch.chdir(folder / "checkpoints" / "000001")
    assert run("diff", "refil", "./").code == 0


def test_a_folder_that_is_no_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "mine.yaml").write_text("compose: 1\n", encoding="utf-8")
    ran = run("diff", "refil", str(tmp_path / "specs"))
    assert ran.code == 2
    assert f"error[run.missing]  {tmp_path}/specs is a folder, but holds no run" in ran.err
    assert f"a spec is a file, such as {tmp_path}/specs/mine.yaml" in ran.err


def test_a_folder_of_several_seeds(run: Run, tmp_path: Path) -> None:
    for seed in (0, 1):
        begun(tmp_path / f"seed_{seed}", "refil", "smac/3-8sz")
    ran = run("diff", "refil", str(tmp_path))
    assert ran.code == 2
    assert f"holds runs of 2 seeds\n  name one, such as {tmp_path}/seed_0" in ran.err


def test_a_folder_without_a_slash(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    begun(tmp_path / "first", "refil", "smac/3-8sz")
    ran = run("diff", "refil", "first")
    assert ran.code == 2
    assert "the folder is named ./first" in ran.err
    assert run("diff", "refil", "./first").code == 0


def test_a_damaged_run(run: Run, tmp_path: Path) -> None:
    folder = begun(tmp_path / "run", "refil", "smac/3-8sz")
    (folder / "schema.json").write_text("{}", encoding="utf-8")
    ran = run("diff", "refil", str(folder))
    assert ran.code == 2
    assert "error[run.damaged]" in ran.err
    (folder / "spec.yaml").unlink()
    assert "error[file.missing]" in run("diff", "refil", str(folder)).err


def test_an_unknown_environment(run: Run) -> None:
    ran = run("diff", "refil", "refil", "--env", "smc")
    assert ran.code == 2
    assert "Did you mean 'smac'?" in ran.err


def test_an_abstract_spec(run: Run) -> None:
    ran = run("diff", "eql", "qmix_attention")
    assert ran.code == 2
    assert "eql is abstract" in ran.err


def test_mistakes_as_json(run: Run) -> None:
    ran = run("diff", "refl", "refil", "--json")
    assert ran.code == 2
    assert ran.json["ok"] is False
    assert [problem["code"] for problem in ran.json["diagnostics"]] == ["file.unknown"]
    assert run("diff", "refil", "refil", "--json", "--markdown").code == 2


# ------------------------------------------------------------------- pictures


def test_svg(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "diff.svg"
    ran = run("diff", "qmix_attention", "qmix_max_pooling", "--svg", str(file))
    assert ran.code == 1
    assert f"{file}: " in ran.out
    classes: dict[str, set[str]] = {}
    for box in ElementTree.parse(file).iter():
        if "data-key" in box.attrib:
            classes.setdefault(box.attrib["class"].split()[-1], set()).add(box.attrib["data-key"])
    assert classes["added"] == {"utility.fed", "utility.pool", "w1.fed", "w1.pool"}
    assert classes["changed"] == {"utility.a", "w1.a"}
    assert "mixer.total" not in classes["same"], "a network in which nothing changed is left out"
    assert "removed" not in classes


def test_svg_of_what_went(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "diff.svg"
    run("diff", "refil", "qmix_attention", "--svg", str(file))
    gone = {box.attrib["data-key"] for box in ElementTree.parse(file).iter()
            if "data-key" in box.attrib and box.attrib["class"].endswith(" removed")}
    assert gone == {"groups", "q_in", "q_out", "taken_in", "taken_out", "imagined", "w1_in", "w1_out", "w1_both",
                    "q_aux", "losses.aux", "env.present"}


def test_html(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "diff.html"
    run("diff", "qmix_attention", "refil", "--html", str(file))
    text = file.read_text(encoding="utf-8")
    assert text.count('<section class="pane"') == 2
    before, after = text.split('data-pane="1"')
    assert "removed" not in before.split("<svg", 1)[1].split("</svg>")[0]
    assert 'class="box loss added" data-key="losses.aux"' in after


def test_a_picture_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    ran = run("diff", "refil", "refil_official", "--svg", str(tmp_path / "nowhere" / "diff.svg"))
    assert ran.code == 2
    assert ran.out == ""
    assert json.loads(run("diff", "refil", "refil", "--json", "--svg", str(tmp_path / "x.svg")).out)["equal"]
