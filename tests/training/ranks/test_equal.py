"""Several processes learn what one learns from the same batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tensordict import TensorDict
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.envs.interface import Environment
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import Loaded, load, load_text
from compose.training.build import build_model
from compose.training.evaluate import evaluate
from compose.training.learner import Learner
from compose.training.learners import learner_for
from compose.training.ranks.alone import ALONE, Ranks
from compose.training.ranks.parts import check_parts
from tests.compiler.cases import PACKAGED
from tests.generator.episodes import MadeUp
from tests.marked import first
from tests.specs.handful import handful
from tests.specs.schemas import small_schema
from tests.training.ranks.threads import together
from tests.training.test_on_policy import WALK

ROOT = Path(__file__).parents[3]
UPDATES = 6
REPLAY = ["learner.updates=3 per 4 episodes", "learner.replay.batch=7", "learner.replay.episodes=10",
          "learner.replay.start=7", "learner.target.every=5 episodes"]
SOME = ("refil_group_matching", "mappo")
MORE = ("qmix_attention_popart", "vast", "coma", "iql_epymarl")
"""Losses over imagined groups, minibatches; statistics that rewrite weights, batches that are standardised."""
REFUSED = {"ptm", "ptm_group_matching", "ptm_masked_mixer", "ptm_without_exploitation", "ptm_without_exploration",
           "qmix_attention_reweighted", "qmix_marllib", "roma_official", "coma_epymarl", "ippo_epymarl",
           "mappo_epymarl", "pqn_vdn", "pqn_qmix"}
"""Softmax, batch norm or the longest episode over a batch; pieces of episodes."""


class Apart(MadeUp):
    """Episodes that are functions of their numbers, of many lengths."""

    def reset(self, episodes: Tensor, seed: object) -> dict[str, Tensor]:
        each = [fake_batch(self.schema, number, batch=2) for number in episodes.tolist()]
        shared = {name for name, field in self.schema.fields.items() if "batch" not in field.axes}
        self.batch = TensorDict({name: each[0][name] if name in shared else torch.cat([one[name][:1] for one in each])
                                 for name in each[0].keys()}, batch_size=[])  # noqa: SIM118
        self.rows, self.time = len(episodes), 0
        return self._fields()


def small(name: str, *more: str) -> Loaded:
    spec = load(name).spec
    changes = ["learner.environments=5"] + ["params.eta=0.6"] * ("eta" in spec.params)
    if spec.learner.kind == "replay":
        return load(name, [*changes, *REPLAY, *more])
    return load(name, [*changes, "learner.updates=4 per 6 episodes", "learner.minibatches=2", *more])


def trained(spec: Loaded, ranks: Ranks = ALONE, updates: int = UPDATES, env: Environment | None = None) -> Learner:
    schema = small_schema()
    world = env or Apart(schema)
    learner = learner_for(build_model(spec, world.schema, seed=1), world, 1, ranks)
    while learner.clocks.updates < updates:
        if learner.due() > 0:
            learner.update()
        else:
            learner.collect()
    return learner


def numbers(of: Learner) -> dict[str, Any]:
    found = {f"{group}/{name}": x for group, held in of.tensors().items() for name, x in held.items()}
    return {**found, **{name: torch.tensor(float(x)) for name, x in of.metrics().items()}}


def check_equal(alone: dict[str, Any], other: dict[str, Any]) -> None:
    assert set(alone) == set(other)
    for name, x in alone.items():
        close = torch.allclose(x.double(), other[name].double(), rtol=2e-3, atol=2e-5 * max(1.0, float(x.abs().max())))
        assert close, f"{name}: {x.flatten()[:5]} {other[name].flatten()[:5]}"


@pytest.mark.parametrize("name", first(SOME, sorted({*SOME, *MORE, *handful()} - REFUSED)))
def test_a_method(name: str) -> None:
    alone = numbers(trained(small(name)))
    for found in together(3, lambda ranks: numbers(trained(small(name), ranks))):
        check_equal(alone, found)


@pytest.mark.parametrize(("name", "changes"), [
    pytest.param("refil_group_matching", ("learner.replay.batch=2", "learner.replay.start=2"), marks=pytest.mark.more),
    ("qmix_epymarl", ("learner.replay.batch=2", "learner.replay.start=2")),
    pytest.param("mappo", ("learner.updates=2 per 2 episodes",), marks=pytest.mark.more),
])
def test_more_processes_than_episodes(name: str, changes: tuple[str, ...]) -> None:
    """Some play none of a collection, and hold none of a batch."""
    spec = small(name, "learner.environments=2", *changes)
    alone = numbers(trained(spec))
    for found in together(4, lambda ranks: numbers(trained(spec, ranks))):
        check_equal(alone, found)


def test_batches_of_steps() -> None:
    spec = small("qmix_benchmarl", "learner.replay.of=steps")
    alone = numbers(trained(spec))
    for found in together(2, lambda ranks: numbers(trained(spec, ranks))):
        check_equal(alone, found)


SOLVED = """\
  solved:  {block: success_rate, of: env.success, by: env.task}
  extra:   0.1 * solved
  paid:    env.reward + extra
