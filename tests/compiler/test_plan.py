"""The indices of packed programs."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.compiler.plan import ALIVE, EPISODE, INDEX, OF_ENTITY, PLACE, SEQUENCES, free_dims, make_plan

STEPS = [INDEX, EPISODE, PLACE, ALIVE, SEQUENCES]
AGENTS, ENTITIES = 2, 5


def fields(lengths: list[int], time: int, seed: int = 0, share: float = 0.6) -> dict[str, Tensor]:
    """Episodes of some lengths; who is present comes and goes."""
    generator = torch.Generator().manual_seed(seed)
    steps = torch.arange(time) < torch.tensor(lengths)[:, None]
    present = torch.rand((len(lengths), time, ENTITIES), generator=generator) < share
    return {"steps": steps, "present": present, "visible": torch.zeros(len(lengths), time, AGENTS, ENTITIES).bool()}


def planned(given: dict[str, Tensor], ahead: int = 0, *, sides: bool = False) -> dict[str, Tensor]:
    names = [f"{ahead}.{what}" for what in STEPS]
    if sides:
        names += [f"{ahead}.{side}.{what}" for side in ("agent", "entity") for what in (INDEX, PLACE, ALIVE, SEQUENCES)]
        names.append(f"{ahead}.agent.{OF_ENTITY}")
    plan = make_plan(given, names)
    assert set(names) <= set(plan)
    return {name.removeprefix(f"{ahead}."): x for name, x in plan.items()}


batches = st.integers(1, 7).flatmap(
    lambda time: st.tuples(st.lists(st.integers(1, time), min_size=1, max_size=6), st.just(time)))
run = settings(max_examples=60, deadline=None)


@run
@given(batch=batches, ahead=st.integers(0, 3))
def test_steps_of_all_episodes_time_by_time_the_longest_first(batch: tuple[list[int], int], ahead: int) -> None:
    lengths, time = batch
    plan = planned(fields(lengths, time), ahead)
    kept = [min(n + ahead, time) for n in lengths]
    order = sorted(range(len(kept)), key=lambda i: -kept[i])
    expected = [(i, t) for t in range(time) for i in order if t < kept[i]]
    assert plan[INDEX].tolist() == [i * time + t for i, t in expected]
    assert plan[EPISODE].tolist() == [i for i, _ in expected]
    assert plan[SEQUENCES].tolist() == order
    assert plan[ALIVE].tolist() == [sum(t < n for n in kept) for t in range(time)]
    assert plan[ALIVE].device.type == "cpu"
    assert plan[ALIVE].dtype == torch.int64


@run
@given(batch=batches, ahead=st.integers(0, 3))
def test_places_are_the_inverse_of_indices(batch: tuple[list[int], int], ahead: int) -> None:
    lengths, time = batch
    plan = planned(fields(lengths, time), ahead)
    place, index = plan[PLACE], plan[INDEX]
    assert place.shape == (len(lengths), time)
    assert torch.equal(place.flatten()[index], torch.arange(len(index)))
    left = torch.ones(place.numel(), dtype=torch.bool)
    left[index] = False
    assert not place.flatten()[left].any()


@run
@given(batch=batches, ahead=st.integers(0, 2), seed=st.integers(0, 99), share=st.sampled_from([0.0, 0.05, 0.3, 1.0]))
def test_rows_that_are_present_at_some_time(batch: tuple[list[int], int], ahead: int, seed: int, share: float) -> None:
    lengths, time = batch
    given = fields(lengths, time, seed, share)
    plan = planned(given, ahead, sides=True)
    ever, episode = given["present"].any(1), plan[EPISODE]
    for side, slots in (("agent", AGENTS), ("entity", ENTITIES)):
        index, place, alive = (plan[f"{side}.{what}"] for what in (INDEX, PLACE, ALIVE))
        expected = [s * slots + k for s, e in enumerate(episode.tolist()) for k in range(slots) if ever[e, k]]
        assert index.tolist() == expected
        assert place.shape == (len(episode), slots)
        assert torch.equal(place.flatten()[index], torch.arange(len(index)))
        starts = [0, *plan[ALIVE].cumsum(0).tolist()]
        per_time = [sum(a <= i // slots < b for i in expected) for a, b in pairwise(starts)]
        assert alive.tolist() == per_time
        assert len(plan[f"{side}.{SEQUENCES}"]) == per_time[0]
        assert per_time == sorted(per_time, reverse=True)


@run
@given(batch=batches, seed=st.integers(0, 99), share=st.sampled_from([0.1, 0.5, 1.0]))
def test_agents_rows_among_those_of_entities(batch: tuple[list[int], int], seed: int, share: float) -> None:
    plan = planned(fields(*batch, seed, share), sides=True)
    entity = plan[f"entity.{INDEX}"][plan[f"agent.{OF_ENTITY}"]]
    agent = plan[f"agent.{INDEX}"]
    assert torch.equal(entity // ENTITIES, agent // AGENTS)
    assert torch.equal(entity % ENTITIES, agent % AGENTS)


def test_all_rows_present_are_all_rows() -> None:
    plan = planned(fields([3, 3], 3, share=1.0), sides=True)
    assert plan[f"entity.{INDEX}"].tolist() == list(range(2 * 3 * ENTITIES))
    assert plan[f"agent.{PLACE}"].tolist() == torch.arange(6 * AGENTS).view(6, AGENTS).tolist()


def test_episodes_of_one_step() -> None:
    plan = planned(fields([1, 1, 1], 4))
    assert plan[INDEX].tolist() == [0, 4, 8]
    assert plan[ALIVE].tolist() == [3, 0, 0, 0]
    assert planned(fields([1, 1, 1], 4), 1)[ALIVE].tolist() == [3, 3, 0, 0]


def test_an_episode_without_steps_keeps_its_first() -> None:
    assert planned(fields([2, 0], 3))[INDEX].tolist() == [0, 3, 1]


def test_a_hole_among_steps_is_kept() -> None:
    holed = {**fields([3], 4), "steps": torch.tensor([[True, False, True, False]])}
    assert planned(holed)[INDEX].tolist() == [0, 1, 2]


def test_several_looks_ahead_at_once() -> None:
    plan = make_plan(fields([1], 3), [f"0.{INDEX}", f"2.{INDEX}"])
    assert (plan[f"0.{INDEX}"].tolist(), plan[f"2.{INDEX}"].tolist()) == ([0], [0, 1, 2])


@pytest.mark.parametrize(("name", "dims"), [
    (f"1.{INDEX}", (0,)), (f"1.{EPISODE}", (0,)), (f"1.{PLACE}", (0, 1)), (f"1.{ALIVE}", (0,)),
    (f"1.{SEQUENCES}", (0,)),
    (f"1.agent.{INDEX}", (0,)), (f"1.agent.{PLACE}", (0,)), (f"1.entity.{ALIVE}", (0,)), (f"1.agent.{OF_ENTITY}", (0,)),
])  # fmt: skip
def test_free_dimensions_are_those_that_follow_the_batch(name: str, dims: tuple[int, ...]) -> None:
    assert free_dims(name) == dims
    what = name.removeprefix("1.")
    small, large = (planned(fields(lengths, time, share=0.5), 1, sides=True)[what].shape
                    for lengths, time in (([2, 1], 4), ([5, 3, 4], 7)))
    assert {i for i, (a, b) in enumerate(zip(small, large, strict=True)) if a != b} == set(dims)
