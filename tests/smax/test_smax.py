"""SMAX through the adapter: run by ``make test-smax`` in an environment of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("jaxmarl", reason="jaxmarl is not installed: make test-smax")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

from compose.envs.adapters.smax.family import MAPS  # noqa: E402
from compose.envs.catalogue import make, schema  # noqa: E402
from compose.envs.families import names  # noqa: E402
from compose.envs.pictures import Filmed  # noqa: E402
from compose.envs.starcraft.units import UNITS  # noqa: E402
from compose.training.actors import RandomActor  # noqa: E402
from compose.training.evaluate import evaluate_actor  # noqa: E402
from tests.envs.pictures.test_film import check  # noqa: E402


def legal(fields: dict[str, torch.Tensor], step: int) -> torch.Tensor:
    """An available action for each agent, rather a target than another."""
    noise = torch.rand(fields["available"].shape, generator=torch.Generator().manual_seed(step))
    targets = torch.arange(noise.shape[2]) >= 6
    return (fields["available"] * (1 + noise + targets)).argmax(2)


def focused(fields: dict[str, torch.Tensor]) -> torch.Tensor:
    """Everybody attacks the first target; without one, they go east, to the enemies."""
    available = fields["available"]
    wanted = torch.arange(available.shape[2], 0, -1) + 100 * (torch.arange(available.shape[2]) >= 6)
    wanted[4] = 50
    return (available * wanted).argmax(2)


def test_every_map_is_there() -> None:
    assert {name for name in names() if name.startswith("smax/")} == {f"smax/{name}" for name in MAPS}
    assert "no other environment's" in schema("smax/3m").note


@pytest.mark.parametrize("name", ["3m", "2s3z", "3s_vs_5z", "6h_vs_8z", "5m_vs_6m"])
def test_units_become_entities(name: str) -> None:
    env: Any = make(f"smax/{name}")
    fields = env.reset(torch.arange(4), 0)
    sizes = {**env.schema.sizes, "batch": 4}
    for field, x in fields.items():
        axes = [axis for axis in env.schema.fields[field].axes if axis != "time"]
        assert list(x.shape) == [sizes[axis.removesuffix("'")] for axis in axes], field
    for step in range(10):
        state = env._battles._state.state
        slots = dict(zip((f.name for f in env.schema.features),
                         fields["entities"].split([f.size for f in env.schema.features], 2), strict=True))
        alive = torch.from_numpy(np.array(state.unit_alive))
        place = torch.from_numpy(np.array(state.unit_positions)) * alive[..., None]
        torch.testing.assert_close(slots["from_centre"], ((place - 16) / 32).where(alive[..., None], 0))
        most = np.asarray(env._battles._env.unit_type_health)[np.asarray(state.unit_types)]
        health = torch.from_numpy(np.array(state.unit_health) / most)
        torch.testing.assert_close(slots["health"][..., 0], health * alive)
        if "unit_type" in slots:
            kinds = [env._battles.kinds[int(k)] for k in state.unit_types[0]]
            known = [kind for kind in UNITS if kind in kinds]
            assert slots["unit_type"][0].argmax(1).tolist() == [known.index(kind) for kind in kinds]
        assert torch.equal(slots["available"][:, : env.schema.agents], fields["available"][..., 2:].float())
        assert torch.equal(fields["available"][..., 0], ~fields["active"])
        fields = env.step(legal(fields, step)).fields


def test_moves_go_where_they_say() -> None:
    env: Any = make("smax/3m")
    for action, (x, y) in {2: (0, 1), 3: (0, -1), 4: (1, 0), 5: (-1, 0)}.items():
        before = env.reset(torch.arange(1), 0)["position"]
        moved = env.step(torch.tensor([[action, 1, 1]])).fields["position"] - before
        assert moved[0, 0].tolist() == pytest.approx([x * 3.15 / 2 / 32, y * 3.15 / 2 / 32], abs=1e-3)
        assert moved[0, 1:].abs().max() < 0.02


def test_attacks_hit_whom_they_are_aimed_at() -> None:
    env: Any = make("smax/3m")
    fields = env.reset(torch.arange(1), 1)
    health = [f.name for f in env.schema.features].index("health")
    at = sum(f.size for f in env.schema.features[:health])
    for _ in range(12):  # the armies walk towards one another
        if bool(fields["available"][0, 0, 6:].any()):
            break
        fields = env.step(torch.where(fields["available"][:, :, 4], 4, 0)).fields
    target = int(fields["available"][0, 0, 6:].long().argmax())
    wait = torch.where(fields["active"], 1, 0)
    wait[0, 0] = 6 + target
    after = env.step(wait).fields
    lost = (fields["entities"] - after["entities"])[0, 3:, at]
    assert lost[target] > 0
    assert lost.sum() == lost[target]


def test_the_end_and_what_comes_after() -> None:
    env: Any = make("smax/3m:limit=60")
    fields = env.reset(torch.arange(32), 0)
    running, total, won = torch.ones(32, dtype=torch.bool), torch.zeros(32), torch.zeros(32, dtype=torch.bool)
    for _ in range(61):
        before = fields
        after = env.step(focused(fields))
        fields = after.fields
        assert bool((after.reward[~running] == 0).all())
        assert all(torch.equal(fields[name][~running], before[name][~running]) for name in fields)
        total, won, running = total + after.reward, won | after.success, running & ~after.terminated
        assert not after.truncated.any()
    assert not running.any()
    assert won.any()
    assert not won.all()
    assert total[won].tolist() == pytest.approx([20.0] * int(won.sum()), abs=1e-3)
    assert total[~won].max() <= 10.001


def test_an_episode_is_the_same_in_any_company() -> None:
    env: Any = make("smax/2s3z")

    def play(episodes: list[int], seed: Any) -> list[torch.Tensor]:
        fields = env.reset(torch.tensor(episodes), seed)
        seen = [fields["entities"]]
        for _ in range(15):
            first = fields["available"].long() * torch.arange(fields["available"].shape[2])
            fields = env.step(first.amax(2)).fields
            seen.append(fields["entities"])
        return seen

    many, alone, seeds = play([0, 1, 2, 3], 7), play([2], 7), play([9, 2], [8, 7])
    for a, b, c in zip(many, alone, seeds, strict=True):
        assert torch.equal(a[2], b[0])
        assert torch.equal(a[2], c[1])
    assert not torch.equal(many[-1][0], many[-1][1])


def test_battles_are_filmed() -> None:
    env: Any = make("smax/2s3z:limit=20")
    shown = Filmed(env, env.camera())
    (row,) = evaluate_actor(RandomActor(0), shown, 1, seed=0)
    check(shown.film)
    assert shown.film.length == row["length"]
    assert shown.film.stage.kinds == ("Zealot", "Stalker")
    assert shown.film.stage.meters == ("health",)
