"""Battles for tests: any armies anywhere, played by scripts."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from compose.envs.catalogue import make
from compose.envs.skirmish.environment import Skirmish
from compose.envs.skirmish.scripts import Orders
from compose.envs.skirmish.settings import Settings
from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.schema import entity_schema
from compose.envs.starcraft.task import Squad, Task

STOP = 1
Army = list[tuple[str, int, tuple[float, float]]]
Script = Callable[[Skirmish], Orders | None]


def battle(allies: Army, enemies: Army, *, episodes: int = 1, seed: int = 0, jitter: bool = True,
           goal: object = "hold", limit: int = 200, **settings: object) -> Skirmish:  # fmt: skip
    """A battle of squads (type, count, point of the open map), begun; opponents stand unless there is a goal."""
    squads = [tuple(Squad(unit=unit, count=count, at=at) for unit, count, at in army) for army in (allies, enemies)]
    scenario = Scenario(name="test", summary="", limit=limit, tasks=(Task.of(*squads),), goal=goal)  # type: ignore[arg-type]
    env = begun(scenario, episodes, seed, **settings)
    if not jitter:
        env._jitter = (0.0, 0.0)
    return env


def begun(scenario: Scenario, episodes: int, seed: int = 0, **settings: object) -> Skirmish:
    """A scenario, begun."""
    given = Settings(limit=scenario.limit, **settings)  # type: ignore[arg-type]
    env = Skirmish(entity_schema(scenario, name=scenario.name), scenario, given)
    env.reset(torch.arange(episodes), seed)
    return env


def packaged(name: str, episodes: int, seed: int = 0) -> Skirmish:
    """A scenario of the package, begun."""
    env = make(f"skirmish/{name}")
    assert isinstance(env, Skirmish)
    env.reset(torch.arange(episodes), seed)
    return env


def meadow(allies: dict[str, int], enemies: int, episodes: int = 1, shared: float = 0, seed: int = 0,
           **more: object) -> Skirmish:  # fmt: skip
    """Allies on the left and Marines who do nothing on the right, out of each other's sight."""
    ours = [Squad(unit=unit, count=count, at=(4, 16)) for unit, count in allies.items()]
    task = Task.of(ours, [Squad(unit="Marine", count=enemies, at=(28, 16))])
    scenario = Scenario(name="meadow", summary="", limit=50, tasks=(task,), goal="hold", shared_sight=shared,
                        targets="any", **more)  # type: ignore[arg-type]
    return begun(scenario, episodes, seed, opponent="passive")


def stay(env: Skirmish, **changes: int) -> torch.Tensor:
    """All stand, but for some agents' actions, by name such as ``a1``."""
    action = torch.where(env.battle.alive[:, : env.forces.allies], STOP, 0)
    for name, chosen in changes.items():
        action[:, int(name[1:])] = chosen
    return action


@dataclass
class Score:
    """Shares of battles, and their mean length in steps."""

    won: float
    lost: float
    length: float


def attack_move(env: Skirmish) -> None:
    """The allies do what the opponents do."""
    return


def scripted(script: Callable[..., Orders]) -> Script:
    """A script of the package as the allies' policy."""
    return lambda env: script(env.forces, env.battle, slice(0, env.forces.allies), slice(env.forces.allies, None),
                              env._draws())


def still(env: Skirmish) -> Orders:
    """Nobody does anything."""
    slots = env.forces.slot[: env.forces.allies].expand(len(env.task), -1)
    return Orders(torch.full_like(slots, -1), slots)


def order(env: Skirmish, move: int = -1, target: int | None = None) -> Orders:
    """The same order for all allies."""
    idle = still(env)
    aimed = idle.target if target is None else torch.full_like(idle.target, target)
    return Orders(torch.full_like(idle.move, move), aimed)


def play(env: Skirmish, script: Script) -> Score:
    """Play begun battles to the end."""
    won = lost = torch.zeros(len(env.task), dtype=torch.bool)
    length = torch.zeros(len(env.task))
    for _ in range(env.schema.limit):
        length += env._running
        after = env.advance(script(env))
        won, lost = won | after.success, lost | (after.terminated & beaten(env))
        if not env._running.any():
            break
    return Score(won.float().mean().item(), lost.float().mean().item(), length.mean().item())


def beaten(env: Skirmish) -> Tensor:
    """Battles in which only enemies can fight."""
    armed = env.battle.alive & env.forces.fights
    allies = env.forces.allies
    return armed[:, allies:].any(1) & ~armed[:, :allies].any(1)


def change(env: Skirmish, **values: dict[int, float]) -> None:
    """Other values of units, such as ``health={0: 20}``, in all battles."""
    for name, given in values.items():
        new = getattr(env.battle, name).clone()
        for slot, value in given.items():
            new[:, slot] = value
        env.battle = replace(env.battle, **{name: new})


def place(env: Skirmish, *points: tuple[float, float]) -> None:
    """Put the units at points, from the centre of the map."""
    position = torch.tensor(points, dtype=torch.float32).T[:, None].repeat(1, len(env.task), 1)
    env.battle = replace(env.battle, position=position)
