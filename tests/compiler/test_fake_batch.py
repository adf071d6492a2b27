"""Fake batches are valid episodes for every schema, whatever the seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from compose.compiler.fake_batch import fake_batch
from compose.envs.catalogue import schema
from compose.envs.families import names
from compose.graph.schema import EntitySchema

EVERYTHING = str(Path(__file__).parents[1] / "fixtures" / "everything.yaml")
LARGE = ("gaussian_squeeze/400", "gaussian_squeeze/800")
NAMES = [name for name in (*names(), EVERYTHING) if name not in LARGE]
TIME = 6

UNLIKE = ("group_matching", "gaussian_squeeze", "smac/3-8sz", "skirmish/3-8MMM", EVERYTHING)
"""Without others, with one action for all, with aims at enemies, with aims at allies, with every field there is."""

Fields = dict[str, Tensor]


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_valid_episodes(name: str) -> None:
    offered = schema(name)
    fields = fake_batch(offered, 0, batch=5, time=TIME)
    assert (fields["reward"].shape, fields["reward"].dtype) == ((5, TIME), torch.float32)
    for holds in VALID:
        holds(offered, fields)
    _features_are_of_their_kind_and_side(offered, fields)


@pytest.mark.parametrize("name", UNLIKE)
@given(seed=st.integers(0, 2**40), batch=st.integers(1, 5), time=st.integers(2, TIME))
@settings(max_examples=30, deadline=None)
def test_batches_of_any_size_are_valid_episodes(name: str, seed: int, batch: int, time: int) -> None:
    offered = schema(name)
    fields = fake_batch(offered, seed, batch=batch, time=time, dtype=torch.float64)
    assert (fields["reward"].shape, fields["reward"].dtype) == ((batch, time), torch.float64)
    for holds in VALID:
        holds(offered, fields)


def _every_field_has_its_axes_and_dtype(offered: EntitySchema, fields: Fields) -> None:
    batch, time = fields["steps"].shape
    sizes = {**offered.sizes, "batch": batch, "time": time}
    kinds = {"float": fields["reward"].dtype, "bool": torch.bool, "int": torch.int64}
    assert set(fields.keys()) == set(offered.fields)
    for name, field in offered.fields.items():
        assert fields[name].shape == tuple(sizes[axis.removesuffix("'")] for axis in field.axes), name
        assert fields[name].dtype == kinds[field.dtype], name


def _masks_agree(offered: EntitySchema, fields: Fields) -> None:
    agents, present, visible, sight = offered.agents, fields["present"], fields["visible"], fields["sight"]
    assert not (visible & ~present[:, :, None]).any()
    assert not (visible & ~present[:, :, :agents, None]).any()
    assert torch.equal(sight[:, :, :agents], visible)
    assert torch.equal(sight, sight.mT)
    assert torch.equal(sight.diagonal(dim1=-2, dim2=-1), present)
    assert not (fields["active"] & ~present[:, :, :agents]).any()
    dead = present[:, :, :agents] & ~fields["active"]
    assert (visible.sum(-1)[dead] == 1).all()
    assert (visible.sum(-2)[:, :, :agents][dead] == 1).all()
    assert not dead[:, 0].any()


def _actions_are_available(offered: EntitySchema, fields: Fields) -> None:
    if offered.continuous:
        assert "available" not in fields.keys()  # noqa: SIM118 (no mapping)
        assert fields["action"].abs().max() <= 1
        assert not fields["action"][~fields["steps"]].any()
        return
    available, action, steps, known = fields["available"], fields["action"], fields["steps"], _recorded(fields)
    assert torch.equal(available.any(-1), known[:, :, None].expand_as(available[..., 0]))
    taken = available.gather(-1, action[..., None])[..., 0]
    assert taken[steps].all()
    assert not action[~steps].any()
    assert (available.sum(-1)[known[:, :, None] & ~fields["active"]] == 1).all()
    if "action_entity" in fields.keys():  # noqa: SIM118  a TensorDict iterates over its batch
        aim, first = fields["action_entity"], 0
        assert (aim.sum(2) <= 1).all()
        assert not (aim & ~fields["present"][:, 0, None]).any()
        for group in offered.actions:
            these = slice(first, first + group.count)
            if group.targets is None:
                assert not aim[:, these].any()
            else:
                assert not (available[..., these] & ~aim[:, None, None, these].any(-1)).any()
                other_side = slice(offered.agents, None) if group.targets == "agent" else slice(0, offered.agents)
                assert not aim[:, these, other_side].any()
            first += group.count


def _last_action_is_the_previous_one(offered: EntitySchema, fields: Fields) -> None:
    last, present = fields["last_action"], fields["present"][:, :, : offered.agents]
    assert not last[:, 0].any()
    if offered.continuous:
        assert torch.equal(last[:, 1:][present[:, 1:]], fields["action"][:, :-1][present[:, 1:]])
        return
    assert torch.equal(last[:, 1:].sum(-1), present[:, 1:].float())
    assert torch.equal(last[:, 1:].argmax(-1)[present[:, 1:]], fields["action"][:, :-1][present[:, 1:]])


def _steps_follow_the_rule(offered: EntitySchema, fields: Fields) -> None:
    steps, terminated, known = fields["steps"], fields["terminated"], _recorded(fields)
    batch, time = steps.shape
    ended = torch.cat((torch.zeros(batch, 1, dtype=torch.bool), terminated[:, :-1].cumsum(1) > 0), 1)
    rule = known & ~ended
    rule[:, -1] = False
    assert torch.equal(steps, rule)
    assert (steps[:, 1:] <= steps[:, :-1]).all()
    assert not (terminated & ~steps).any()
    length = steps.sum(1)
    assert length.min() >= 1
    assert length[0] == time - 1
    if batch > 1 and time > 2:
        assert length[1] < time - 1
    assert torch.equal(terminated.any(1), (length < time - 1) | torch.tensor(not offered.truncates))
    assert not fields["reward"][~steps].any()


def _absent_rows_and_unrecorded_steps_are_zero(offered: EntitySchema, fields: Fields) -> None:
    present, known = fields["present"], _recorded(fields)
    assert not fields["entities"][~present].any()
    for name, field in offered.fields.items():
        if field.axes[:2] == ("batch", "time"):
            assert not fields[name][~known].any(), name
    for name in ("position", "observation", "last_action", "truth_groups"):
        if name in offered.fields and offered.fields[name].axes[0] == "batch":
            assert not fields[name][~present[:, :, : offered.agents]].any(), name


def _presence_and_tasks_are_within_the_schema(offered: EntitySchema, fields: Fields) -> None:
    counts = fields["present"][:, 0, : offered.agents].sum(1), fields["present"][:, 0, offered.agents :].sum(1)
    ranges = offered.present_range("agent"), offered.present_range("other")
    for count, (fewest, most) in zip(counts, ranges, strict=True):
        assert fewest <= count.min()
        assert count.max() <= most
    assert counts[0][0] == offered.present_range("agent")[0]  # at least one agent absent where that can be
    if len(counts[0]) > 1:
        assert counts[0][1] == offered.agents
    assert ((fields["task"] >= 0) & (fields["task"] < len(offered.tasks))).all()


def _features_are_of_their_kind_and_side(offered: EntitySchema, fields: Fields) -> None:
    entities, first = fields["entities"], 0
    for feature in offered.features:
        part = entities[..., first : first + feature.size]
        first += feature.size
        assert part.abs().max() <= 1
        if feature.kind != "float":
            assert ((part == 0) | (part == 1)).all()
        if feature.kind == "one_hot":
            assert part.sum(-1).max() == 1
        for side, rows in (("agent", part[:, :, : offered.agents]), ("other", part[:, :, offered.agents :])):
            assert bool(rows.any()) is (side in feature.of) or rows.numel() == 0


@pytest.mark.parametrize("name", UNLIKE)
def test_all_hard_cases_occur(name: str) -> None:
    offered = schema(name)
    fields = fake_batch(offered, 1, batch=32)
    known = _recorded(fields)[:, :, None]
    assert (fields["present"][:, :, : offered.agents] & ~fields["active"]).any()
    assert not fields["available"].all()
    assert len(fields["steps"].sum(1).unique()) > min(5, offered.limit - 1)
    assert (~fields["present"] & known).any() == (offered.present_range("agent")[0] < offered.agents)


VALID: tuple[Callable[[EntitySchema, Fields], None], ...] = (
    _every_field_has_its_axes_and_dtype, _masks_agree, _actions_are_available, _last_action_is_the_previous_one,
    _steps_follow_the_rule, _absent_rows_and_unrecorded_steps_are_zero, _presence_and_tasks_are_within_the_schema,
)


def test_the_same_seed_gives_the_same_batch_and_another_another() -> None:
    offered = schema("smac/3-8sz")
    first, again, other = (fake_batch(offered, seed, time=TIME) for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in offered.fields)
    assert not torch.equal(first["entities"], other["entities"])


@pytest.mark.parametrize("name", UNLIKE)
def test_lengths_can_be_given(name: str) -> None:
    offered = schema(name)
    lengths = torch.tensor([3, 5, 1, 5])
    fields = fake_batch(offered, 0, time=TIME, lengths=lengths)
    assert fields["steps"].sum(1).tolist() == [3, 5, 1, 5]
    assert _recorded(fields).sum(1).tolist() == [4, 6, 2, 6]
    full = fake_batch(offered, 0, time=TIME, lengths=torch.full((4,), TIME - 1))
    known = _recorded(fields)
    for name, field in offered.fields.items():
        if field.axes[:2] == ("batch", "time"):
            assert not fields[name][~known].any(), name
    for name in ("entities", "visible", "present", "available"):
        assert torch.equal(fields[name][known], full[name][known]), name


@pytest.mark.parametrize("lengths", [[3, 3, 3], [3, 3, 3, 0], [3, 3, 3, TIME]])
def test_refuses_impossible_lengths(lengths: list[int]) -> None:
    with pytest.raises(ValueError, match="expected 4 lengths of 1 to 5 steps, got"):
        fake_batch(schema("group_matching"), 0, time=TIME, lengths=torch.tensor(lengths))


def test_default_length_is_the_schemas() -> None:
    offered = schema("group_matching")
    assert fake_batch(offered, 0)["reward"].shape == (4, 51)


@pytest.mark.parametrize(("batch", "time"), [(0, 5), (1, 1)])
def test_refuses_empty_batches(batch: int, time: int) -> None:
    with pytest.raises(ValueError, match="at least 1 episode and 2 time indices"):
        fake_batch(schema("group_matching"), 0, batch=batch, time=time)


def _recorded(fields: Fields) -> Tensor:
    """(batch time): indices up to the one after the last step."""
    return fields["present"].any(-1)
