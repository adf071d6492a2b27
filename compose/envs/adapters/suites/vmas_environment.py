"""VMAS as a batched environment: tensors of the package become fields where they are."""

from __future__ import annotations

from typing import Any

import torch
from einops import rearrange
from torch import Tensor
from torch.nn.functional import pad
from vmas import make_env

from compose.envs.interface import Environment, Fields, Transition
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, key

_SEEDS = 2**31
_WIDTH = 32
"""Episodes are filled up to a multiple of this: the processor computes what is left over of its registers by other
instructions, and an episode would be another in its last digits if it lay there."""


class VmasGames(Environment):
    """Episodes of one scenario.

    The package draws from generators that all episodes share, so each episode is begun alone, from its own seed; the
    scenarios that are offered draw nothing afterwards.
    """

    def __init__(self, schema: EntitySchema, scenario: str, device: str | torch.device) -> None:
        self.schema = schema
        self.device = torch.device(device)
        self._scenario = scenario
        self._kinds = [kind.name for kind in schema.types if kind.side == "other"]
        self._parts = [feature.name for feature in schema.features]
        self._running: Tensor | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Begin episodes; see :meth:`Environment.reset`."""
        numbers, schema = episodes.tolist(), self.schema
        seeds = [seed] * len(numbers) if isinstance(seed, int) else list(seed)
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            self._env: Any = make_env(
                self._scenario, num_envs=-(-len(numbers) // _WIDTH) * _WIDTH, device=self.device, seed=0,
                continuous_actions=False, n_agents=schema.agents, terminated_truncated=True,
            )
            if self._scenario == "navigation":
                self._env.world.collides = _may_touch
            for row, (s, number) in enumerate(zip(seeds, numbers, strict=True)):
                self._env.seed(key(s, "episode", number) % _SEEDS)
                self._env.reset_at(row, return_observations=False)
            observations = self._env.get_from_scenario(True, False, False, False)[0]
        world = self._env.world
        self._others = [one for kind in self._kinds for one in world.landmarks if one.name.startswith(kind)]
        self._time, self._running = 0, torch.ones(len(numbers), dtype=torch.bool, device=self.device)
        self._now = self._fields([x[: len(numbers)] for x in observations])
        return self._now

    def step(self, action: Tensor) -> Transition:
        """Advance all episodes; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        running, self._time = self._running, self._time + 1
        batch = len(action)
        filled = pad(action.to(self.device), (0, 0, 0, self._env.num_envs - batch))
        observations, rewards, done, _, _ = self._env.step([column[:, None].clone() for column in filled.unbind(1)])
        reward = sum(x.reshape(-1) for x in rewards)[:batch] / len(rewards)
        self._now = {name: torch.where(running.view(-1, *[1] * (x.dim() - 1)), x, self._now[name])
                     for name, x in self._fields([x[:batch] for x in observations]).items()}
        terminated = done[:batch] & running
        late = torch.full_like(running, self._time >= self.schema.limit)
        truncated = late & running & ~terminated
        self._running = running & ~terminated & ~truncated
        fell = getattr(self._env.scenario, "on_the_ground", None)
        return Transition(reward=torch.where(running, reward, 0.0), terminated=terminated, truncated=truncated,
                          success=terminated if fell is None else terminated & ~fell[:batch], fields=self._now)

    def _fields(self, observations: list[Tensor]) -> Fields:
        observation = torch.stack(observations, 1).float()
        sizes, batch = self.schema.sizes, len(observation)
        agents, entities = sizes["agent"], sizes["entity"]
        present = torch.ones(batch, entities, dtype=torch.bool, device=self.device)
        sight = torch.zeros(batch, entities, entities, dtype=torch.bool, device=self.device)
        sight[:, :agents] = self._visible().to(self.device)
        return {
            "entities": self._entities(observation), "visible": sight[:, :agents].clone(), "sight": sight,
            "present": present, "active": present[:, :agents].clone(),
            "available": torch.ones(batch, agents, sizes["action"], dtype=torch.bool, device=self.device),
            "task": torch.zeros(batch, dtype=torch.int64, device=self.device),
            "observation": observation,
            "state": rearrange(observation, "batch agent number -> batch (agent number)"),
        }

    def _visible(self) -> Tensor:
        """(agent entity): an agent itself, and what is no agent, or its own of that."""
        agents, others = self.schema.agents, self.schema.others
        goals = [getattr(agent, "goal", None) for agent in self._env.world.agents] if "lidar" in self._parts else []
        mine = torch.tensor([[one is goal for one in self._others] for goal in goals]) if goals \
            else torch.ones(agents, others, dtype=torch.bool)
        return torch.cat((torch.eye(agents, dtype=torch.bool), mine), 1)

    def _entities(self, observation: Tensor) -> Tensor:
        """(batch entity feature)."""
        agents, batch = self.schema.agents, len(observation)
        bodies = [*self._env.world.agents, *self._others]
        counts = [agents, *(kind.max for kind in self.schema.types if kind.side == "other")]
        kinds = torch.eye(len(counts), device=self.device).repeat_interleave(
            torch.tensor(counts, device=self.device), 0).expand(batch, -1, -1)
        place, velocity = (torch.stack([getattr(one.state, name)[:batch] for one in bodies], 1)
                           for name in ("pos", "vel"))
        parts = {"type": kinds, "place": place, "velocity": velocity}
        if "turn" in self._parts:
            angle = 2 * self._of_others([one.state.rot[:batch] for one in self._others])
            parts["turn"] = torch.cat((angle.cos(), angle.sin()), 2)
            parts["turn"][:, :agents] = 0
            parts["spin"] = self._of_others([one.state.ang_vel[:batch] for one in self._others])
        if "lidar" in self._parts:
            rays = self.schema.features[self._parts.index("lidar")].size
            parts["lidar"] = pad(observation[:, :, -rays:], (0, 0, 0, self.schema.others))
        if "done" in self._parts:
            nothing = torch.zeros(self._env.num_envs, device=self.device)
            done = [getattr(one, "eaten", getattr(one, "on_goal", nothing)) for one in self._others]
            parts["done"] = self._of_others([x[:batch, None] for x in done])
        return torch.cat([parts[name].float() for name in self._parts], 2)

    def _of_others(self, values: list[Tensor]) -> Tensor:
        """(batch entity number), zero for agents."""
        return pad(torch.stack(values, 1).float(), (0, 0, self.schema.agents, 0))


def _may_touch(one: Any, other: Any) -> bool:
    """Whether two bodies can touch. The package asks whether they do in any episode, and navigation punishes agents
    that are near only if so: their reward would depend on what is played beside them."""
    return one is not other and bool(one.collides(other) and other.collides(one))
