"""The other commands: what they print, and that every example in a help text is a real command."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from compose.cli.app import EXAMPLES, app
from compose.cli.reporting import reporting
from compose.cli.train import read_size
from compose.cli.views.block import Reference
from compose.compiler.model import Model
from compose.envs.catalogue import schema
from compose.envs.families import names
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.language.registry import catalogue
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
TOP: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
ALL: dict[str, Any] = TOP | {f"{group} {name}": command for group, holds in TOP.items()
                             for name, command in getattr(holds, "commands", {}).items()}
TEXTS = [EXAMPLES, *(command.epilog for command in ALL.values())]
COMMANDS = sorted({line.strip()[2:] for text in TEXTS for line in text.splitlines() if line.strip().startswith("$ ")})


@pytest.mark.parametrize("command", [c for c in COMMANDS if "COMMAND" not in c])
def test_examples_in_help_are_real(command: str) -> None:
    program, name, *arguments = shlex.split(command.partition(" > ")[0].partition(" | ")[0])
    group: Any = typer.main.get_command(app)
    assert program == "compose"
    context = group.make_context("compose", [name, *arguments])
    while hasattr(group, "commands"):
        with context.scope(cleanup=False):
            group = group.commands[name]
            context = group.make_context(name, list(arguments), parent=context)
        name, *arguments = arguments or [""]


@pytest.mark.parametrize("name", sorted(ALL))
def test_help_teaches_by_example(run: Run, name: str) -> None:
    ran = run(*name.split(), "--help")
    assert ran.code == 0
    assert f"$ compose {name}" in ran.out


def test_build(run: Run) -> None:
    ran = run("build", "refil")
    assert ran.code == 0
    assert "smac/3-8sz (the spec's example; --env names another)" in ran.out
    for heading in ("sizes", "graph", "network utility", "networks w1, b1, w2, v", "weights", "proofs", "losses", "act",
                    "learner"):
        assert f"\n{heading}" in ran.out
    assert "bool[batch agent 8 entity 16]" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 110


def test_build_counts_weights_as_the_model_does(run: Run) -> None:
    data = run("build", "refil", "--env", "group_matching", "--json").json
    model = Model(build_graph(load("refil"), schema("group_matching")))
    assert data["weights_total"] == sum(w.numel() for w in model.parameters())
    assert {n: w["shape"] for n, w in data["weights"].items()} == {n: [*w.shape] for n, w in model.weights.items()}
    assert data["ok"] is True


def test_build_prints_code(run: Run) -> None:
    ran = run("build", "vdn_attention", "--env", "group_matching", "--code")
    assert ran.code == 0
    assert ran.out.count("def forward(") == 2


def test_code_is_no_json(run: Run) -> None:
    ran = run("build", "vdn_attention", "--code", "--json")
    assert (ran.code, ran.json["diagnostics"][0]["message"][:12]) == (2, "--code print")


def test_list(run: Run) -> None:
    data = run("list", "--json").json
    assert set(data) == {"specs", "blocks", "envs", "studies"}
    assert {"refil", "eql"} <= set(data["specs"])
    assert set(data["blocks"]) == set(catalogue())
    assert set(data["envs"]) == set(names())
    ran = run("list", "specs")
    assert (ran.code, "blocks" in ran.out.splitlines()[0]) == (0, False)


@pytest.mark.parametrize("name", ["attention", "refil", "eql", "smac/3-8sz", "group_matching:agents=3,cells=4",
                                  "specs/refil.yaml"])
def test_describe(run: Run, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert run("describe", name).code == 0
    assert run("describe", name, "--json").json["kind"] in ("block", "spec", "env")


@pytest.mark.parametrize("block", catalogue().values(), ids=lambda block: block.tag())
def test_every_block_is_documented(block: type) -> None:
    reference = Reference(block)
    assert reference.doc
    assert reference.example
    undocumented = [a.name for a in (*reference.ports, *reference.arguments) if not a.doc]
    assert not undocumented
    assert all(set(port) == {"type", "default", "doc"} for port in reference.as_json()["ports"].values())


@pytest.mark.parametrize(("arguments", "hint"), [
    (("describe", "atention"), "Did you mean 'attention'?"),
    (("describe", "smac/38sz"), "Did you mean 'smac/3-8sz'?"),
    (("describe", "refill"), "Did you mean 'refil'?"),
    (("describe", "refil", "--all"), "describe takes one NAME"),
    (("build", "refill"), "Did you mean 'refil'?"),
    (("chekc", "refil"), "Did you mean 'check'?"),
    (("eval", "runs/none"), "there is no run runs/none"),
    (("train", "refil", "--env", "group_matching"), "say when to stop: --env-steps, --episodes or --updates"),
    (("train", "refil", "--env", "group_matching", "--env-steps", "1Mio"), "write 50000, 50k or 1M"),
    (("train", "refil", "--env", "group_matching", "--updates", "0"), "0 is not in the range"),
    (("check", "refil", "--env", "3m"), "is it skirmish/3m or smac/3m"),
    (("check", "refil", "--env", "SMAC/8M"), "is it skirmish/8m or smac/8m"),
    (("check", "refil", "--env", "3-8zs"), "is it skirmish/3-8sz or smac/3-8sz?"),
    (("check", "refil", "--env", "group_matching", "--set", "lr="), "it comes after the '='"),
    (("check", "refil", "--env", "group_matching", "--set", "lr=0.1"), "is it learner.optimizers.main.lr?"),
    (("train", "refil", "--env", "smac/3-8sz", "--updates", "1"), "data only"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--device", "tpu9"), "there is no device 'tpu9'"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--device", "meta"), "there is no device 'meta'"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--device", "cpu:3"), "there is no device"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--threads", "100000"), "--threads"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--set", "params.embed=100000000"),
     "train.memory"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--set", "learner.environments=100000000"),
     "lower learner.environments"),
    (("train", "refil", "--env", "group_matching", "--updates", "1", "--memory-limit", "2 apples"), "no amount of"),
    (("train", "refil", "--env", "group_matching", "--updates", "none"), "--updates"),
    (("train", "refil", "--updates", "3"), "--env"),
])
def test_mistakes_exit_with_2_and_a_hint(run: Run, arguments: tuple[str, ...], hint: str) -> None:
    ran = run(*arguments)
    assert ran.code == 2
    assert hint in ran.err
    assert "Traceback" not in ran.err


def test_interruption_exits_with_130() -> None:
    one = typer.Typer()

    @one.command()
    def stop() -> None:
        with reporting(stopped="stopped here"):
            raise KeyboardInterrupt

    result = CliRunner().invoke(one, [])
    assert (result.exit_code, result.stderr.strip()) == (130, "stopped here")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: ...")])
def test_too_little_memory_is_a_mistake_that_can_be_mended(error: Exception) -> None:
    one = typer.Typer()

    @one.command()
    def greedy() -> None:
        with reporting():
            raise error

    result = CliRunner().invoke(one, [])
    assert result.exit_code == 2
    assert "error[memory]  there is not enough memory for this" in result.stderr


@pytest.mark.parametrize("text", ["def (:", "1 / 0", "raise SystemExit(3)", "import no_such_module"])
def test_broken_plugins(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text)
    ran = run("list", "--plugin", str(file))
    assert ran.code == 2
    assert f"{file} failed to load" in ran.err


@pytest.mark.more
@pytest.mark.parametrize("redirected", ["> /dev/full", "--json > /dev/full", "| head -n 1"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_that_goes_nowhere_gives_no_traceback(redirected: str) -> None:
    compose = f"{shlex.quote(sys.executable)} -c 'from compose.cli import main; main()'"
    done = subprocess.run(f"{compose} list {redirected}", shell=True, cwd=ROOT, capture_output=True, text=True)
    assert "Traceback" not in done.stderr


def test_a_terminal_without_the_letters() -> None:
    done = subprocess.run([sys.executable, "-c", "from compose.cli import main; main()", "train", "--help"], cwd=ROOT,
                          capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")


def test_sizes_of_memory() -> None:
    assert [read_size(text) for text in ("4GiB", "500 MB", "1.5g", "12")] == [4 * 2**30, 5 * 10**8, 3 * 2**29, 12]
    with pytest.raises(SpecError, match="is no amount of memory"):
        read_size("-1GiB")


SMALL = ("--env", "group_matching:agents=2,cells=3,limit=5", "--set", "learner.replay.batch=4", "--set",
         "learner.replay.start=4", "--set", "params.embed=8", "--threads", "1", "--eval-episodes", "4")


@pytest.mark.slow
def test_train_then_eval(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    trained = run("train", "vdn_attention", *SMALL, "--updates", "2", "--run", folder)
    assert trained.code == 0, trained.err
    assert run("train", "vdn_attention", *SMALL, "--updates", "2", "--run", folder).code == 2
    assert run("train", "vdn_attention", *SMALL, "--updates", "3", "--run", folder, "--resume").code == 0
    played = run("eval", folder, "--episodes", "6", "--json")
    assert (played.code, played.json["episodes"], len(played.json["rows"])) == (0, 6, 6)
    assert run("eval", folder, "--episodes", "6", "--mark", "1").code in (0, 1)
    assert run("eval", folder, "--episodes", "6", "--seed", "1").code == 0


def test_a_run_whose_spec_leaves_inherited_nodes_unread(run: Run, tmp_path: Path) -> None:
    """Its own spec.yaml is flat, and those nodes stand in it."""
    (tmp_path / "idle.yaml").write_text("compose: 1\nname: idle\nsummary: No memory.\nextends: vdn_attention\n"
                                        "networks: {utility: {nodes: {q: {of: relu(a + agents(x))}}}}\n")
    folder = str(tmp_path / "run")
    assert run("train", str(tmp_path / "idle.yaml"), *SMALL, "--updates", "1", "--run", folder).code == 0
    assert run("eval", folder, "--episodes", "2").code == 0
    assert run("diff", str(tmp_path / "idle.yaml"), folder).code == 1  # the settings above
    flat = f"{folder}/spec.yaml"
    checked = run("check", flat)
    assert checked.code == 0, checked.err
    assert "nothing reads the inherited 'h'" in checked.out
    again = run("train", flat, "--env", SMALL[1], *SMALL[6:], "--updates", "2", "--run", folder, "--resume")
    assert again.code == 0, again.err
    copied = shutil.copy(flat, tmp_path / "spec.yaml")
    assert "error[graph.unused]" in run("check", str(copied)).err  # whoever writes a node reads it
    assert "error[graph.unused]" in run("check", flat, "--set", "graph.more=env.reward").err


@pytest.mark.slow
def test_eval_tells_what_the_environment_measures(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "run")
    trained = run("train", "local_ac", "--env", "battle:layout=AO,limit=5", "--updates", "1", "--threads", "1",
                  "--eval-episodes", "4", "--run", folder)
    assert trained.code == 0, trained.err
    played = run("eval", folder, "--episodes", "6", "--json").json
    assert set(played["measures"]) == {"killed", "lost"}
    assert played["measures"]["lost"] == sum(row["lost"] for row in played["rows"]) / 6
    assert f"mean killed {played['measures']['killed']:.2f}, lost" in run("eval", folder, "--episodes", "6").out


@pytest.mark.parametrize("arguments", ["check refil --env smac/3-8sz", "list", "describe attention", "build refil",
                                       "--version"])
def test_commands_that_need_no_torch_import_none(arguments: str) -> None:
    code = ("import sys; from compose.cli import main\n"
            "try: main()\n"
            "except SystemExit as e: assert not e.code\n"
            "print(*sorted({'torch', 'matplotlib', 'networkx', 'tensordict'} & set(sys.modules)), file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code, *arguments.split()], cwd=ROOT, capture_output=True, text=True,
                          check=True)
    assert done.stderr.strip() == ""
