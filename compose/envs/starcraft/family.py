"""What the families of environments that play scenarios share: settings, and the names they go by. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, TypeVar

from pydantic import Field as Limits

from compose.envs.starcraft.scenario import SCENARIOS, load
from compose.envs.starcraft.scenario_model import Scenario
from compose.graph.fields import Model


class Settings(Model):
    """What options in a name may change of a scenario."""

    limit: Annotated[int, Limits(ge=1, le=1_000_000)]
    """Steps after which the battle is lost."""
    task: str = ""
    """One task of a set, by its name: only that is played, in the slots and actions of the whole set."""
    like: str = ""
    """Another scenario, whose slots and actions are used: what was trained there can be evaluated here."""

    def scenario(self, instance: str) -> Scenario:
        """The scenario of that name or path, changed as the settings say.

        Raises:
            SpecError: If there is no such scenario or task, or what it should be like is too small for it.
        """
        found = self.loaded(instance).model_copy(update={"limit": self.limit})
        found = found.within(self.loaded(self.like)) if self.like else found
        return found.only(self.task) if self.task else found

    def loaded(self, name: str) -> Scenario:
        """A scenario by its name, but for its limit, task and slots.

        Raises:
            SpecError: If there is none.
        """
        return load(name)


Kind = TypeVar("Kind", bound=Settings)


class Instances(Mapping[str, Kind]):
    """Settings by the name of a scenario, or by the path of a scenario file: names are listed, any file is known."""

    def __init__(self, settings: Callable[..., Kind]) -> None:
        self.settings = settings

    def __getitem__(self, name: str) -> Kind:
        if name not in SCENARIOS and ".yaml" not in name:
            raise KeyError(name)
        return self.settings(limit=load(name).limit)

    def __iter__(self) -> Iterator[str]:
        return iter(SCENARIOS)

    def __len__(self) -> int:
        return len(SCENARIOS)
