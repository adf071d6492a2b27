"""Saved weights of the PyMARL family compute the same under a spec's names; files that are none are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import compose
from compose.envs import catalogue
from compose.language.diagnostics import SpecError
from compose.language.load import load
from compose.study.pymarl.weights import carry
from tests.cli.conftest import Run, run

__all__ = ["run"]

ENV = "skirmish/3m"
SCHEMA = catalogue.schema(ENV)
AGENTS, ACTIONS, SEEN, STATE = (SCHEMA.sizes[name] for name in ("agent", "action", "observation", "state"))
Layers = Callable[..., nn.Module]
NARROW = ["params.hidden=8", "params.mixing=4"]


def agent(*, inputs: int, recurrent: bool = True) -> nn.Module:
    """fc1, rnn, fc2."""
    rnn: nn.Module = nn.GRUCell(8, 8) if recurrent else nn.Linear(8, 8)
    return nn.ModuleDict({"fc1": nn.Linear(inputs, 8), "rnn": rnn, "fc2": nn.Linear(8, ACTIONS)})


def two(out: int, width: int = 6) -> nn.Module:
    return nn.Sequential(nn.Linear(STATE, width), nn.ReLU(), nn.Linear(width, out))


def mixer(*, layers: int = 2) -> nn.Module:
    """Of PyMARL and EPyMARL."""
    of: Layers = two if layers == 2 else lambda out: nn.Linear(STATE, out)
    return nn.ModuleDict({"hyper_w_1": of(4 * AGENTS), "hyper_w_final": of(4), "hyper_b_1": nn.Linear(STATE, 4),
                          "V": two(1, 4)})  # fmt: skip


def tuned() -> nn.Module:
    """Of PyMARL2."""
    return nn.ModuleDict({"hyper_w1": two(4 * AGENTS), "hyper_b1": nn.Sequential(nn.Linear(STATE, 4)),
                          "hyper_w2": two(4), "hyper_b2": two(1, 4)})  # fmt: skip


WHOLE = SEEN + ACTIONS + AGENTS


def saved(folder: Path, **modules: nn.Module | dict[str, Any]) -> Path:
    for name, module in modules.items():
        torch.save(module.state_dict() if isinstance(module, nn.Module) else module, folder / f"{name}.th")
    return folder


@pytest.mark.parametrize(("spec", "changes", "modules"), [
    ("qmix_pymarl", ["params.hyper=6"], {"agent": agent(inputs=WHOLE), "mixer": mixer()}),
    ("qmix", [], {"agent": agent(inputs=WHOLE), "mixer": mixer(layers=1)}),
    ("qmix_pymarl2", ["params.hyper=6"], {"agent": agent(inputs=WHOLE), "mixer": tuned()}),
    ("qmix_epymarl", ["params.hyper=6"], {"agent": agent(inputs=SEEN + AGENTS, recurrent=False), "mixer": mixer()}),
])
def test_the_same_is_computed(tmp_path: Path, spec: str, changes: list[str], modules: dict[str, nn.Module]) -> None:
    found = carry(saved(tmp_path, **modules), load(spec, [*NARROW, *changes]), SCHEMA)
    assert (found.unused, found.missing) == ((), ())
    assert set(found.apart) == {"q", "q_tot"}
    assert max(found.apart.values()) < 1e-5


def test_what_is_computed_otherwise_is_seen(tmp_path: Path) -> None:
    """A spec whose target is the same, and whose mixer makes weights positive in another way."""
    saved(tmp_path, agent=agent(inputs=WHOLE), mixer=mixer())
    other = load("qmix_pymarl", [*NARROW, "params.hyper=6", "networks.mixer.nodes.w2.by=softplus"])
    found = carry(tmp_path, other, SCHEMA)
    assert found.apart["q"] < 1e-5
    assert found.apart["q_tot"] > 1e-3


def test_leftovers_on_both_sides_are_told(tmp_path: Path) -> None:
    state: dict[str, Tensor] = {**agent(inputs=WHOLE).state_dict(), "extra.weight": torch.zeros(2, 3)}
    found = carry(saved(tmp_path, agent=state), load("qmix_pymarl", NARROW), SCHEMA)
    assert found.unused == ("agent.th: extra.weight [2, 3]",)
    assert len(found.missing) == 14
    assert all(name.startswith("mixer.") for name in found.missing)
    assert found.apart == {}


def test_a_policy_and_a_training_begin_with_it(tmp_path: Path, run: Run) -> None:
    saved(tmp_path, agent=agent(inputs=WHOLE), mixer=mixer())
    out = tmp_path / "mine.safetensors"
    sets = [x for change in (*NARROW, "params.hyper=6") for x in ("--set", change)]
    ran = run("import", "pymarl-weights", str(tmp_path), "--spec", "qmix_pymarl", "--env", ENV, "-o", str(out), *sets)
    assert ran.code == 0, ran.err
    assert ran.out.count("carried") == 22
    assert ran.out.count("equal") == 2
    policy = compose.load_policy(out)
    theirs = torch.load(tmp_path / "agent.th", weights_only=True)
    assert torch.equal(policy.model.weights["utility.x.weight"].detach(), theirs["fc1.weight"])
    trained = run("train", "qmix_pymarl", "--env", ENV, "--init", str(out), "--episodes", "1", "--eval-episodes", "1",
                  "--run", str(tmp_path / "run"), *sets)  # fmt: skip
    assert trained.code == 0, trained.err
    kept = compose.load_policy(tmp_path / "run").model.weights["mixer.w1_raw.weight"].detach()
    assert torch.equal(kept.flatten(0, 1), torch.load(tmp_path / "mixer.th", weights_only=True)["hyper_w_1.2.weight"])


class Evil:
    """Would make a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x80\x04.", b"PK\x03\x04" + b"0" * 100, None])
