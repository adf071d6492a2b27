"""Names: what they mean, what is said about wrong ones, and plug-ins."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from compose.envs import families, plugins
from compose.envs.catalogue import make, schema
from compose.envs.families import names
from compose.envs.group_matching import FAMILY
from compose.language.diagnostics import SpecError

EVERYTHING = str(Path(__file__).parents[1] / "fixtures" / "everything.yaml")


def test_options_change_the_schema() -> None:
    assert schema("group_matching").sizes["feature"] == 16
    offered = schema("group_matching:cells=5,agents=5")
    assert offered.name == "group_matching:agents=5,cells=5"
    assert offered.sizes == {**schema("group_matching/small").sizes, "time": 51}
    assert schema("group_matching/small:limit=9,fixed=false").name == "group_matching/small:fixed=false,limit=9"
    assert schema("smac/3-8sz:limit=200").limit == 200
    assert make("group_matching/small: slip=0").schema.name == "group_matching/small:slip=0"


def test_every_name_has_a_schema() -> None:
    assert {"group_matching", "group_matching/small", "smac/3-8sz"} <= set(names())
    assert [schema(name).name for name in names()] == list(names())


def test_a_path_is_a_schema_file_and_cannot_run() -> None:
    assert schema(EVERYTHING).name == "everything"
    with pytest.raises(SpecError, match="a schema file describes an environment, it cannot run one"):
        make(EVERYTHING)
    with pytest.raises(SpecError, match="there is no file"):
        make("none.yaml")


@pytest.mark.parametrize(("name", "text"), [
    ("group_macthing", "no environment 'group_macthing'\n  Did you mean 'group_matching'?"),
    ("", "no environment ''\n  = families: battle, gaussian_squeeze, group_matching, lbf, mpe, overcooked, prey"),
    ("smac", "'smac' needs an instance\n  = there are: smac/1c3s5z, smac/2c_vs_64zg"),
    ("smac/", "'smac/' needs an instance"),
    ("skirmish/3m:task=<b>", "error[environment-name]  skirmish/3m:task=<b>: a name may hold letters"),
    ("a\x1b.yaml", "a\ufffd.yaml"),
    ("smac/3-8zs", "no environment 'smac/3-8zs'\n  Did you mean 'smac/3-8sz'?"),
    ("3-8sz", "no environment '3-8sz'\n  is it skirmish/3-8sz or smac/3-8sz?"),
    ("group_matching/smal", "Did you mean 'group_matching/small'?"),
    ("group_matching:agent=5", "unknown option 'agent'\n  Did you mean 'agents'?\n  = options: agents, cells"),
    ("group_matching:agents", "expected key=value after the colon, got 'agents'"),
    ("group_matching:", "expected key=value after the colon, got ''"),
    ("group_matching:agents=5,", "expected key=value after the colon, got ''"),
    ("group_matching:agents=5,agents=6", "'agents' is given twice"),
    ("group_matching:agents=five", "group_matching:agents=five: agents: Input should be a valid integer"),
    ("group_matching:agents=0", "Input should be greater than or equal to 1"),
    ("group_matching:agents=1.5", "Input should be a valid integer"),
    ("group_matching:slip=nan", "slip: Input should be a finite number"),
    ("group_matching:fixed=1", "Input should be a valid boolean"),
    ("group_matching:fixed=true,agents=5", "fixed groups are equal slices: 5 agents make no 2 equal groups"),
])
def test_wrong_names_are_explained(name: str, text: str) -> None:
    for use in (schema, make):
        with pytest.raises(SpecError) as caught:
            use(name)
        assert text in str(caught.value)


def test_schemas_need_no_torch() -> None:
    code = ("import sys, compose.envs.catalogue as c, compose.envs.families as f\n"
            "[c.schema(name).hash for name in f.names()]\n"
            "sys.exit('torch' in sys.modules)")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_a_plugin_is_found_and_imported_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, ("acme/ring", "tests_ring:FAMILY"), ("acme/bad", "no_such_module:X"))
    monkeypatch.setitem(sys.modules, "tests_ring", SimpleNamespace(FAMILY=FAMILY))
    assert names()[-2:] == ("acme/ring", "acme/bad")
    assert schema("acme/ring").name == "acme/ring"
    assert schema("acme/ring/small:limit=3").limit == 3
    assert make("acme/ring").schema.name == "acme/ring"
    with pytest.raises(SpecError, match="no environment 'acme/ring/tiny'"):
        schema("acme/ring/tiny")
    with pytest.raises(SpecError, match="Did you mean 'acme/ring'"):
        schema("acme/rnig")


def test_a_broken_plugin_is_reported_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, ("acme/bad", "no_such_module:X"), ("acme/odd", "math:pi"))
    with pytest.raises(SpecError, match="acme/bad: the plug-in of 'no_such_module:X' fails: ModuleNotFoundError"):
        schema("acme/bad")
    with pytest.raises(SpecError, match="acme/odd: the plug-in of 'math:pi' is no environment family: it lacks"):
        make("acme/odd")
    assert schema("group_matching").agents == 8


def test_a_program_registers_a_family(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "_REGISTERED", {})
    families.register("lab/ring", FAMILY)
    assert names()[-3:] == ("lab/ring", "lab/ring/small", "lab/ring/tasks")
    assert schema("lab/ring/small:limit=3").limit == 3
    assert make("lab/ring").schema.name == "lab/ring"
    families.register("lab/ring", SimpleNamespace(summary="", instances={}, schema=None, make=None))  # type: ignore[arg-type]
    assert names()[-1] == "warehouse/16"
    with pytest.raises(SpecError, match="no environment 'lab/ring/small'"):
        schema("lab/ring/small")


@pytest.mark.parametrize(("name", "family", "message"), [
    ("smac", FAMILY, "'smac' is built in"),
    ("group_matching/mine", FAMILY, "'group_matching/mine' is built in"),
    ("my game", FAMILY, "'my game' is no name for an environment"),
    ("mine:a=1", FAMILY, "is no name for an environment"),
    ("mine.yaml", FAMILY, "is no name for an environment"),
    ("mine/", FAMILY, "is no name for an environment"),
    ("mine", object(), "mine: what is registered is no environment family: it lacks summary, instances, schema, make"),
])
def test_what_cannot_be_registered(name: str, family: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        families.register(name, family)


@pytest.mark.parametrize(("entries", "message"), [
    ([("smac", "a:b")], "smac: claimed by 'a:b', but it is built in"),
    ([("smac/new", "a:b")], "smac/new: claimed by 'a:b', but it is built in"),
    ([("acme/x", "a:b"), ("acme/x", "c:d")], "acme/x: claimed by 'c:d' and by 'a:b'"),
])
def test_a_second_claim_is_an_error(
    monkeypatch: pytest.MonkeyPatch, entries: list[tuple[str, str]], message: str
) -> None:
    _install(monkeypatch, *entries)
    for use in (names, lambda: schema("acme/x"), lambda: schema("group_matching")):
        with pytest.raises(SpecError, match=message):
            use()


def _install(monkeypatch: pytest.MonkeyPatch, *entries: tuple[str, str]) -> None:
    found = [EntryPoint(name, value, plugins.GROUP) for name, value in entries]
    monkeypatch.setattr(plugins, "entry_points", lambda group: found)


@pytest.mark.parametrize(("name", "expected"), [
    ("group_matching:cells=10000000000", "cells: Input should be less than or equal to 1000000"),
    ("group_matching:slip=nan", "slip: Input should be a finite number"),
    ("group_matching:slip=1e400", "slip: Input should be a finite number"),
    ("gaussian_squeeze:mu=inf", "mu: Input should be a finite number"),
    ("gaussian_squeeze:sigma=0", "sigma: Input should be greater than or equal to"),
    ("skirmish/3m:limit=99999999999", "limit: Input should be less than or equal to 1000000"),
    ("smac/3m:games=100000", "games: Input should be less than or equal to 1024"),
    ("smax/3m:reward=1e300", "reward: Input should be less than or equal to"),
])  # fmt: skip
def test_numbers_in_names_have_bounds(name: str, expected: str) -> None:
    with pytest.raises(SpecError) as caught:
        schema(name)
    assert expected in str(caught.value)


def test_what_fits_into_no_memory_is_refused_before_it_is_made() -> None:
    with pytest.raises(SpecError, match=r"(?s)env\.size.*would take .* GiB.*most of it is entities: time 51"):
        make("group_matching:agents=1000000")


class Failing:
    """A family of somebody else's in which something raises."""

    summary = "fails"

    def __init__(self, where: str) -> None:
        self.where = where

    def _reach(self, where: str) -> None:
        if where == self.where:
            raise ZeroDivisionError("oops")

    @property
    def instances(self) -> Any:
        self._reach("instances")
        return FAMILY.instances

    def schema(self, instance: str, settings: Any) -> Any:
        self._reach("schema")
        return None if self.where == "no schema" else FAMILY.schema(instance, settings)

    def make(self, instance: str, schema: Any, settings: Any, device: Any) -> Any:
        self._reach("make")
        return "an environment" if self.where == "no environment" else FAMILY.make(instance, schema, settings, device)


@pytest.mark.parametrize(("where", "expected"), [
    ("instances", "error[environment-plugin]  failing: the family fails: ZeroDivisionError: oops"),
    ("schema", "error[environment-plugin]  failing: the family fails: ZeroDivisionError: oops"),
    ("no schema", "error[environment-plugin]  failing: the family fails: AttributeError"),
    ("make", "error[env.raises]  expected the environment is made; found ZeroDivisionError: oops"),
    ("no environment", "error[env.interface]  expected an object with reset and step"),
])  # fmt: skip
def test_what_a_family_of_a_plug_in_raises_is_its_fault(
    where: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(families._REGISTERED, "failing", Failing(where))
    with pytest.raises(SpecError) as caught:
        make("failing")
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(("name", "agents"), [
    ("group_matching", 8), ("gaussian_squeeze/8", 8), ("prey/various_cap", 5), ("battle/20", 20), ("warehouse/4", 4),
])  # fmt: skip
def test_stepping_needs_a_reset(name: str, agents: int) -> None:
    with pytest.raises(RuntimeError, match="reset the environment before stepping it"):
        make(name).step(torch.zeros(1, agents, dtype=torch.int64))
