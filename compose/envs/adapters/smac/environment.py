"""Games of SMAC as a batched environment, seen through the same views as all StarCraft-like battles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from compose.envs.adapters.smac.game import Game, Units
from compose.envs.interface import Environment, Fields, Transition
from compose.envs.starcraft.picture import UnitCamera
from compose.envs.starcraft.scenario_model import PLAIN, Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.view import View
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, bits, key, keys
from compose.language.diagnostics import Diagnostic, SpecError


class SmacGames(Environment):
    """As many games as there are episodes side by side, stepped one after the other.

    StarCraft draws for itself: an episode is **not** a function of its seed and number. A seed starts the games, and
    from then on they run on; only tags, where they are random, are drawn as everywhere else. A game that crashes cuts
    its episode off (``truncated``, no reward, nothing changed), whatever the schema says of time limits.

    Args:
        make: Makes a ``StarCraft2Env`` from a seed.
        random_tags: Units get other tags in every episode, as in REFIL's sets; otherwise SMAC's numbers are kept.
        at_once: The most games that may run.
    """

    def __init__(
        self, schema: EntitySchema, scenario: Scenario, make: Callable[[int], Any], *, random_tags: bool = False,
        at_once: int | None = 8, device: str | torch.device = "cpu",
    ) -> None:
        self.schema = schema
        self.device = torch.device(device)
        self.at_once = at_once
        self._scenario, self._make, self._random_tags = scenario, make, random_tags
        self._view = View(scenario, device, flat="observation" in schema.fields)
        self._games: list[Game] = []
        self._running: list[bool] | None = None

    def reset(self, episodes: Tensor, seed: Seeds) -> Fields:
        """Begin battles; see :meth:`Environment.reset`, but for what the class says of seeds.

        Raises:
            SpecError: If more episodes are asked for than games may run, or units are not the scenario's.
        """
        if self.at_once is not None and len(episodes) > self.at_once:
            text = f"{len(episodes)} episodes side by side need as many games of StarCraft; {self.at_once} may run"
            raise SpecError(Diagnostic("smac.games", text, where=self.schema.name,
                                       hint=f"play fewer at once, or say :games={len(episodes)}"))
        first = seed if isinstance(seed, int) else seed[0]
        while len(self._games) < len(episodes):
            env = self._make(key(first, "game", len(self._games)) % 2**31)
            self._games.append(Game(env, self._scenario, self.schema.name))
        self._units = [game.reset() for game in self._games[: len(episodes)]]
        self._tag = self._tags(episodes.to(self.device), seed)
        self._last = torch.zeros(len(episodes), self.schema.agents, dtype=torch.int64, device=self.device)
        self._running = [True] * len(episodes)
        snapshot = self._snapshot()
        self._view.begin(snapshot)
        return self._fields(snapshot)

    def step(self, action: Tensor) -> Transition:
        """Send every running game its orders; see :meth:`Environment.step`."""
        if self._running is None:
            raise RuntimeError("reset the environment before stepping it")
        action = action.to(self.device)
        running = torch.tensor(self._running, device=self.device)
        _, targets = self._view.entity.decode(self._snapshot(), action)
        plain, aimed = action.clamp(max=PLAIN - 1).cpu().numpy(), targets.cpu().numpy()
        reward = torch.zeros(len(running))
        ended, cut, won = (torch.zeros(len(running), dtype=torch.bool) for _ in range(3))
        for row, game in enumerate(self._games[: len(running)]):
            if self._running[row]:
                outcome = game.step(plain[row], aimed[row])
                reward[row], won[row], cut[row] = outcome.reward, outcome.won, outcome.crashed
                ended[row] = outcome.ended and not outcome.crashed
                self._running[row] = not outcome.ended
                if not outcome.crashed:
                    self._units[row] = game.units()
        self._last = torch.where((running & ~cut.to(self.device))[:, None], action, self._last)
        reward, ended, cut, won = (x.to(self.device) for x in (reward, ended, cut, won))
        return Transition(reward=reward, terminated=ended, truncated=cut, success=won,
                          fields=self._fields(self._snapshot()))

    def camera(self) -> UnitCamera:
        """Looks at units on the scenario's map."""
        return UnitCamera(self.schema, self._scenario)

    def _fields(self, snapshot: Snapshot) -> Fields:
        """What the view shows; what is available is SMAC's own word, since it refuses everything else."""
        units = self._stack("available")
        order = torch.argsort(self._tag, 1)
        chosen = units[:, :, PLAIN:].gather(2, order[:, None].expand(-1, units.shape[1], -1))
        available = torch.cat((units[:, :, :PLAIN], chosen), 2)[:, :, : self.schema.sizes["action"]]
        return {**self._view.fields(snapshot), "available": available}

    def _snapshot(self) -> Snapshot:
        health, shield, energy, cooldown = self._stack("points").unbind(2)
        return Snapshot(
            kind=self._stack("kind"), present=self._stack("present"), position=self._stack("position"), health=health,
            shield=shield, energy=energy, cooldown=cooldown, tag=self._tag,
            moves=self._stack("available")[:, :, 2:PLAIN], task=torch.zeros_like(self._tag[:, 0]),
            last_action=self._last,
        )

    def _stack(self, name: str) -> Tensor:
        units: list[Units] = self._units
        return torch.from_numpy(np.stack([getattr(one, name) for one in units])).to(self.device)

    def _tags(self, episodes: Tensor, seed: Seeds) -> Tensor:
        """Enemies' tags are 0 .. E - 1, allies' E .. E + A - 1."""
        enemies, allies, batch = self._scenario.enemies, self._scenario.agents, len(episodes)

        def drawn(count: int, stream: str) -> Tensor:
            slots = torch.arange(count, device=self.device)
            if not self._random_tags:
                return slots.expand(batch, -1)
            return bits(keys(seed, "tag", stream), episodes[:, None] * count + slots).argsort(1)

        return torch.cat((enemies + drawn(allies, "allies"), drawn(enemies, "enemies")), 1)
