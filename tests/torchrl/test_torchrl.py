"""Models in a loop of TorchRL: run by ``make test-torchrl`` in an environment of its own."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("torchrl", reason="torchrl is not installed: make test-torchrl")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

import compose  # noqa: E402
from compose.training.actors import ModelActor  # noqa: E402
from compose.training.rollout import rollout, tensors  # noqa: E402
from tests.docs.session import Session  # noqa: E402
from tests.docs.snippets import ROOT, snippets  # noqa: E402

PAGE = ROOT / "docs" / "torchrl.md"
NARROW = ["params.embed=16", "params.hyper=16", "params.heads=2", "params.hidden=16"]


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return Session(tmp_path, long=False, slow=False)


def test_the_page_is_true(session: Session) -> None:
    """Its environment, its loop of a collector, a replay buffer and losses, and what it prints."""
    run = [replace(snippet, mark="") for snippet in snippets(PAGE.read_text(encoding="utf-8"))]
    assert [snippet.title for snippet in run] == ["environment.py", "torchrl_loop.py", ""]
    for snippet in run:
        session.run(snippet)


@pytest.fixture
def page(session: Session) -> Any:
    """The environment of the page."""
    session.run(replace(snippets(PAGE.read_text(encoding="utf-8"))[0], mark=""))
    return import_module("environment")


def collected(env: Any, policy: Any) -> Any:
    from torchrl.collectors import Collector

    n = env.batch_size[0] * env.env.schema.limit
    collector = Collector(env, policy, frames_per_batch=n, total_frames=n, auto_register_policy_transforms=True)
    (played,) = collector
    collector.shutdown()
    return played


def test_the_environment_is_one_of_torchrls(page: Any) -> None:
    from torchrl.envs import check_env_specs

    check_env_specs(page.Episodes(compose.make("group_matching/small"), batch=3))


@pytest.mark.parametrize(("spec", "name"), [
    ("refil", "group_matching/small"), ("opt", "group_matching/small"), ("vdn_attention", "skirmish/3m:limit=12"),
])  # fmt: skip
def test_what_is_collected_is_what_a_rollout_plays(page: Any, spec: str, name: str) -> None:
    """The same actions, so what recurs is carried; the same episodes, so the loss is the same."""
    game = compose.make(name)
    model = compose.compile(compose.load(spec, NARROW if spec == "refil" else []), game, seed=1)
    played = page.whole(collected(page.Episodes(game, 6, seed=3), model.as_tensordict_policy()), game.schema)
    wanted = tensors(rollout(ModelActor(model, 0), game, torch.arange(6), 3))
    filled = wanted["filled"]
    assert not played["steps"].all(1).any()
    for field in sorted(set(played.keys()) & set(wanted)):
        x, y = ((z[filled] if "time" in game.schema.fields[field].axes else z) for z in (played[field], wanted[field]))
        assert torch.equal(x.to(y.dtype), y), field
    rows, clocks = torch.arange(6), {"env_steps": 0, "episodes": 0, "updates": 0}
    params, draws = model.params_at(clocks), model.draw("learn", 0, 0, rows, game.schema.limit + 1)
    found = model.as_tensordict_module()(played, draws=draws, params=params)["loss_main"]
    assert torch.allclose(found, model.learn(wanted, draws, params).totals["main"])
    found.backward()
    assert all(x.grad is not None and torch.isfinite(x.grad).all() for x in model.trained_by("main").values())


def test_the_primer_is_found_by_torchrl_itself() -> None:
    from torchrl.modules.utils import get_primers_from_module

    policy = compose.compile("refil", "group_matching/small").as_tensordict_policy()
    assert set(get_primers_from_module(policy).primers["carried"].keys()) == {"q.h.h"}
