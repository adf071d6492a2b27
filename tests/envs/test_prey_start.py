"""How episodes of predator-prey begin: numbers, capabilities, tags and cells come from where the game says."""

from __future__ import annotations

import pytest
import torch

from compose.envs.catalogue import resolve, schema
from compose.envs.prey.settings import Settings
from compose.envs.prey.start import draw
from compose.language.diagnostics import SpecError


def _settings(name: str) -> Settings:
    settings = resolve(name).settings
    assert isinstance(settings, Settings)
    return settings


@pytest.mark.parametrize("split", ["train", "test"])
def test_numbers_are_drawn_evenly(split: str) -> None:
    settings = _settings(f"prey/various_num:split={split}")
    start, tasks = draw(settings, torch.arange(8000), 3), schema(f"prey/various_num:split={split}").tasks
    for slots, allowed in zip(start.place.split([9, 9, 5], 1), settings.numbers, strict=True):
        there = slots >= 0
        assert (there.int().diff(dim=1) <= 0).all()  # the first slots are filled
        counts = torch.bincount(there.sum(1), minlength=10) / 8000
        assert counts.nonzero()[:, 0].tolist() == list(allowed)
        assert (counts[list(allowed)] - 1 / len(allowed)).abs().max() < 0.02
    names = [f"{a}x{p}" for a, p in zip(*((s >= 0).sum(1).tolist() for s in start.place.split([9, 9, 5], 1)[:2]),
                                        strict=True)]  # fmt: skip
    assert names == [tasks[task] for task in start.task.tolist()]


def test_who_is_there_stands_in_a_cell_of_its_own_anywhere() -> None:
    place = draw(_settings("prey/various_all"), torch.arange(4000), 0).place
    for row in place[:50].tolist():
        taken = [cell for cell in row if cell >= 0]
        assert len({*taken}) == len(taken)
    counts = torch.bincount(place[place >= 0], minlength=144)
    assert counts.shape == (144,)
    assert (counts / counts.sum() * 144 - 1).abs().max() < 0.2


def test_tags_are_distinct_and_any_agent_may_have_any() -> None:
    tag = draw(_settings("prey/various_num"), torch.arange(9000), 0).tag
    assert torch.equal(tag.sort(1).values, torch.arange(9).expand(9000, 9))
    assert (torch.bincount(tag[:, 0], minlength=9) / 1000 - 1).abs().max() < 0.15


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ["various_num", "various_cap", "various_all"])
def test_capabilities_come_from_their_pools(name: str, split: str) -> None:
    settings = _settings(f"prey/{name}:split={split}")
    start, slots = draw(settings, torch.arange(3000), 1), list(settings.slots)
    pools, test = settings.pools, split == "test" and name != "various_num"
    assert (pools.first is not None) == test
    seen = set()
    for agents, preys, others in zip(*(part.tolist() for part in start.capability.split(slots, 1)), strict=True):
        agents, preys = ([number for number in side if number] for side in (agents, preys))
        if test:
            assert (agents.pop(0), preys.pop(0)) == (4, 5)
        pool = pools.preys[max(agents) - 1 if name == "various_all" else 0]
        seen.add(tuple(agents))
        assert not any(others)
        assert all(agents.count(number) <= pools.agents.count(number) for number in agents)
        assert all(preys.count(number) <= pool.count(number) for number in preys)
    assert len(seen) > 30 or name == "various_num"


def test_both_splits_have_the_same_slots() -> None:
    for name in ("various_num", "various_cap", "various_all"):
        train, test = (schema(f"prey/{name}:split={split}") for split in ("train", "test"))
        assert {**train.sizes, "task": 0} == {**test.sizes, "task": 0}
        assert train.features == test.features


@pytest.mark.parametrize(("options", "text"), [
    ("agents=3+", "numbers joined by +, such as 2+3+5, got '3+'"), ("preys=x", "preys are numbers joined by"),
    ("agents=0", "agents are at least 1"), ("preys=3+3", "preys has a number twice"), ("landmarks=1.5", "joined by"),
    ("size=4", "23 predators, preys and landmarks have no room on 4 x 4"), ("size=51", "less than or equal to 50"),
    ("split=tset", "Input should be 'train' or 'test'"), ("capability=drawn", "8 predators, not for 9 (split=test)"),
    ("capability=matched,agents=9", "for 8 predators, not for 9"), ("sight=-1", "greater than or equal to 0"),
    ("agent=3", "Did you mean 'agents'?"),
])
def test_games_that_cannot_be_are_refused(options: str, text: str) -> None:
    split = ",split=test" if "test)" in text else ""
    with pytest.raises(SpecError) as caught:
        schema(f"prey/various_num:{options}{split}")
    assert text in str(caught.value)
