"""Adapted environments as families of the catalogue: from Python, or from a file alone."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field as Limits

from compose.envs.adapters import file
from compose.envs.adapters.declared import Api
from compose.envs.adapters.options import cannot_be_made, check_options
from compose.graph.fields import Model
from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

if TYPE_CHECKING:
    import torch

    from compose.envs.interface import Environment

PACKAGES = {"pettingzoo": "pettingzoo", "gymnasium": "gymnasium", "gymnasium-vector": "gymnasium"}


class Settings(Model):
    """What a name may change."""

    limit: Annotated[int, Limits(ge=1, le=1_000_000)]
    """Steps after which an episode is cut off."""


class _Family:
    """An environment of another API and the file that declares it. The file is read when it is first needed."""

    api: Api
    """Which API is adapted."""

    def __init__(self, factory: Callable[..., Any], path: str | pathlib.Path) -> None:
        self._factory, self._path = factory, path

    @cached_property
    def declared(self) -> file.Declared:
        """What the file says.

        Raises:
            SpecError: If it is wrong, or declares another API.
        """
        declared = file.load(self._path)
        if declared.adapter.api != self.api:
            text = f"the file declares {declared.adapter.api}, but the environment is given as {self.api}"
            raise SpecError(Diagnostic("adapter.api", text, where=declared.path))
        return declared

    @property
    def summary(self) -> str:
        """The file's."""
        return self.declared.schema.summary

    @property
    def instances(self) -> Mapping[str, Settings]:
        """One, with the file's limit."""
        return {"": Settings(limit=self.declared.schema.limit)}

    def schema(self, instance: str, settings: Settings) -> EntitySchema:
        """The file's schema with the limit that was asked for."""
        return self.declared.schema.model_copy(update={"limit": settings.limit})

    def make(self, instance: str, schema: EntitySchema, settings: Settings,
             device: str | torch.device) -> Environment:
        """The environment; imports torch and the other API.

        Raises:
            SpecError: If the other API is not installed, or the environment is not as declared.
        """
        return make(file.Declared(schema, self.declared.adapter, self.declared.path), self._factory, device)


class PettingZoo(_Family):
    """``PettingZoo(factory, path)``: the factory returns a new ``ParallelEnv`` each time it is called."""

    api: Api = "pettingzoo"
    """Which API is adapted."""


class Gymnasium(_Family):
    """``Gymnasium(factory, path)``: the factory returns a new environment that plays all agents at once."""

    api: Api = "gymnasium"
    """Which API is adapted."""


class GymnasiumVector(_Family):
    """``GymnasiumVector(factory, path)``: ``factory(n)`` returns a ``VectorEnv`` of n such environments."""

    api: Api = "gymnasium-vector"
    """Which API is adapted."""


def make_declared(declared: file.Declared, device: str | torch.device) -> Environment:
    """The environment that a file alone declares, by an id of gymnasium's registry.

    Raises:
        SpecError: If the file gives no id, the registry has no such id, or the environment does not take
            its options or cannot be made.
    """
    adapter, path = declared.adapter, declared.path
    if adapter.id is None:
        name = {"pettingzoo": "PettingZoo", "gymnasium": "Gymnasium", "gymnasium-vector": "GymnasiumVector"}
        hint = f"register compose.envs.adapters.{name[adapter.api]}(factory, path), or give adapter.id"
        hint = hint.partition(", or")[0] if adapter.api == "pettingzoo" else hint
        raise SpecError(Diagnostic("adapter.id", "the file says how to read an environment, but not which", path,
                                   hint=hint))
    _need("gymnasium")
    gymnasium: Any = import_module("gymnasium")
    if adapter.id not in gymnasium.registry:
        notes = ("packages register their ids when they are imported: import yours from a plug-in file",)
        raise SpecError(Diagnostic("adapter.id", f"gymnasium's registry has no '{adapter.id}'", path,
                                   hint=did_you_mean(adapter.id, gymnasium.registry), notes=notes))

    which, vector = adapter.id, adapter.api == "gymnasium-vector"
    check_options(gymnasium.registry[which], adapter.options, path, vector=vector)

    def factory(*number: int) -> Any:
        try:
            if vector:
                return gymnasium.make_vec(which, num_envs=number[0], **adapter.options)
            return gymnasium.make(which, disable_env_checker=True, **adapter.options)
        except Exception as error:
            raise cannot_be_made(which, error, path) from error

    return make(declared, factory, device)


def make(declared: file.Declared, factory: Callable[..., Any], device: str | torch.device) -> Environment:
    """The environment of a factory, as declared.

    Raises:
        SpecError: If the API is not installed, or the environment is not as declared.
    """
    schema, adapter = declared.schema, declared.adapter
    _need(PACKAGES[adapter.api])
    from compose.envs.adapters.environment import Adapted
    from compose.envs.adapters.games import Games
    from compose.envs.adapters.gymma import GymnasiumGame
    from compose.envs.adapters.pettingzoo import ParallelGame
    from compose.envs.adapters.vector import VectorGames
    from compose.envs.adapters.workers import side_by_side

    slots, name, team = schema.agents, schema.name, adapter.reward == "team"
    state = adapter.state_size if adapter.state == "method" else None
    games: Games
    if adapter.api == "gymnasium-vector":
        games = VectorGames(factory, slots, name)
    elif adapter.api == "gymnasium":
        games = side_by_side(lambda: GymnasiumGame(factory(), slots, name, team), name)
    else:
        games = side_by_side(lambda: ParallelGame(factory(), adapter.agents, slots, name, state), name)
    return Adapted(schema, adapter, games, device)


def _need(package: str) -> None:
    if find_spec(package) is None:
        raise SpecError(Diagnostic("adapter.missing", f"{package} is not installed", package,
                                   hint=f"pip install 'compose-marl[{package}]'"))
