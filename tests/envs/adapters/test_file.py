"""Files with an ``adapter:`` section: what is said about wrong ones, and how a name leads to an environment."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gymnasium
import pytest
import torch

from compose.envs import plugins
from compose.envs.adapters import Gymnasium, PettingZoo
from compose.envs.catalogue import make, schema
from compose.language.diagnostics import SpecError
from compose.training.rollout import rollout
from tests.envs.adapters.fakes import Meadow, Pair, begun, meadow, meadow_file, pair_file


def test_the_schema_has_the_fields_that_follow(tmp_path: Path) -> None:
    made = schema(str(meadow_file(tmp_path, state="joined", position=1)))
    assert made.sizes["observation"] == 4
    assert made.sizes["state"] == 12
    assert {"observation", "state", "position"} < made.fields.keys()
    assert "action_entity" not in made.fields


def test_how_rewards_are_reduced_is_part_of_the_hash(tmp_path: Path) -> None:
    hashes = {schema(str(meadow_file(tmp_path, reward=reward))).hash for reward in ("sum", "mean", "same")}
    assert len(hashes) == 3
    changed = schema(str(meadow_file(tmp_path, at_limit="truncated")))
    assert changed.version != schema(str(meadow_file(tmp_path))).version


def rows(**changes: Any) -> dict[str, Any]:
    """Rows of which the agents' are changed."""
    agents = {"of": "agent", "from": "own", "visible": "all", "features": {"place": {"at": 1}}, **changes}
    other = {"of": "other", "from": "observed", "visible": "all", "features": {"place": {"at": 2}}}
    return {"rows": [{key: value for key, value in agents.items() if value is not None}, other]}


@pytest.mark.parametrize(("changes", "text"), [
    ({"reward": None}, "error[schema.missing]  adapter: the adapter needs 'reward'"),
    ({"reward": "some"}, "adapter.reward: expected 'sum', 'mean', 'same' or 'team', got 'some'"),
    ({"reward": "team"}, "PettingZoo gives one reward for each agent: say sum, mean or same"),
    ({"api": "petting_zoo"}, "Did you mean 'pettingzoo'?"),
    ({"rewrad": "sum"}, "adapter.rewrad: the adapter has no field 'rewrad'\n"),
    ({"mask": {"at": "info"}}, "adapter.mask"),
    ({"mask": {"in": "infos"}}, "adapter.mask.in: expected 'info' or 'observation', got 'infos'"),
    ({"observation": {"size": 0}}, "adapter.observation.size: expected a number of at least 1, got 0"),
    ({"id": "x"}, "PettingZoo has no registry: give the environment from Python"),
    ({"api": "gymnasium", "agents": None, "id": "os:Foraging-v3"},
     "adapter.id: 'os:Foraging-v3' names a module, and files name no code to import"),
    ({"api": "gymnasium"}, "only PettingZoo's agents have names"),
    ({"agents": ["ann", "bob"]}, "the schema has 3 agent slots, but 2 names are given"),
    ({"options": {"n": 3}}, "options go with an id"),
    ({"state": "method"}, "state_size goes with state: method, and only with it"),
    ({"position": 3}, "two numbers from 3 do not fit in 4"),
    (rows(slots=2), "rows of side agent must fill its 3 slots exactly"),
    (rows(visible="read"), "'read' goes with visible: read, and only with it"),
    (rows(visible="read", read={"at": 3, "each": 1}), "its last number is 4, but the observation has 4"),
    (rows(**{"from": "observed"}), "agents are read from their own observations (own) or from the state"),
    (rows(**{"from": "state"}), "rows from the state need state: method"),
    (rows(features={"palce": {"at": 1}}), "the schema has no feature 'palce'. Did you mean 'place'?"),
    (rows(features={"place": {"at": 4}}), "the last row's 'place' ends at 5, but there are only 4 numbers"),
    (rows(features={"place": {"at": 1, "slot": True}}), "give exactly one of 'at', 'value' and 'slot'"),
    (rows(features={"place": {"value": [1], "relative_to": 0}}), "'relative_to' belongs to 'at'"),
    (rows(features={"place": {"at": 0, "relative_to": 4}}), "1 numbers from 4 do not fit in the observation"),
    (rows(features={"who": {"value": [1]}}), "feature 'who' has 3 numbers, got 1"),
    (rows(features={"place": {"slot": True}}), "feature 'place' has 1 numbers for 3 slots"),
    (rows(features={"place": {"att": 1}}), "a feature's source has no field 'att'\n"),
    ({"actions": [{"name": "call", "count": 3, "targets": "other"}]},
     "actions 'call' are aimed at the 1 slots of side other one by one, so there must be 1 of them, not 3"),
])
def test_wrong_files_are_explained(tmp_path: Path, changes: dict[str, Any], text: str) -> None:
    path = meadow_file(tmp_path, **changes)
    for use in (schema, make):
        with pytest.raises(SpecError) as caught:
            use(str(path))
        assert text in str(caught.value)
        assert f"{path}:" in str(caught.value)  # the line and a caret


