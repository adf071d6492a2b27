"""What a study's file may say: which methods, in which environments, for how long, and what is claimed of them."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, JsonValue, Tag, model_validator
from pydantic_core import PydanticCustomError

from compose.language.base import Frozen, Model
from compose.language.diagnostics import SpecError
from compose.language.quantities import Count
from compose.language.values import Label, Name, Period, Prose
from compose.study.file.ranges import Range
from compose.study.seeds import read_seeds

Value = int | float | bool | str | None
"""What a method may set at a place of its spec."""
TUPLED = BeforeValidator(lambda raw: tuple(raw) if isinstance(raw, list) else raw)
Setting = Annotated[Value | tuple[Value, ...], TUPLED]


def _seeds(raw: object) -> object:
    """``0..23``, ``0,3,7``, one number, or a list of numbers."""
    try:
        if isinstance(raw, str):
            return read_seeds(raw)
    except SpecError as error:
        first = error.diagnostics[0]
        raise PydanticCustomError("seeds", "{text}", {"text": first.message, "hint": first.hint}) from None
    if isinstance(raw, list | tuple) and len(set(map(str, raw))) < len(raw):
        raise PydanticCustomError("seeds", "{text}", {"text": "names a seed more than once"})
    return tuple(raw) if isinstance(raw, list) else (raw,) if type(raw) is int else raw


Seeds = Annotated[tuple[Annotated[int, Field(ge=0, le=2**32 - 1)], ...], BeforeValidator(_seeds), Field(min_length=1)]


def _methods(raw: object) -> object:
    """Names or paths in a list, or ``name: spec``, as ``name: {spec: ...}``."""
    if isinstance(raw, list | tuple) and all(isinstance(one, str) for one in raw):
        named = [PurePath(one).stem if "/" in one or one.endswith(".yaml") else one for one in raw]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            text, hint = f"names '{twice}' more than once", f"call them apart: {{a: {raw[0]}, b: ...}}"
            raise PydanticCustomError("methods", "{text}", {"text": text, "hint": hint})
        return {name: {"spec": one} for name, one in zip(named, raw, strict=True)}
    if isinstance(raw, dict):
        return {name: {"spec": one} if isinstance(one, str) else one for name, one in raw.items()}
    return raw


class Evaluations(Model):
    """When a run is evaluated, and how long."""

    noun: ClassVar[str] = "the evaluation"

    every: Period = Period(10_000, "env_steps")
    """How often; by environment steps."""
    episodes: Count = 32
    """Episodes of each."""

    @model_validator(mode="after")
    def _by_steps(self) -> Self:
        if self.every.clock != "env_steps":
            text = f"evaluations go by environment steps, not {self.every.clock}"
            raise PydanticCustomError("evaluations", "{text}", {"text": text, "hint": "such as 10k env_steps"})
        return self


class Training(Model):
    """How long every run is, and how it is looked at."""

    noun: ClassVar[str] = "the training"

    env_steps: Count | None = None
    """Environment steps that end a run."""
    episodes: Count | None = None
    """Episodes that end it."""
    updates: Count | None = None
    """Updates that end it."""
    until: str | None = None
    """A mark that ends it sooner, such as ``solved=0.95``."""
    eval: Evaluations = Evaluations()
    """When it is evaluated."""
    chance: Annotated[int, Field(ge=0)] = 0
    """Episodes for each chance level; 0 measures none."""
    threads: Annotated[int, Field(gt=0, le=1024)] = 1
    """Threads of each run: numbers differ with them in their last bits, so the file says how many."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of matrix products when learning."""
    log: tuple[str, ...] = ()
    """Loggers of every run, such as ``[tensorboard]``; no part of what names a run."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.env_steps is None and self.episodes is None and self.updates is None:
            text = "say when a run ends: env_steps, episodes or updates"
            raise PydanticCustomError("training", "{text}", {"text": text, "hint": "such as env_steps: 1M"})
        return self


class Measure(Model):
    """What is compared."""

    noun: ClassVar[str] = "the measure"

    score: str = "success"
    """``success``, ``return``, ``length``, or what the environments measure of their own."""
    at: tuple[Count, ...] = ()
    """Environment steps at which scores are read; the end of the runs unless told."""
    window: Annotated[int, Field(gt=0)] = 5
    """A score is the mean of so many evaluations, the last of them at or before the step."""
    best: float | None = None
    """The score that counts as 1 when tasks are put on one scale; chance counts as 0. None: scores are as they are."""


class Method(Model):
    """A spec, and what is set otherwise in it."""

    noun: ClassVar[str] = "the method"

    spec: str
    """A packaged name, or a path from the study's folder."""
    set: Frozen[str, JsonValue] = Field(default_factory=dict)
    """Place -> value, as ``--set`` takes them: a number, a word, a list, or a mapping such as a schedule."""


class Search(Model):
    """Settings that are not listed but looked for."""

    noun: ClassVar[str] = "the search"

    search: Annotated[Frozen[str, Range], Field(min_length=1)]
    """Place of the specs -> where to look: ``uniform(0, 1)``, ``log(1e-4, 1e-2)``, ``int(1, 8)``, or some values."""
    trials: Count
    """How many settings of each spec are tried; a trial is a run for every environment and seed."""
    by: Literal["tpe", "random"] = "tpe"
    """How the next ones are chosen: by what has done well (TPE, Bergstra et al. 2011), or at random."""
    prune: Literal["none", "median"] = "none"
    """End trials early that are, after a quarter and after half of their steps, worse than the median was there."""
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = 0
    """Of the choice."""


def _varied(raw: object) -> str:
    return "a search" if isinstance(raw, Search) or (isinstance(raw, dict) and "search" in raw) else "a grid"


Grid = Frozen[str, Annotated[tuple[Setting, ...], Field(min_length=1)]]
Vary = Annotated[Annotated[Search, Tag("a search")] | Annotated[Grid, Tag("a grid")], Discriminator(_varied)]


class Study(Model):
    """One file: ``study:`` says that it is a study."""

    noun: ClassVar[str] = "a study"

    compose: Literal[1] = 1
    study: Name
    """Its name."""
    summary: Prose = ""
    """One sentence."""
    specs: Annotated[Frozen[Label, Method], BeforeValidator(_methods), Field(min_length=1)]
    """What is compared: names or paths of specs, or name -> ``{spec, set}``."""
    envs: Annotated[tuple[str, ...], Field(min_length=1)]
    """Where; each environment is a task."""
    seeds: Seeds
    """One run for each: ``0..9``, or a list."""
    train: Training
    """How each run is trained."""
    vary: Vary = Field(default_factory=dict)
    """Place of the specs -> values, every combination of which is a method of its own; or a search."""
    measure: Measure = Measure()
    """What is compared, and when."""
    claims: Frozen[Label, str] = Field(default_factory=dict)
    """Name -> a sentence such as ``refil > qmix_attention at 1M``."""
