"""The models of one worker: what is traced for one seed of a method in an environment serves all others."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection

from compose.compiler.model import Model
from compose.envs import catalogue
from compose.envs.interface import Environment
from compose.language.load import Loaded
from compose.training.build import build_model
from compose.training.memory import MemoryEstimate
from compose.training.run import needed_memory
from compose.training.settings import Settings

MOST = 64
"""Models that are kept; the one asked for longest ago goes first."""


class Models:
    """Builds what trainings are given. Tracing takes about as long as some twenty small updates."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str, Settings], tuple[Loaded, Model]] = OrderedDict()
        self._needed: dict[int, MemoryEstimate] = {}

    def traced(self, text: str, env: str) -> bool:
        """Whether a spec is kept for an environment."""
        return any(key[:2] == (text, env) for key in self._kept)

    def of(self, text: str, read: Callable[[], Loaded], env: str, settings: Settings,
           seed: int) -> tuple[Loaded, Model]:
        """A spec and its new model for an environment, with weights of a seed.

        Args:
            text: Tells specs apart.
            read: Reads the spec, where it was not read before.
            env: Name of an environment.
            settings: The form of the model.
            seed: Of the weights.

        Raises:
            SpecError: As :func:`~compose.training.build.build_model`.
        """
        key = (text, env, settings)
        if key not in self._kept:
            spec = read()
            self._kept[key] = spec, build_model(spec, catalogue.schema(env), settings=settings)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._needed.pop(id(oldest.graph), None)
        spec, model = self._kept[key]
        return spec, model.of_seed(seed)

    def needed(self, model: Model, env: Environment, settings: Settings,
               keep: Collection[str] | None) -> MemoryEstimate:
        """What a training of a model that was given takes: found out once for all seeds."""
        key = id(model.graph)
        if key not in self._needed:
            self._needed[key] = needed_memory(model, env, settings, keep)
        return self._needed[key]