def test_the_adapter_gives_fields_and_axes(tmp_path: Path) -> None:
    path = meadow_file(tmp_path)
    path.write_text(path.read_text("utf-8") + "axes: {state: 3}\nfields:\n"
                    "  wool: {axes: [batch], dtype: float, scope: global, what: x}\n", "utf-8")
    with pytest.raises(SpecError) as caught:
        schema(str(path))
    assert "the adapter offers no field 'wool'; leave it out" in str(caught.value)
    assert "the adapter gives the axes itself; leave 'state' out" in str(caught.value)


@pytest.fixture
def registered() -> Any:
    gymnasium.register("Pair-v0", entry_point=Pair)
    yield
    del gymnasium.registry["Pair-v0"]


def test_a_file_alone_plays_what_is_registered(tmp_path: Path, registered: None) -> None:
    env = make(str(pair_file(tmp_path, id="Pair-v0", options={"length": 1, "truncates": True})))
    begun(env, 30)
    assert env.step(torch.zeros(30, 2, dtype=torch.int64)).truncated.any()
    env = make(str(pair_file(tmp_path, api="gymnasium-vector", id="Pair-v0", options={"team": True}, reward="team")))
    assert begun(env, 30)["observation"].shape == (30, 2, 2)


def test_ids_that_nobody_registered(tmp_path: Path, registered: None) -> None:
    with pytest.raises(SpecError) as caught:
        make(str(pair_file(tmp_path, id="Piar-v0")))
    assert "gymnasium's registry has no 'Piar-v0'\n  Did you mean 'Pair-v0'?" in str(caught.value)
    assert "import yours from a plug-in file" in str(caught.value)


def test_files_that_say_how_but_not_which(tmp_path: Path) -> None:
    register = "register compose.envs.adapters."
    for path, hint in ((meadow_file(tmp_path), f"{register}PettingZoo(factory, path)"),
                       (pair_file(tmp_path), f"{register}Gymnasium(factory, path), or give adapter.id")):
        with pytest.raises(SpecError) as caught:
            make(str(path))
        assert str(caught.value).endswith(f"the file says how to read an environment, but not which\n  {hint}")


def test_a_plugin_adapts_an_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("acme/meadow", "acme:MEADOW", plugins.GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [entry])
    family = PettingZoo(Meadow, meadow_file(tmp_path))
    monkeypatch.setitem(sys.modules, "acme", SimpleNamespace(MEADOW=family))
    env = make("acme/meadow:limit=3")
    assert (env.schema.name, env.schema.limit) == ("acme/meadow:limit=3", 3)
    assert begun(env)["entities"].shape == (1, 4, 4)


def test_the_file_and_the_code_name_one_api(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="the file declares pettingzoo, but the environment is given as gymnasium"):
        _ = Gymnasium(Pair, meadow_file(tmp_path)).instances


def test_a_package_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from compose.envs.adapters import family

    monkeypatch.setattr(family, "find_spec", lambda name: None)
    with pytest.raises(SpecError) as caught:
        meadow(tmp_path)
    assert str(caught.value) == ("error[adapter.missing]  pettingzoo: pettingzoo is not installed\n"
                                 "  pip install 'compose-marl[pettingzoo]'")


def test_schemas_need_neither_torch_nor_the_other_apis(tmp_path: Path) -> None:
    code = ("import sys, compose.envs.adapters, compose.envs.catalogue as c\n"
            f"c.schema({str(meadow_file(tmp_path))!r})\n"
            "sys.exit(bool({'torch', 'gymnasium', 'pettingzoo', 'numpy'} & set(sys.modules)))")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


def test_episodes_are_recorded(tmp_path: Path) -> None:
    class First:
        def choose(self, fields: Any, episodes: Any, step: int) -> torch.Tensor:
            return torch.zeros(fields["active"].shape[0], 3, dtype=torch.int64)

    env = meadow(tmp_path, events={2: {"bob": "terminated"}}, length=4)
    episodes = rollout(First(), env, torch.arange(5), 0)  # type: ignore[arg-type]
    assert episodes["filled"].sum(1).tolist() == [5] * 5
    assert not episodes["terminated"].any()
    assert episodes["active"][0, :, 1].tolist() == [True, True, False, False, False, False, False]
