"""``compose env``: what it lists, describes, checks and measures; environments of plug-in files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from compose.envs import catalogue, plugins
from compose.envs import families as envs
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = str(ROOT / "tests" / "fixtures" / "everything.yaml")
FILE = """
from compose.envs.families import register
from compose.envs.single import Single
from tests.envs.lying import honest, ends

register("lab/honest", Single(honest.SCHEMA, honest.Honest))
register("lab/pension", Single(honest.SCHEMA, ends.Pension))
"""


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[str]:
    """A file that registers an honest environment and a liar."""
    file = tmp_path / "lab.py"
    file.write_text(FILE, encoding="utf-8")
    before = envs.registered()
    yield str(file)
    envs._REGISTERED.clear()
    envs._REGISTERED.update(before)


def test_list(run: Run) -> None:
    ran = run("env", "list")
    assert ran.code == 0
    assert "\ngroup_matching  runs\n" in ran.out
    assert "\nsmac  data only, needs StarCraft II\n" in ran.out
    assert "    group_matching/tasks  3 to 6 agents, 30 steps, 4 tasks.\n" in ran.out
    families = run("env", "list", "--json").json["families"]
    assert set(families) == set(envs.families())
    assert {name for family in families.values() for name in family["instances"]} == set(envs.names())
    assert (families["group_matching"]["runs"], families["smac"]["runs"]) == (True, False)


@pytest.mark.parametrize(("pattern", "names"), [
    ("matching/t", {"group_matching/tasks"}),
    ("smac/3-8?z", {"smac/3-8sz"}),
    ("gaussian*00", {"gaussian_squeeze/200", "gaussian_squeeze/400", "gaussian_squeeze/800"}),
])
def test_list_takes_a_part_of_a_name_or_a_pattern(run: Run, pattern: str, names: set[str]) -> None:
    families = run("env", "list", pattern, "--json").json["families"]
    assert {name for family in families.values() for name in family["instances"]} == names


def test_nothing_to_list(run: Run) -> None:
    ran = run("env", "list", "group_macthing")
    assert (ran.code, ran.out) == (2, "")
    assert "no environment matches 'group_macthing'\n  Did you mean 'group_matching'?" in ran.err


def test_a_family_that_does_not_load_hides_no_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [EntryPoint("acme/bad", "no_such_module:X", plugins.GROUP)]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found)
    ran = run("env", "list")
    assert ran.code == 0
    assert "acme/bad  does not load" in ran.out
    assert "group_matching/small" in ran.out
    assert "error[environment-plugin]  acme/bad: the plug-in of 'no_such_module:X' fails" in ran.err


def test_describe(run: Run) -> None:
    ran = run("env", "describe", "group_matching/small:slip=0.2")
    assert ran.code == 0
    assert "  group   5 - 6  one_hot  The groups the agent belongs to.\n" in ran.out
    assert "  forth  2  aimed at nothing\n" in ran.out
    assert "  slip    number          0.2  Probability that" in ran.out
    data = run("env", "describe", "group_matching/small:slip=0.2", "--json").json
    assert {option["name"]: option["value"] for option in data["options"]}["slip"] == 0.2
    assert all(option["doc"] for option in data["options"])
    assert (data["runs"], data["hash"]) == (True, catalogue.schema("group_matching/small:slip=0.2").hash)


def test_describe_a_schema_file(run: Run) -> None:
    ran = run("env", "describe", EVERYTHING)
    assert "everything  environment, data only, needs an implementation" in ran.out
    assert "options" not in ran.out
    assert run("env", "describe", EVERYTHING, "--json").json["options"] == []


@pytest.mark.parametrize("command", [("list",), ("describe", "smac/3-8sz"), ("describe", "group_matching", "--json")])
def test_data_needs_no_torch(command: tuple[str, ...]) -> None:
    code = ("import sys; from compose.cli.app import app\n"
            f"try: app(['env', *{command!r}])\n"
            "except SystemExit as stop: assert not stop.code\n"
            "sys.exit('torch' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True)


def test_check(run: Run) -> None:
    ran = run("env", "check", "group_matching/tasks", "--episodes", "16", "--seeds", "3,4")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("group_matching/tasks  32 episodes, ")
    assert "\n  aims           not seen  there is no field 'action_entity'\n" in ran.out
    assert ran.out.endswith("\nnothing is wrong; 2 could not be tested\n")


def test_check_of_a_liar(run: Run, plugin: str) -> None:
    assert run("env", "check", "lab/honest", "--plugin", plugin).code == 0
    ran = run("env", "check", "lab/pension", "--plugin", plugin)
    assert ran.code == 1
    assert "\n  after the end  violated  reward 0, no flags, no change of any field\n" in ran.out
    assert ran.out.endswith("\n2 of 21 properties violated\n\n")
    assert "error[env.reward_after_end]  reward, seed 0, episode 0, step " in ran.err
    assert ': expected reward 0 after the end; found 1.0\n' in ran.err
    assert '  = see it: play("lab/pension", range(32), seed=0).reward[' in ran.err


def test_check_as_json(run: Run, plugin: str) -> None:
    ran = run("env", "check", "lab/pension", "--plugin", plugin, "--json")
    assert (ran.code, ran.json["ok"], ran.json["env"], ran.json["seeds"]) == (1, False, "lab/pension", [0, 1])
    wrong = next(one for one in ran.json["properties"] if one["name"] == "after the end")
    (finding,) = wrong["findings"]
    assert (finding["code"], finding["field"], finding["place"]["seed"]) == ("env.reward_after_end", "reward", 0)


def test_what_is_seen_can_be_seen(run: Run, plugin: str) -> None:
    properties = run("env", "check", "lab/pension", "--plugin", plugin, "--json").json["properties"]
    (finding,) = next(one["findings"] for one in properties if one["name"] == "after the end")
    from compose.envs.conformance import play

    step, row = finding["place"]["step"], finding["place"]["episode"]
    assert finding["see"] == f'play("lab/pension", range(32), seed=0).reward[{step}, {row}]'
    assert play("lab/pension", range(32), seed=0).reward[step, row] == 1


@pytest.mark.parametrize(("arguments", "text"), [
    (("check", "group_macthing"), "Did you mean 'group_matching'?"),
    (("check", "smac/3-8sz"), "this environment is data only"),
    (("check", EVERYTHING), "it cannot run one"),
    (("check", "group_matching", "--seeds", "3"), "two seeds are the least"),
    (("check", "group_matching", "--device", "cuda:99"), "error[device]"),
    (("describe", "group_matching:agent=3"), "unknown option 'agent'"),
    (("bench", "group_matching", "--batch", "1,many"), "'1,many' are no sizes of batches"),
    (("bench", "group_matching", "--batch", "0"), "'0' are no sizes of batches"),
    (("bench", "smac/3m"), "error[smac.missing]  smac/3m"),
])
def test_mistakes(run: Run, arguments: tuple[str, ...], text: str) -> None:
    ran = run("env", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert text in ran.err


def test_bench(run: Run) -> None:
    ran = run("env", "bench", "group_matching/small", "--batch", "1,8", "--seconds", "0.05")
    assert ran.code == 0
    lines = ran.out.splitlines()
    heads = ["batch", "steps/s", "environment", "alone", "ms", "a", "step", "of", "all", "ms", "a", "reset"]
    assert lines[1].split() == heads
    assert [line.split()[0] for line in lines[2:]] == ["1", "8"]
    data = run("env", "bench", "group_matching/small", "--batch", "8", "--seconds", "0.05", "--json").json
    (one,) = data["speeds"]
    assert data["env"] == "group_matching/small"
    assert one["seconds"] >= max(0.05, one["stepping"] + one["resetting"])
    assert 0 < one["steps"] <= one["calls"] * 8
    assert one["steps_per_second"] == pytest.approx(one["steps"] / one["seconds"])
    assert one["alone_per_second"] > one["steps_per_second"]


def test_environments_of_a_plugin_are_names_like_any_other(run: Run, plugin: str) -> None:
    found = run("env", "list", "lab", "--plugin", plugin, "--json").json["families"]
    assert set(found) == {"lab/honest", "lab/pension"}
    assert run("describe", "lab/honest", "--plugin", plugin, "--json").json["name"] == "lab/honest"
    assert run("check", "vdn_attention", "--env", "lab/honest", "--plugin", plugin).code == 0


def test_two_plugins_that_register_one_name(run: Run, plugin: str, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(FILE, encoding="utf-8")
    ran = run("env", "list", "--plugin", plugin, "--plugin", str(other))
    assert ran.code == 2
    assert f"error[plugin.clash]  {plugin} and {other} both register environment 'lab/honest'" in ran.err
