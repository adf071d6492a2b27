"""What pictures show of episodes: counts, fractions, and that looking changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from compose.envs.catalogue import make
from compose.envs.gaussian_squeeze.environment import GaussianSqueeze
from compose.envs.interface import Environment, Fields, Transition
from compose.envs.pictures import Film, Filmed, camera_of
from compose.envs.pictures.places import Places
from compose.envs.pictures.scene import FLOOR
from compose.envs.skirmish.environment import Skirmish
from compose.envs.starcraft.picture import UnitCamera
from compose.graph.fields import standard_fields
from compose.training.actors import RandomActor, ScriptActor
from compose.training.evaluate import evaluate_actor
from tests.envs.skirmish.battles import battle, place
from tests.marked import first

SKIRMISHES = ["3m", "3-8MMM", "2c_vs_64zg", "so_many_baneling", "bane_vs_bane", "2s_vs_1sc"]


def filmed(name: str, script: str = "", episode: int = 0) -> Film:
    env = make(name)
    camera = camera_of(env)
    assert camera is not None
    shown = Filmed(env, camera)
    actor = ScriptActor(env.scripts[script]) if script else RandomActor(3)
    (row,) = evaluate_actor(actor, shown, 1, seed=0, first_episode=episode)
    assert (shown.film.length, shown.film.success) == (row["length"], row["success"])
    return shown.film


def check(film: Film) -> None:
    """What holds of every film."""
    stage = film.stage
    units = len(stage.kind)
    assert stage.side.shape == (units, len(stage.sides))
    assert stage.side.any(1).all()
    assert stage.radius.shape == (units,)
    assert set(stage.kind.tolist()) <= set(range(len(stage.kinds)))
    times = [moment.time for moment in film.moments]
    assert times == sorted(set(times))
    assert times[0] == 0
    left, bottom, right, top = film.area()
    for moment in film.moments:
        assert moment.position.shape == (units, 2)
        assert moment.meters.shape == (len(stage.meters), units)
        known = moment.meters[~np.isnan(moment.meters)]
        assert ((known >= 0) & (known <= 1)).all()
        x, y = moment.position[moment.alive].T
        assert ((left <= x) & (x <= right) & (bottom <= y) & (y <= top)).all()
        assert all(0 <= unit < units for pair in (*moment.shots, *moment.heals) for unit in pair)


@pytest.mark.parametrize("name", first(SKIRMISHES[:2], SKIRMISHES))
def test_battles(name: str) -> None:
    film = filmed(f"skirmish/{name}", "nearest")
    check(film)
    assert len(film.moments) == 8 * film.length + 1
    first, last = film.moments[0], film.moments[-1]
    assert (first.meters[0] == 1).all()
    assert not (last.alive & ~first.alive).any()
    assert ((last.meters[0] > 0) == last.alive).all()
    assert any(moment.shots or moment.blasts for moment in film.moments)


def test_units_are_those_of_the_task() -> None:
    stage = filmed("skirmish/3-8MMM:task=3Mar-2Mau-1Med", "nearest").stage
    names = [stage.kinds[kind] for kind in stage.kind]
    assert names == 2 * [*["Marine"] * 3, *["Marauder"] * 2, "Medivac"]
    assert stage.side[:, 0].tolist() == [True] * 6 + [False] * 6
    assert stage.radius.tolist() == 2 * [*[0.375] * 3, *[0.5625] * 2, 0.75]


def test_shots_are_between_foes_and_healing_among_friends() -> None:
    film = filmed("skirmish/3-8MMM:task=3Mar-2Mau-1Med", "nearest")
    ally = film.stage.side[:, 0]
    shots = [pair for moment in film.moments for pair in moment.shots]
    heals = [pair for moment in film.moments for pair in moment.heals]
    assert shots
    assert heals
    assert all(ally[source] != ally[target] for source, target in shots)
    assert all(ally[source] == ally[target] for source, target in heals)
    medivac = film.stage.kinds.index("Medivac")
    assert {film.stage.kind[source] for source, _ in heals} == {medivac}
    assert medivac not in {film.stage.kind[source] for source, _ in shots}


def test_every_shot_is_seen_in_its_own_loop() -> None:
    """A marine that stands in range shoots, and 6 points are gone with each shot."""
    env = battle([("Marine", 1, (14, 16))], [("Zealot", 1, (18, 16))], goal="hold", opponent="passive")
    camera = env.camera()
    fields = env.reset(torch.arange(1), 0)
    camera.stage(fields)
    camera.look(fields)
    place(env, (-2.0, 0.0), (2.0, 0.0))
    moments = []
    for _ in range(12):
        moments += camera.look(env.step(torch.tensor([[6]])).fields)
    full = np.array([100, 50])
    left = [full @ np.nan_to_num(moment.meters[:, 1]) for moment in moments]
    shot = [bool(moment.shots) for moment in moments]
    lost = [before > after for before, after in zip([150.0, *left], left, strict=False)]
    assert sum(shot) >= 5
    assert shot == lost
    assert all(moment.shots in ((), ((0, 1),)) for moment in moments)


def test_blasts_hit_areas() -> None:
    film = filmed("skirmish/so_many_baneling", "nearest")
    blasts = [(unit, polygon) for moment in film.moments for unit, polygon in moment.blasts]
    assert {film.stage.kinds[film.stage.kind[unit]] for unit, _ in blasts} == {"Baneling"}
    for unit, polygon in blasts[:5]:
        assert np.hypot(*(polygon - polygon.mean(0)).T) == pytest.approx(2.2)
        assert not film.moments[-1].alive[unit]


def test_looking_changes_nothing() -> None:
    seen, alone = make("skirmish/3-8sz"), make("skirmish/3-8sz")
    assert isinstance(seen, Skirmish)
    assert isinstance(alone, Skirmish)
    shown = Filmed(seen, seen.camera())
    numbers = torch.arange(4)
    shown.reset(numbers, 1)
    alone.reset(numbers, 1)
    for _ in range(40):
        action = alone.scripts["weakest"]()
        first, second = shown.step(action), alone.step(action)
        assert torch.equal(first.reward, second.reward)
        for name, x in second.fields.items():
            assert torch.equal(first.fields[name], x), name


@pytest.mark.parametrize("name", first(("3m",), ("3m", "3-8csz", "3-8MMM")))
def test_battles_through_their_fields_alone(name: str) -> None:
    """What any environment with StarCraft's fields can show is what skirmish shows of the ends of steps."""
    full = filmed(f"skirmish/{name}", "nearest", 4)
    env = make(f"skirmish/{name}")
    assert isinstance(env, Skirmish)
    shown = Filmed(env, UnitCamera(env.schema, env.scenario))
    evaluate_actor(ScriptActor(env.scripts["nearest"]), shown, 1, seed=0, first_episode=4)
    film = shown.film
    check(film)
    assert (film.stage.kinds, film.stage.kind.tolist()) == (full.stage.kinds, full.stage.kind.tolist())
    assert len(film.moments) == film.length + 1
    for seen, known in zip(film.moments, full.moments[::8], strict=True):
        assert (seen.alive == known.alive).all()
        assert seen.meters == pytest.approx(known.meters, nan_ok=True, abs=1e-6)
        assert seen.position[seen.alive] == pytest.approx(known.position[seen.alive], abs=1e-4)


