"""Snapshots of made-up battles."""

from __future__ import annotations

import torch
from torch import Tensor

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.snapshot import Snapshot
from compose.envs.starcraft.units import UNITS

NAMES = list(UNITS)
CHANGES = {"cone": {"sight": "cone"}, "own": {"shared_sight": 0.5, "targets": "any"}}


def changed(scenario: Scenario, changes: list[str]) -> Scenario:
    """A scenario with other ways to see."""
    return scenario.model_copy(update={key: value for name in changes for key, value in CHANGES[name].items()})


def battles(scenario: Scenario, count: int, seed: int, *, shuffle: bool = True) -> Snapshot:
    """Random battles: a fifth of the units dead, positions in a square of 20 cells, tags shuffled if asked for."""
    source = torch.Generator().manual_seed(seed)
    agents, enemies = scenario.agents, scenario.enemies
    slots = agents + enemies

    def draw() -> Tensor:
        return torch.randint(1, 4097, (count, slots), generator=source) / 4096

    def order(size: int) -> Tensor:
        return torch.randperm(size, generator=source) if shuffle else torch.arange(size)

    task = torch.randint(len(scenario.tasks), (count,), generator=source)
    kind = torch.randint(len(NAMES), (count, slots), generator=source)
    present = torch.zeros(count, slots, dtype=torch.bool)
    for b, number in enumerate(task.tolist()):
        for side, first in (("allies", 0), ("enemies", agents)):
            units = [NAMES.index(squad.kinds[int(torch.randint(len(squad.kinds), (), generator=source))])
                     for squad in scenario.tasks[number].side(side) for _ in range(squad.count)]  # type: ignore[arg-type]
            kind[b, first : first + len(units)] = torch.tensor(units)
            present[b, first : first + len(units)] = True
    alive = present & (draw() < 0.8)
    full = torch.tensor([[unit.health, unit.shield, unit.energy] for unit in UNITS.values()])[kind]
    return Snapshot(
        kind=kind,
        present=present,
        position=torch.randint(-40960, 40961, (count, slots, 2), generator=source) / 4096,
        health=full[..., 0] * draw() * alive,
        shield=full[..., 1] * draw() * present,
        energy=full[..., 2] * draw() * present,
        cooldown=30 * draw(),
        tag=torch.stack([torch.cat((order(agents) + enemies, order(enemies))) for _ in range(count)]),
        moves=torch.rand(count, agents, 4, generator=source) < 0.7,
        task=task,
        last_action=torch.randint(scenario.actions, (count, agents), generator=source) * alive[:, :agents],
        facing=torch.randint(12, (count, agents), generator=source),
        permitted=torch.rand(count, agents, enemies, generator=source) < 0.5,
    )


def battle(scenario: Scenario, units: list[tuple[float, ...]], **others: Tensor) -> Snapshot:
    """One battle of the first task with tags in the order of slots; ``units``: x, y, health, shield, energy, cooldown.

    All moves are possible and there were no actions, unless ``others`` say something else.
    """
    agents, enemies = scenario.agents, scenario.enemies
    task = scenario.tasks[0]
    names = [unit for side in ("allies", "enemies") for unit, n in task.counts(side).items() for _ in range(n)]
    rows = torch.tensor([[*unit, *[0.0] * (6 - len(unit))] for unit in units])[None]
    default = {
        "moves": torch.ones(1, agents, 4, dtype=torch.bool),
        "last_action": torch.zeros(1, agents, dtype=torch.int64),
        "tag": torch.cat((torch.arange(agents) + enemies, torch.arange(enemies)))[None],
    }
    return Snapshot(
        kind=torch.tensor([[NAMES.index(name) for name in names]]),
        present=torch.ones(1, agents + enemies, dtype=torch.bool),
        position=rows[..., :2], health=rows[..., 2], shield=rows[..., 3], energy=rows[..., 4], cooldown=rows[..., 5],
        task=torch.zeros(1, dtype=torch.int64), **{**default, **others},
    )
