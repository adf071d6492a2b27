"""What families of other packages' suites share. Neither torch nor any of the packages is imported here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from compose.envs.adapters.declared import Answers
from compose.graph.schema import EntitySchema, standard_fields
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    import torch

    from compose.envs.adapters.suites.look import Look
    from compose.envs.interface import Environment

Kind = TypeVar("Kind", bound=BaseModel)


class Instances(Mapping[str, Kind]):
    """Settings by instance: some names are listed, all that ``read`` understands are known."""

    def __init__(self, listed: Sequence[str], read: Callable[[str], Kind | None]) -> None:
        self._listed, self._read = listed, read

    def __getitem__(self, name: str) -> Kind:
        found = self._read(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)


class Suite(ABC, Generic[Kind]):
    """A family of a package that may not be there."""

    family: str
    """Its name in the catalogue, and that of the extra which installs the package."""
    package: str
    summary: str
    instances: ClassVar[Mapping[str, Any]]

    @property
    def needs(self) -> str:
        """Empty if the package is installed."""
        return "" if find_spec(self.package) else f"{self.package} ({install(self.family)})"

    @abstractmethod
    def schema(self, instance: str, settings: Kind) -> EntitySchema:
        """The schema of an instance."""

    @abstractmethod
    def make(self, instance: str, schema: EntitySchema, settings: Kind, device: str | torch.device) -> Environment:
        """The environment; imports torch and the package. Raises SpecError as :meth:`needed`."""

    @contextmanager
    def needed(self, instance: str) -> Iterator[None]:
        """Where the package is imported and asked for an environment.

        Raises:
            SpecError: ``suite.missing`` if it is not installed, ``suite.broken`` if it does not do as it is known to.
        """
        where, hint = f"{self.family}/{instance}", install(self.family)
        if find_spec(self.package) is None:
            raise SpecError(Diagnostic("suite.missing", f"{self.package} is not installed", where=where, hint=hint))
        try:
            yield
        except SpecError:
            raise
        except Exception as error:
            text = f"{self.package} cannot be played: {type(error).__name__}: {error}"
            raise SpecError(Diagnostic("suite.broken", " ".join(text.split()), where=where,
                                       hint=f"is it the release that was tried? {hint}")) from error


def install(extra: str) -> str:
    """How to get the package of an extra."""
    return f"pip install 'compose-marl[{extra}]'"


def flat(agents: int, size: int) -> dict[str, Any]:
    """The parts of a schema that offer what agents observe as it is, and all of it in a row as the state."""
    return {"axes": {"observation": size, "state": agents * size}, "fields": standard_fields("observation", "state")}


def played(schema: EntitySchema, answers: Answers, factory: Callable[[], Any], look: Callable[[Any], Look],
           device: str | torch.device) -> Environment:
    """Copies of one environment, whose entities ``look`` reads; imports torch.

    Args:
        schema: What they offer.
        answers: How the rest is read.
        factory: Makes an environment.
        look: Given the innermost environment.
        device: Where tensors are put.
    """
    from compose.envs.adapters.environment import Adapted
    from compose.envs.adapters.games import Game
    from compose.envs.adapters.gymma import GymnasiumGame
    from compose.envs.adapters.pettingzoo import ParallelGame
    from compose.envs.adapters.suites.look import Looked, inner
    from compose.envs.adapters.workers import side_by_side

    def copy() -> Looked:
        env, slots, where = factory(), schema.agents, schema.name
        game: Game = ParallelGame(env, None, slots, where, None) if answers.api == "pettingzoo" \
            else GymnasiumGame(env, slots, where, team=answers.reward == "team")
        return Looked(game, look(inner(env)))

    return Adapted(schema, answers, side_by_side(copy, schema.name), device)