def test_a_film_ends_with_its_episode() -> None:
    env = make("group_matching/small")
    camera = camera_of(env)
    assert camera is not None
    shown = Filmed(env, camera)
    lengths = [row["length"] for row in evaluate_actor(RandomActor(0), env, 40, seed=0)]
    early = lengths.index(min(lengths[:30]))
    rows = evaluate_actor(RandomActor(0), shown, 10, seed=0, first_episode=early)
    assert shown.film.length == rows[0]["length"] < max(row["length"] for row in rows)


@pytest.mark.parametrize("name", ["group_matching", "group_matching/tasks", "group_matching:agents=1,cells=2,groups=1",
                                  "group_matching:agents=9,groups=3,cells=40"])  # fmt: skip
def test_rings(name: str) -> None:
    film = filmed(name, episode=3)
    check(film)
    gap = np.hypot(*(film.stage.rooms[0] - film.stage.rooms[0].mean(0)).T).max()
    for moment in film.moments[::4]:  # between steps agents walk
        for position, radius in zip(moment.position, film.stage.radius, strict=True):
            assert min(np.hypot(*(room.mean(0) - position)) for room in film.stage.rooms) + radius < gap
        apart = np.hypot(*(moment.position[:, None] - moment.position[None]).T) + 9 * np.eye(len(moment.position))
        assert (apart > 1.99 * film.stage.radius.min()).all()


def test_a_gathered_group_has_a_full_ring() -> None:
    for episode in range(20):
        film = filmed("group_matching/small", episode=episode)
        full = film.moments[-1].meters[0] == 1
        assert full.all() == film.success


@pytest.mark.parametrize("name", ["prey/various_num", "prey/various_all:split=test", "prey/various_num:size=6,sight=3"])
def test_grids(name: str) -> None:
    film = filmed(name, "nearest", episode=2)
    check(film)
    stage = film.stage
    assert len(film.moments) == 4 * film.length + 1
    assert stage.cells is not None
    for moment in film.moments[::4]:  # between steps they walk
        cells = moment.position[moment.alive] - 0.5
        assert (cells == cells.round()).all()
        assert len(np.unique(cells, axis=0)) == len(cells)
        assert all(stage.cells[y, x] == FLOOR for x, y in cells.astype(int))
    predators = stage.side[:, 0]
    assert film.moments[-1].alive[predators].all()
    struck = {pair for moment in film.moments for pair in moment.shots}
    assert all(predators[one] and not predators[other] for one, other in struck)
    assert set(np.flatnonzero(~film.moments[-1].alive)) <= {prey for _, prey in struck}


class Somewhere(Environment):
    """Two agents; the second is absent."""

    def __init__(self) -> None:
        inner = make("gaussian_squeeze/2")
        assert isinstance(inner, GaussianSqueeze)
        self.device, self._inner = inner.device, inner
        known = standard_fields("position")["position"]
        self.schema = inner.schema.model_copy(update={"fields": {**inner.schema.fields, "position": known}})

    def reset(self, episodes: Tensor, seed: object) -> Fields:
        return self._add(self._inner.reset(episodes, 0))

    def step(self, action: Tensor) -> Transition:
        after = self._inner.step(action)
        self._add(after.fields)
        return after

    def _add(self, fields: Fields) -> Fields:
        fields["position"] = torch.tensor([[[0.25, 0.5], [0.0, 0.0]]])
        fields["present"] = torch.tensor([[True, False]])
        return fields


def test_any_environment_with_positions_has_a_picture() -> None:
    env = Somewhere()
    shown = Filmed(env, Places(env.schema))
    evaluate_actor(RandomActor(0), shown, 1, seed=0)
    check(shown.film)
    assert [moment.position.tolist() for moment in shown.film.moments] == [[[0.25, 0.5]]] * 2


def test_an_environment_without_positions_has_none() -> None:
    assert camera_of(make("gaussian_squeeze")) is None
