"""RWARE through the adapter: rows and who sees them say what the package's own observations say."""

from __future__ import annotations

from typing import Any

import pytest

from compose.envs.adapters.suites.rware import SIZES
from compose.envs.catalogue import make
from compose.envs.conformance import assert_conforms
from tests.suites.play import parts, randomly

pytest.importorskip("rware", reason="rware is not installed: make test-suites")


@pytest.mark.parametrize("name", ["tiny-2ag-v2:limit=30", "small-4ag-hard-v2:limit=20",
                                  "tiny-4ag-easy-v2:sight=2,limit=20"])
def test_conforms(name: str) -> None:
    assert_conforms(f"rware/{name}", episodes=8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["", "-easy", "-hard"])
def test_it_is_what_is_registered(size: str, kind: str) -> None:
    import gymnasium
    import rware  # noqa: F401

    env: Any = make(f"rware/{size}-3ag{kind}-v2")
    told, game = gymnasium.make(f"rware-{size}-3ag{kind}-v2").unwrapped, env._games._copies[0]._look._env
    names = ("grid_size", "goals", "n_agents", "msg_bits", "sensor_range", "request_queue_size", "max_inactivity_steps",
             "max_steps", "reward_type", "observation_space", "action_space")
    assert {name: getattr(game, name) for name in names} == {name: getattr(told, name) for name in names}
    game.reset(seed=0)
    assert len(game.shelfs) == env.schema.others - 2


def test_entities_say_what_observations_say() -> None:
    env = make("rware/tiny-4ag-easy-v2")
    width, height, loaded = 10, 11, False
    for fields in randomly(env, 4, 200):
        found = parts(env, fields)
        x, y = ((found["place"][..., i] * size).round().int() for i, size in enumerate((width, height)))
        for b in range(4):
            for a in range(4):
                own, near = fields["observation"][b, a, :8], fields["observation"][b, a, 8:].view(3, 3, 7)
                assert own.tolist() == [x[b, a], y[b, a], found["carries"][b, a, 0], *found["faces"][b, a],
                                        found["highway"][b, a, 0]]
                cells = near.new_zeros(3, 3, 7)
                cells[..., 1] = 1
                for e in range(env.schema.entities - 2):
                    if fields["visible"][b, a, e]:
                        cell = cells[y[b, e] - y[b, a] + 1, x[b, e] - x[b, a] + 1]
                        if e < 4:
                            cell[0], cell[1:5] = 1, found["faces"][b, e]
                        else:
                            cell[5], cell[6] = 1, found["requested"][b, e, 0]
                assert near.equal(cells)
        loaded |= bool(found["carries"].any())
    assert loaded
