"""Settings in Python: parts of a spec whose members have fixed names, ``act``, ``learner`` and ``claims``.

``act(choose="greedy", values=g.q)`` writes several, ``learner.replay.batch = 16`` one; each is written once. What no
kind of acting or learner has is refused at once.
"""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

from compose.language.closed import Closed
from compose.language.diagnostics import did_you_mean
from compose.language.handles import misuse, spelled
from compose.language.writing import LEFT_OUT, plain

Kind = TypeVar("Kind", bound="Section")


class Value:
    """A member: written once; reading gives what was written."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = spelled(name)

    @overload
    def __get__(self, section: None, owner: type) -> Self: ...
    @overload
    def __get__(self, section: Section, owner: type) -> Any: ...
    def __get__(self, section: Section | None, owner: type) -> Any:
        return self if section is None else section._read().get(self.name)

    def __set__(self, section: Section, value: object) -> None:
        table = section._table()
        if self.name in table:
            misuse(f"{section._place}.{self.name} is given twice")
        table[self.name] = plain(value)


class Part(Value, Generic[Kind]):
    """A member that has members: ``learner.replay.batch = 16``, or all at once, ``learner.replay = {...}``."""

    def __init__(self, kind: type[Kind]) -> None:
        self.kind = kind

    @overload
    def __get__(self, section: None, owner: type) -> Self: ...
    @overload
    def __get__(self, section: Section, owner: type) -> Kind: ...
    def __get__(self, section: Section | None, owner: type) -> Any:
        return self if section is None else self.kind(f"{section._place}.{self.name}", section, self.name)


class Section(Closed):
    """Members that are declared."""

    _place: str
    _written: dict[str, Any]
    _above: Section | None

    def __init__(self, place: str, above: Section | None = None, name: str = "") -> None:
        self.__dict__.update(_place=place, _above=above, _name=name, _written={})

    def __call__(self, **settings: object) -> None:
        for name, value in settings.items():
            if value is not LEFT_OUT:
                setattr(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        if not isinstance(getattr(type(self), name, None), Value):
            known = [spelled(one) for one in vars(type(self)) if not one.startswith("_")]
            hint = did_you_mean(name, known) or f"it has: {', '.join(known)}"
            misuse(f"{self._place} has no '{spelled(name)}'", hint)
        object.__setattr__(self, name, value)

    def _read(self) -> dict[str, Any]:
        """What is written there."""
        found = self._written if self._above is None else self._above._read().get(self.__dict__["_name"])
        return found if isinstance(found, dict) else {}

    def _table(self) -> dict[str, Any]:
        """Where its members are written."""
        if self._above is None:
            return self._written
        found = self._above._table().setdefault(self.__dict__["_name"], {})
        if not isinstance(found, dict):
            misuse(f"{self._place} is {found} above; it has no members")
        return found


class Moves(Section):
    """A number that moves with a clock."""

    kind, from_, to, over, at = Value(), Value(), Value(), Value(), Value()


class Act(Section):
    """How actions are chosen."""

    choose, values, logits, where, evaluate = Value(), Value(), Value(), Value(), Value()
    mean, variance = Value(), Value()
    epsilon = Part(Moves)


class Replay(Section):
    """What is kept, and how it is drawn."""

    episodes, of, batch, start = Value(), Value(), Value(), Value()


class Target(Section):
    """How lagged copies follow."""

    kind, every, tau = Value(), Value(), Value()


class Optimizer(Section):
    """One optimizer."""

    kind, lr = Value(), Part(Moves)
    alpha, betas, eps, momentum, weight_decay = Value(), Value(), Value(), Value(), Value()
    clip, clip_value, after = Value(), Value(), Value()
    steps, each, order = Value(), Value(), Value()


class Optimizers(Section):
    """Optimizers by name."""

    def __getattr__(self, name: str) -> Optimizer:
        if name.startswith("_"):
            raise AttributeError(name)
        return Optimizer(f"{self._place}.{name}", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in self._table():
            misuse(f"{self._place}.{name} is given twice")
        self._table()[name] = plain(value)


class Learner(Section):
    """How weights are learned."""

    kind, environments, horizon, updates, minibatches = Value(), Value(), Value(), Value(), Value()
    replay = Part(Replay)
    target = Part(Target)
    optimizers = Part(Optimizers)


class Igm(Section):
    """What is claimed of greedy actions."""

    joint, utilities, status = Value(), Value(), Value()


class Claims(Section):
    """What proofs are expected to say."""

    decentralised, availability = Value(), Value()
    igm = Part(Igm)