def test_files_that_are_none_are_refused(tmp_path: Path, content: bytes | None, run: Run) -> None:
    mark = tmp_path / "made"
    if content is None:
        torch.save({"fc1.weight": Evil(mark)}, tmp_path / "agent.th")
    else:
        (tmp_path / "agent.th").write_bytes(content)
    ran = run("import", "pymarl-weights", str(tmp_path), "--spec", "qmix_pymarl", "--env", ENV, "-o",
              str(tmp_path / "x.safetensors"))  # fmt: skip
    assert (ran.code, ran.err[:21]) == (2, "error[import.weights]"), ran.err
    assert not mark.exists()
    assert not (tmp_path / "x.safetensors").exists()


@pytest.mark.parametrize(("state", "said"), [
    ({"fc1.weight": 1}, "is no state dict"), (torch.zeros(2), "is no state dict"),
    ({"fc1.weight": torch.zeros(2)}, "there, "), ({"x.y": torch.zeros(1)}, "nothing there"),
    ({"fc1.weight": torch.full((64, WHOLE), float("nan"))}, "finite numbers"),
    ({"fc1.weight": torch.zeros(64, WHOLE, dtype=torch.int64)}, "finite numbers"),
    ({"fc1.weight": torch.zeros(WHOLE, 64)}, "trained with"), ({}, "nothing there has a name")])  # fmt: skip
def test_states_that_do_not_fit_are_refused(tmp_path: Path, state: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        carry(saved(tmp_path, agent=state), load("qmix_pymarl"), SCHEMA)


def test_places_where_nothing_is(tmp_path: Path, run: Run) -> None:
    with pytest.raises(SpecError, match=r"there is no agent\.th"):
        carry(tmp_path, load("qmix_pymarl"), SCHEMA)
    saved(tmp_path, agent=agent(inputs=WHOLE))
    ran = run("import", "pymarl-weights", str(tmp_path), "--spec", "qmix_pymarl", "--env", ENV, "-o",
              str(tmp_path / "x"))  # fmt: skip
    assert ran.code == 2
    assert "ends in .safetensors" in ran.err
    (tmp_path / "bare.safetensors").write_bytes(b"no")
    with pytest.raises(SpecError, match=r"cannot be read"):
        compose.load_policy(tmp_path / "bare.safetensors")
