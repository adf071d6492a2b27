"""VMAS through the adapter: rows say what the package's own observations say, and episodes are their own."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from compose.envs.catalogue import make
from compose.envs.conformance import assert_conforms
from tests.suites.play import parts, randomly

pytest.importorskip("vmas", reason="vmas is not installed: make test-suites")


@pytest.mark.parametrize("name", ["balance", "transport", "wheel", "dispersion:agents=3", "navigation",
                                  "reverse_transport"])
def test_conforms(name: str) -> None:
    assert_conforms(f"vmas/{name}{',' if ':' in name else ':'}limit=30", episodes=8)


@pytest.mark.parametrize("name", ["balance", "transport", "dispersion", "navigation"])
def test_entities_say_what_observations_say(name: str) -> None:
    env = make(f"vmas/{name}")
    agents = env.schema.agents
    for fields in randomly(env, 8, 40):
        found, observed = parts(env, fields), fields["observation"]
        place, velocity = found["place"], found["velocity"]
        for a in range(agents):
            own = [place[:, a], velocity[:, a]]
            goal = place[:, agents + a if name == "navigation" else agents]
            package = place[:, agents + 1] if name in ("balance", "transport") else goal
            match name:
                case "balance":
                    told = [*own, place[:, a] - package, place[:, a] - place[:, agents + 2], package - goal,
                            velocity[:, agents + 1], velocity[:, agents + 2], found["spin"][:, agents + 2]]
                    angle = 2 * observed[:, a, -1:]
                    turn = torch.cat((angle.cos(), angle.sin()), 1)
                    torch.testing.assert_close(found["turn"][:, agents + 2], turn, atol=1e-5, rtol=0)
                case "transport":
                    told = [*own, package - goal, package - place[:, a], velocity[:, agents + 1],
                            found["done"][:, agents + 1]]
                case "dispersion":
                    foods = torch.cat((place[:, agents:] - place[:, [a]], found["done"][:, agents:]), 2)
                    told = [*own, foods.flatten(1)]
                case _:
                    told = [*own, place[:, a] - goal, found["lidar"][:, a]]
                    assert fields["visible"][0, a].nonzero().flatten().tolist() == [a, agents + a]
            expected = torch.cat(told, 1)
            torch.testing.assert_close(observed[:, a, : expected.shape[1]], expected, atol=1e-5, rtol=1e-5)


def test_near_agents_are_punished_whatever_is_played_beside_them() -> None:
    """Two agents side by side that do not overlap: the package punishes them only if others overlap elsewhere."""
    def punished(overlap: bool) -> float:
        env: Any = make("vmas/navigation:agents=2")
        env.reset(torch.arange(2), 0)
        first, second = env._env.agents
        first.state.pos, second.state.pos = torch.zeros_like(first.state.pos), torch.zeros_like(first.state.pos) + 5
        second.state.pos[0] = torch.tensor([0.2 + 0.003, 0.0])
        if overlap:
            second.state.pos[1:] = torch.tensor([0.15, 0.0])
        env.step(torch.zeros(2, 2, dtype=torch.int64))
        return float(first.agent_collision_rew[0])

    assert punished(overlap=True) == punished(overlap=False) == -1


def test_a_script_of_the_package_balances() -> None:
    """The package's own heuristic, on our observations and through our actions, lifts the package to the goal."""
    from vmas.scenarios.balance import HeuristicPolicy

    env: Any = make("vmas/balance")
    heuristic, fields = HeuristicPolicy(continuous_action=False), env.reset(torch.arange(16), 0)
    total = torch.zeros(16)
    for _ in range(100):
        action = torch.stack([heuristic.compute_action(fields["observation"][:, a], 1.0) for a in range(3)], 1)
        after = env.step(torch.where(action == 4, 2, 0))
        fields, total = after.fields, total + after.reward
    assert total.mean() > 0
