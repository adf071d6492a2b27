"""Configs of the PyMARL family become specs; what could not be carried is told, and hostile files are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compose.language.diagnostics import SpecError
from compose.language.load import load, load_text
from compose.study.pymarl.config import imported
from compose.study.pymarl.files import read_config, read_configs
from compose.study.pymarl.made import Imported
from tests.cli.conftest import Run, run

__all__ = ["run"]

DEFAULT = {"runner": "episode", "mac": "basic_mac", "env": "sc2", "env_args": {"map_name": "3m"}, "batch_size_run": 1,
           "t_max": 10_000, "use_cuda": True, "gamma": 0.99, "batch_size": 32, "buffer_size": 32, "lr": 5e-4,
           "critic_lr": 5e-4, "optim_alpha": 0.99, "optim_eps": 1e-5, "grad_norm_clip": 10, "agent": "rnn",
           "rnn_hidden_dim": 64, "obs_agent_id": True, "obs_last_action": True}  # fmt: skip
EPSILON = {"action_selector": "epsilon_greedy", "epsilon_start": 1.0, "epsilon_finish": 0.05,
           "epsilon_anneal_time": 50_000, "agent_output_type": "q"}  # fmt: skip
MIXER = {"mixer": "qmix", "mixing_embed_dim": 32, "hypernet_layers": 2, "hypernet_embed": 64}
PYMARL = {**DEFAULT, **EPSILON, **MIXER, "buffer_size": 5000, "target_update_interval": 200, "learner": "q_learner",
          "double_q": True, "name": "qmix"}  # fmt: skip
PYMARL2 = {**PYMARL, "runner": "parallel", "batch_size_run": 8, "batch_size": 128, "optimizer": "adam", "mac": "n_mac",
           "agent": "n_rnn", "learner": "nq_learner", "lr": 1e-3, "td_lambda": 0.6, "q_lambda": False,
           "epsilon_anneal_time": 100_000}  # fmt: skip
EPYMARL = {**{k: v for k, v in PYMARL.items() if k not in ("target_update_interval", "rnn_hidden_dim")},
           "hidden_dim": 64, "target_update_interval_or_tau": 200, "obs_last_action": False, "use_rnn": False,
           "standardise_rewards": True, "standardise_returns": False, "common_reward": True,
           "evaluation_epsilon": 0.0}  # fmt: skip


def of(config: dict[str, Any], **changes: Any) -> Imported:
    return imported({**config, **changes})


def how(made: Imported) -> dict[str, str]:
    return {one.key: one.how for one in made.told}


@pytest.mark.parametrize(("config", "preset"), [
    (PYMARL, "qmix_pymarl"), (PYMARL2, "qmix_pymarl2"), (EPYMARL, "qmix_epymarl"),
    ({**PYMARL, "mixer": "vdn"}, "vdn"), ({**PYMARL2, "mixer": "vdn"}, "vdn_pymarl2"),
    ({**EPYMARL, "mixer": "vdn"}, "vdn_epymarl")])
def test_defaults_are_the_presets_themselves(config: dict[str, Any], preset: str) -> None:
    made = imported(config)
    assert (made.preset, made.patch) == (preset, {})
    assert load_text(made.text("x")).spec.identity() == load(preset).spec.identity()
    assert how(made).keys() == config.keys(), "every key is told of"
    assert "not carried" not in how(made).values()


def test_iql_has_no_mixer() -> None:
    changes = {"mixer": None, "use_rnn": True, "hidden_dim": 128, "lr": 3e-4, "epsilon_anneal_time": 200_000}
    assert load_text(of(EPYMARL, **changes).text("x")).spec.identity() == load("iql_epymarl").spec.identity()


def test_settings_are_carried() -> None:
    made = of(PYMARL, lr="1e-3", gamma=0.95, buffer_size=1000, batch_size=16, runner="parallel", batch_size_run=4,
              target_update_interval=100, double_q=False, obs_last_action=False, obs_agent_id=False,
              mixing_embed_dim=16, hypernet_layers=1, epsilon_finish=0.1, epsilon_anneal_time=1_000_000,
              grad_norm_clip=5)  # fmt: skip
    spec = load_text(made.text("x")).spec
    assert spec.params == {"gamma": 0.95, "hidden": 64, "mixing": 16}
    learner = spec.learner
    assert (learner.environments, str(learner.updates)) == (4, "1 per 4 episodes")
    assert str(learner.target.every) == "100 episodes"
    assert (learner.replay.episodes, learner.replay.batch, learner.replay.start) == (1000, 16, 16)
    assert (learner.optimizers["main"].lr, learner.optimizers["main"].clip) == (1e-3, 5)
    assert str(spec.graph["seen"]) == "env.observation"
    assert str(spec.graph["best"].of) == "q_bar"
    assert "w1_x" not in spec.networks["mixer"].nodes


def test_settings_of_epymarl() -> None:
    spec = load_text(of(EPYMARL, target_update_interval_or_tau=0.01, use_rnn=True, standardise_rewards=False,
                        obs_last_action=True).text("x")).spec
    assert (spec.learner.target.kind, spec.learner.target.tau) == ("polyak", 0.01)
    assert spec.networks["utility"].nodes["h"].block == "gru"
    assert "reward" not in spec.graph
    assert [str(x) for x in spec.graph["seen"].of] == ["env.observation", "env.last_action", "env.agent_id"]


def test_what_cannot_be_carried_is_told() -> None:
    made = of(PYMARL2, use_per=True, mixng_embed_dim=8, optim_eps=1e-3, agent="conv_rnn")
    found = {one.key: (one.how, one.text) for one in made.told}
    assert found["use_per"][0] == found["agent"][0] == "not carried"
    assert found["mixng_embed_dim"] == ("not carried", "a key that is not known; did you mean 'mixing_embed_dim'?")
    assert found["optim_eps"][0] == found["env_args"][0] == "no meaning"
    assert "#   use_per: true" in made.text("x")


@pytest.mark.parametrize(("changes", "said"), [
    ({"mixer": "qplex"}, "there is no preset for learner"),
    ({"learner": "coma_learner"}, "import.method"),
    ({"mixer": ["qmix"]}, "there is no preset"), ({"lr": "fast"}, "lr: expected a number, got \"fast\""),
    ({"lr": -1.0}, "expected a number above 0"), ({"double_q": 1}, "expected true or false"),
    ({"batch_size": 64, "buffer_size": 8}, "are fewer than batch"), ({"gamma": 2}, "discount|gamma|from 0 to 1"),
    ({"batch_size": 0}, "above 0"), ({"batch_size_run": 0, "runner": "parallel"}, "above 0|updates"),
    ({"epsilon_start": True}, "expected a number"), ({"lr": float("nan")}, "expected a number"),
    ({"epsilon_finish": 7}, "probability"),
    ({"rnn_hidden_dim": 2.5}, "whole number|2.5"), ({"hypernet_embed": 10**300}, "expected a number")])  # fmt: skip
def test_settings_that_make_no_spec_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        imported({**PYMARL, **changes})


@pytest.mark.parametrize(("text", "said"), [
    ("a: &x [1]\nb: *x", "an anchor, an alias or a tag"), ("a: !!python/object/apply:os.system [ls]", "a tag"),
    ("- 1", "is no mapping"), ("", "is no mapping"), ("a: [", "is no YAML"), ("a: " + "[" * 3000, "deeper ones"),
    ("\0", "not allowed|not a text file"), ("a: {" + "b: {" * 50 + "}" * 51, "deeper ones"),
    ("x" * 2**21, "larger than 1 MiB"),
    ("\n".join(f"k{n}: {n}" for n in range(50_000)), "more values"), ("? [1, 2]\n: 3", "is no YAML|unhashable"),
    ("a: 2020-99-99", "is no YAML: month"),
    ('"\\u202Ea": 1', "nobody would write")])  # fmt: skip
def test_hostile_files_are_refused(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        read_config(text.encode(), "config.yaml")


def test_hostile_json_is_refused() -> None:
    for text in ("[" * 100_000, "{", '{"a": ' * 60 + "1" + "}" * 60, "[1]"):
        with pytest.raises(SpecError):
            read_config(text.encode(), "config.json")


def test_hostile_values_stay_in_comments(tmp_path: Path) -> None:
    text = of(PYMARL, name="x\nextends: refil\n#", label="a\n\u202e learner: {}", **{"k\n: e": 1}).text("x")
    assert load_text(text).spec.identity() == load("qmix_pymarl").spec.identity()
    assert all(line.startswith("#") for line in text.splitlines()[4:])


def test_later_files_win_and_duplicates_as_well(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("lr: 1\nenv_args: {map_name: 3m, seed: 1}\n")
    (tmp_path / "b.yaml").write_text("lr: 2\nlr: 3\nenv_args: {seed: 2}\n")
    found = read_configs([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert found == {"lr": 3, "env_args": {"map_name": "3m", "seed": 2}}
    with pytest.raises(SpecError, match="no file of this name"):
        read_configs([tmp_path / "c.yaml"])


def test_the_command(tmp_path: Path, run: Run) -> None:
    config, spec = tmp_path / "config.json", tmp_path / "mine.yaml"
    config.write_text(json.dumps({**PYMARL, "lr": 0.001}))
    ran = run("import", "pymarl", str(config))
    assert (ran.code, ran.out) == (0, imported({**PYMARL, "lr": 0.001}).text("config.json"))
    ran = run("import", "pymarl", str(config), "-o", str(spec), "--name", "mine")
    assert ran.code == 0
    assert "PyMARL, on qmix_pymarl; no keys not carried" in ran.out
    assert load(str(spec)).spec.learner.optimizers["main"].lr == 0.001
    assert json.loads(run("import", "pymarl", str(config), "--json").out)["extends"] == "qmix_pymarl"
    config.write_text("{")
    ran = run("import", "pymarl", str(config))
    assert (ran.code, ran.err.splitlines()[0][:20]) == (2, "error[import.config]")
