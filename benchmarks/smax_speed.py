"""Battles of Skirmish beside JaxMARL's SMAX, steps a second with random available actions: one process, in turn.

    .venv-smax/bin/python benchmarks/smax_speed.py [MAP@BATTLES ...] [--steps 200] [--rounds 3]

The environment is that of `make test-smax`. SMAX steps inside one compiled `lax.scan`, its battles begin anew by
themselves and observations are made; what compiling takes is told and not counted. Pin it to one core (`taskset -c 0`):
jax takes all there are.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import torch
from jaxmarl.environments.smax import HeuristicEnemySMAX, map_name_to_scenario

from compose.envs.catalogue import make
from compose.envs.speed import speed

TABLE = ("3m@1", "3m@16", "3m@128", "3m@1024", "2s3z@128", "27m_vs_30m@64")


def main() -> None:
    """Print the median round of each row; every round plays all rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", default=TABLE, metavar="MAP@BATTLES")
    parser.add_argument("--steps", type=int, default=200, help="of SMAX in a round")
    parser.add_argument("--seconds", type=float, default=2.0, help="of Skirmish in a round")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{'map':14}{'at once':>8}{'skirmish':>12}{'SMAX':>12}{'ratio':>8}{'compiling SMAX, s':>20}")
    for row in given.rows:
        name, _, count = row.partition("@")
        battles = int(count or 128)
        play, seconds = smax(name, battles, given.steps)
        ours, theirs = [], []
        for turn in range(given.rounds):
            ours.append(speed(make(f"skirmish/{name}"), battles, given.seconds).rate)
            theirs.append(battles * given.steps / play(turn))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        print(f"{name:14}{battles:8d}{statistics.median(ours):12,.0f}{statistics.median(theirs):12,.0f}{ratio:8.2f}"
              f"{seconds:20.1f}", flush=True)


def smax(name: str, battles: int, steps: int) -> tuple[Callable[[int], float], float]:
    """Seconds that so many steps of so many battles take, for a seed; and the seconds of compiling."""
    env = HeuristicEnemySMAX(scenario=map_name_to_scenario(name))

    def step(carried, key):  # type: ignore[no-untyped-def]
        state, seen = carried
        choose, go = jax.random.split(key)
        logits = {agent: jnp.where(may, 0.0, -jnp.inf) for agent, may in jax.vmap(env.get_avail_actions)(state).items()}
        keys = jax.random.split(choose, len(env.agents))
        actions = {agent: jax.random.categorical(keys[i], logits[agent]) for i, agent in enumerate(env.agents)}
        seen, state, reward, *_ = jax.vmap(env.step)(jax.random.split(go, battles), state, actions)
        return (state, seen), sum(x.sum() for x in seen.values()) + sum(x.sum() for x in reward.values())

    @jax.jit
    def run(key):  # type: ignore[no-untyped-def]
        begin, on = jax.random.split(key)
        seen, state = jax.vmap(env.reset)(jax.random.split(begin, battles))
        return jax.lax.scan(step, (state, seen), jax.random.split(on, steps))[1].sum()

    def play(seed: int) -> float:
        began = time.perf_counter()
        run(jax.random.PRNGKey(seed)).block_until_ready()
        return time.perf_counter() - began

    return play, play(0)


if __name__ == "__main__":
    main()