log: {extra: extra}
act: {"""


def test_statistics_of_collections_and_what_is_logged() -> None:
    spec = load_text(WALK.replace("reward: env.reward", "reward: paid").replace("act: {", SOLVED, 1))
    alone = numbers(trained(spec))
    assert {"statistics/solved.rate", "log/extra"} <= set(alone)
    for found in together(3, lambda ranks: numbers(trained(spec, ranks))):
        check_equal(alone, found)


LOSSES = ("sum: batch, ", "where: true, ", "sum: time, where: true, ")


@pytest.mark.parametrize("loss", first(LOSSES[:1], LOSSES))
def test_losses_that_add_up_and_losses_of_all_steps(loss: str) -> None:
    spec = load_text(WALK.replace("square(worth - returns), ", f"square(worth - returns), {loss}", 1))
    alone = numbers(trained(spec))
    for found in together(3, lambda ranks: numbers(trained(spec, ranks))):
        check_equal(alone, found)


STANDARDISED = """\
  level:   {block: standardise_batch, of: env.reward}
  paid:    {block: standardise, of: level + env.reward}
act: {"""


def test_statistics_of_what_is_standardised_by_its_batch() -> None:
    """What looks at the whole batch everywhere adds nothing up."""
    spec = load_text(WALK.replace("reward: env.reward", "reward: paid").replace("act: {", STANDARDISED, 1))
    alone = numbers(trained(spec))
    assert "statistics/paid.variance" in alone
    for found in together(3, lambda ranks: numbers(trained(spec, ranks))):
        check_equal(alone, found)


def test_evaluations() -> None:
    learner = trained(small("vdn"), updates=1)

    def rows(ranks: Ranks = ALONE, episodes: int = 7) -> list[dict[str, Any]]:
        return evaluate(learner.model, Apart(small_schema()), episodes, seed=1, first_episode=5, ranks=ranks)

    assert together(3, rows) == [rows()] * 3
    assert together(4, lambda ranks: rows(ranks, 2)) == [rows(episodes=2)] * 4, "more processes than episodes"


@pytest.mark.parametrize("name", sorted(REFUSED & {"ptm", "qmix_marllib", "roma_official", "mappo_epymarl"}))
def test_what_looks_at_all_of_a_batch_is_refused(name: str) -> None:
    graph = build_graph(small(name), small_schema())
    check_parts(graph, ALONE)
    with pytest.raises(SpecError, match=r"error\[train\.ranks\]  [\w.]+: \w+ looks at all episodes of a batch"):
        check_parts(graph, Ranks(0, 2))


def test_pieces_are_refused() -> None:
    with pytest.raises(SpecError, match=r"learner\.horizon: pieces of episodes are collected by one process"):
        check_parts(build_graph(load("pqn_vdn"), small_schema()), Ranks(0, 2))


def refused(name: str) -> bool:
    try:
        check_parts(build_graph(load(name, ["params.eta=0.6"] * ("eta" in load(name).spec.params)), small_schema()),
                    Ranks(0, 2))
    except SpecError:
        return True
    return False


@pytest.mark.more
def test_the_page_names_whom_it_refuses() -> None:
    assert {name for name in PACKAGED if refused(name)} == REFUSED
    page = (ROOT / "docs" / "several_devices.md").read_text()
    relatives = {name for name in REFUSED if name.startswith(("ptm", "pqn"))}
    assert all(f"`{name}`" in page for name in REFUSED - relatives | {"ptm", "horizon"})
