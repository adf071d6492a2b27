"""Episodes of an environment, played with random legal actions and recorded as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from compose.envs import catalogue
from compose.envs.guard import form
from compose.envs.guard.finding import Broken, Finding
from compose.envs.guard.measuring import measures
from compose.envs.guard.safely import safely
from compose.envs.interface import Environment, Fields, Transition
from compose.envs.scaling import any_numbers, within
from compose.graph.schema import EntitySchema
from compose.kernels.random import Seeds, keys, one_of, uniform

Make = Callable[[], Environment]
AFTER_END = 2
"""Steps that are taken after all episodes have ended."""
_PARTS = ("action", "reward", "terminated", "truncated", "success")


@dataclass(frozen=True)
class Play:
    """A batch of episodes under one seed (or one for each), a few steps after their ends included.

    Index t of a field is what was shown before step t; there is one more of them than of steps.
    """

    schema: EntitySchema
    title: str
    """Python that gives this play."""
    episodes: tuple[int, ...]
    seed: Seeds
    fields: dict[str, Tensor]
    """(time ...): each as its schema says, the time axis first."""
    action: Tensor
    """(step batch agent) int64, or float32 (step batch agent part) within bounds."""
    reward: Tensor
    """(step batch) float32."""
    terminated: Tensor
    """(step batch) bool."""
    truncated: Tensor
    """(step batch) bool."""
    success: Tensor
    """(step batch) bool."""
    rewards: Tensor | None = None
    """(step batch agent) float32, where agents have rewards of their own."""

    @property
    def told(self) -> tuple[str, ...]:
        """Names of what its transitions tell beside fields."""
        return _PARTS[1:] if self.rewards is None else (*_PARTS[1:], "rewards")

    @property
    def ended(self) -> Tensor:
        """(step batch) bool: True where the episode ended in this step or an earlier one."""
        return (self.terminated | self.truncated).int().cummax(0).values.bool()

    @property
    def running(self) -> Tensor:
        """(step batch) bool: True where the episode had not ended before this step."""
        ended = self.ended
        return ~torch.cat((torch.zeros_like(ended[:1]), ended[:-1]))

    def cut(self, steps: int) -> Play:
        """Its first steps."""
        parts = {part: getattr(self, part)[:steps] for part in ("action", *self.told)}
        return replace(self, fields={name: x[: steps + 1] for name, x in self.fields.items()}, **parts)

    def rows(self, rows: list[int]) -> Play:
        """Some of its episodes."""
        parts = {part: getattr(self, part)[:, rows] for part in ("action", *self.told)}
        batched = {name: x[:, rows] if "batch" in self.schema.fields[name].axes else x
                   for name, x in self.fields.items()}
        seed = self.seed if isinstance(self.seed, int) else [self.seed[row] for row in rows]
        return replace(self, episodes=tuple(self.episodes[row] for row in rows), seed=seed, fields=batched, **parts)

    def wrong(self, code: str, expected: str, found: str, bad: Tensor, axes: str, field: str = "") -> Iterator[Finding]:
        """What is wrong where ``bad`` is True, at its first place; nothing if that is nowhere.

        Args:
            bad: bool; its dimensions are ``axes``, of which ``time`` and ``step`` are steps and ``batch`` is episodes.
            found: May name what ``{value}`` stands for: the field's value at that place.
        """
        if not bool(bad.any()):
            return
        index = tuple(bad.nonzero()[0].tolist())
        names = axes.split()
        at = dict(zip(names, index, strict=True))
        place: dict[str, int] = {}
        if "batch" in at:
            row = at.pop("batch")
            seed = self.seed if isinstance(self.seed, int) else self.seed[row]
            place = {"seed": seed, "episode": self.episodes[row]}
        place |= {"step" if axis == "time" else axis: i for axis, i in at.items()}
        source = self.fields.get(field, getattr(self, field, None) if field else None)
        see = ""
        if isinstance(source, Tensor):
            whole = f'fields["{field}"]' if field in self.fields else field
            see = f"{self.title}.{whole}[{', '.join(map(str, index))}]"
            value = source[index].tolist() if len(index) <= source.dim() else ""
            found = found.replace("{value}", str(round(value, 6) if isinstance(value, float) else value))
        yield Finding(code, expected, found, field, place, int(bad.sum()), see)


def maker(source: str | Make, device: str | torch.device = "cpu") -> Make:
    """What makes the environment of a name; anything else makes environments itself."""
    if isinstance(source, str):
        name = source
        return lambda: catalogue.make(name, device=device)
    return source


def call(source: str | Make) -> str:
    """How a snippet of Python names what is played."""
    return f'"{source}"' if isinstance(source, str) else getattr(source, "__name__", "make").replace("<lambda>", "make")


@torch.no_grad()
def play(source: str | Make, episodes: Sequence[int], seed: Seeds = 0, *, actions: Tensor | None = None,
         alike: bool = False, device: str | torch.device = "cpu", environment: Environment | None = None) -> Play:
    """Play episodes side by side until all have ended, and :data:`AFTER_END` steps more.

    Args:
        source: A name of the catalogue, or what makes the environment.
        episodes: Their numbers.
        seed: Of the environment, or one for each episode. It also keys the random actions.
        actions: (step batch agent) int64: take these instead of random ones, and exactly so many steps.
        alike: Agents that are offered the same actions take the same ones, in every episode and under every seed.
        environment: Play in this one instead of a new one.

    Raises:
        Broken: If the environment raises or gives something whose form is not that of its schema.
        SpecError: If there is no such environment.
    """
    title = f"play({call(source)}, {_numbers(episodes)}, seed={seed if isinstance(seed, int) else list(seed)})"
    env = safely(title, "the environment is made", maker(source, device)) if environment is None else environment
    _check(form.environment(env), title)
    schema, numbers = env.schema, torch.tensor(list(episodes), dtype=torch.int64, device=env.device)
    shown = safely(title, "reset(episodes, seed) gives the first fields", partial(env.reset, numbers.clone(), seed))
    _check(form.fields(env, shown, len(episodes)), title, 0)
    seen, taken, given = [_copied(shown)], [], []
    most = schema.limit + AFTER_END if actions is None else len(actions)
    running, left = torch.ones(len(episodes), dtype=torch.bool, device=env.device), AFTER_END
    for step in range(most):
        keyed = (0, numbers * 0) if alike else (seed, numbers)
        chosen = legal(schema, shown, *keyed, step) if actions is None else actions[step]
        after = safely(title, "step(action) gives a transition", partial(env.step, chosen.clone()), step)
        _check(form.transition(env, after, len(episodes)), title, step)
        shown = after.fields
        seen.append(_copied(shown))
        taken.append(chosen)
        given.append(after)
        running &= ~(after.terminated | after.truncated)
        left -= not running.any()
        if actions is None and left < 0:
            break
    measures(env, len(episodes), title)
    return _recorded(schema, title, episodes, seed, seen, taken, given)


def _recorded(schema: EntitySchema, title: str, episodes: Sequence[int], seed: Seeds, seen: list[Fields],
              taken: list[Tensor], given: list[Transition]) -> Play:
    each = [after.rewards for after in given if after.rewards is not None]
    return Play(
        schema, title, tuple(episodes), seed, {name: torch.stack([s[name] for s in seen]) for name in seen[0]},
        action=torch.stack(taken), rewards=torch.stack(each) if each else None,
        **{part: torch.stack([getattr(after, part) for after in given]) for part in _PARTS[1:]},
    )


def legal(schema: EntitySchema, shown: Fields, seed: Seeds, episodes: Tensor, step: int,
          stream: str = "legal") -> Tensor:
    """A legal action for every agent, all equally likely, as the environment takes it."""
    counters = episodes[:, None] * schema.agents + torch.arange(schema.agents, device=episodes.device)
    if schema.continuous:
        return within(any_numbers(seed, stream, step, counters, schema.sizes["part"]), schema)
    return one_of(shown["available"], uniform(keys(seed, stream, step), counters))


def _copied(fields: Fields) -> Fields:
    return {name: value.clone() for name, value in fields.items()}


def _numbers(episodes: Sequence[int]) -> str:
    whole = range(len(episodes))
    return f"range({len(episodes)})" if len(episodes) > 2 and list(episodes) == list(whole) else str(list(episodes))


def _check(problems: list[Finding], title: str, step: int | None = None) -> None:
    if problems:
        at = {} if step is None else {"step": step}
        raise Broken(*(replace(p, place={**at, **p.place}, see=title) for p in problems))

