"""Level-Based Foraging through the adapter: rows and who sees them say what the package's own observations say."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from compose.envs.adapters.suites.lbf import HIGHEST
from compose.envs.catalogue import make
from compose.envs.conformance import assert_conforms
from tests.suites.play import randomly

pytest.importorskip("lbforaging", reason="lbforaging is not installed: make test-suites")


def registered(name: str) -> dict[str, Any]:
    """What gymnasium's registry gives the environment."""
    import gymnasium
    import lbforaging  # noqa: F401

    return dict(gymnasium.spec(name).kwargs)


@pytest.mark.parametrize("name", ["8x8-2p-2f-v3", "2s-10x10-3p-3f-v3", "2s-8x8-2p-2f-coop-v3", "15x15-4p-5f-v3"])
def test_conforms(name: str) -> None:
    assert_conforms(f"lbf/{name}", episodes=8)


@pytest.mark.parametrize("name", ["8x8-2p-2f-v3", "2s-10x10-3p-3f-v3", "2s-8x8-2p-2f-coop-v3", "10x10-3p-3f-v3"])
def test_entities_say_what_observations_say(name: str) -> None:
    env: Any = make(f"lbf/{name}")
    agents, told = env.schema.agents, registered(f"Foraging-{name}")
    game = env._games._copies[0]._look._env
    assert (game.sight, game.force_coop, game.penalty, game.field_size, game.max_num_food, len(game.players)) == tuple(
        told[key] for key in ("sight", "force_coop", "penalty", "field_size", "max_num_food", "players"))
    for fields in randomly(env, 8, 30):
        place = (fields["entities"][..., 2:4] * told["field_size"][0]).round()
        level = (fields["entities"][..., 4:] * HIGHEST).round()
        for b in range(8):
            for a in range(agents):
                within = place[b] - place[b, a] + place[b, a].clamp(max=told["sight"])
                rows = torch.cat((within, level[b]), 1)
                sees = fields["visible"][b, a]
                foods = sorted(row.tolist() for row in rows[agents:][sees[agents:]])
                others = [rows[i].tolist() for i in range(agents) if i != a and sees[i]]
                none: list[list[float]] = [[-1, -1, 0]]
                expected = [*foods, *none * (env.schema.others - len(foods)), rows[a].tolist(), *others,
                            *none * (agents - 1 - len(others))]
                assert fields["observation"][b, a].view(-1, 3).tolist() == expected
