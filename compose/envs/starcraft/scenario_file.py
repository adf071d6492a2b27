"""Reading a scenario from a YAML file; mistakes are told with their places, as those of specs are."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ValidationError
from pydantic import Field as Limits

from compose.envs.starcraft.armies import Armies
from compose.envs.starcraft.drawn import read_starts
from compose.envs.starcraft.playable import Problem
from compose.envs.starcraft.report import Places
from compose.envs.starcraft.scenario_model import Ring, Scenario
from compose.envs.starcraft.task import summary
from compose.graph.fields import Model
from compose.language import files, source
from compose.language.diagnostics import Diagnostic, Path, SpecError, did_you_mean, dotted, in_order
from compose.language.resolve import Document
from compose.language.validation_messages import diagnose
from compose.language.values import Label, Prose

MAX_LIKE = 8
"""So many scenarios in a row may be like the next."""
GOALS = ("start", "between", "chase", "hold")


class Form(Model):
    """What a file may say; ``allies``, ``enemies``, ``both``, ``units`` and ``tasks`` are read by :class:`Armies`."""

    noun: ClassVar[str] = "a scenario"

    scenario: Label
    summary: Prose = ""
    note: Prose = ""
    terrain: str = "open"
    limit: Annotated[int, Limits(ge=1)]
    ring: Ring | None = None
    at: Any = None
    ranges: Literal["equal", "by_type"] = "equal"
    sight: Literal["round", "cone"] = "round"
    shared_sight: Annotated[float, Limits(ge=0, le=1)] = 1
    targets: Literal["in_reach", "any"] = "in_reach"
    goal: Any = "start"
    like: str = ""
    allies: Any = None
    enemies: Any = None
    both: Any = None
    units: Any = None
    tasks: Any = None


def is_scenario(path: str) -> bool:
    """Whether a file says ``scenario:``; what cannot be read says nothing.

    Raises:
        SpecError: If there is no such file.
    """
    file = files.File(files.local(path, pathlib.Path.cwd()).path, path)
    try:
        return "scenario" in source.load(files.contents(file), file.name, kind="scenario").data
    except SpecError as error:
        if any(problem.code.startswith("file.") for problem in error.diagnostics):
            raise
        return any(line.startswith(b"scenario:") for line in files.contents(file).splitlines())


Load = Callable[[str, tuple[pathlib.Path, ...]], Scenario]
"""The scenario of a name, and the files that wait for it."""


def read(path: str, load: Load, trail: tuple[pathlib.Path, ...] = ()) -> Scenario:
    """The scenario of a file.

    Args:
        path: Which.
        load: Finds the scenario that it is like.
        trail: The files that wait for it, each being like the next.

    Raises:
        SpecError: If the file cannot be read, is not YAML (``file.*``, ``yaml.*``), or does not hold a possible
            scenario (``scenario.*``, one diagnostic for each problem).
    """
    file = files.File(files.local(path, pathlib.Path.cwd()).path, path)
    text = source.load(files.contents(file), file.name, kind="scenario")
    document = Document(text.data, text.values, text.keys, {}, (file.name,))
    return _Reader(document, load, (*trail, pathlib.Path(path).resolve())).scenario()


class _Reader:
    def __init__(self, document: Document, load: Load, trail: tuple[pathlib.Path, ...]) -> None:
        self.document, self.load, self.trail = document, load, trail
        self.problems: list[Diagnostic] = []
        self.armies = Armies(self.report)

    def report(self, at: Path, message: str, hint: str = "", *, key: bool = False) -> None:
        """See :class:`~compose.envs.starcraft.report.Report`."""
        span = self.document.key_span(at) if key else self.document.span(at)
        self.problems.append(Diagnostic("scenario.value", message, dotted(at), span, hint))

    def scenario(self) -> Scenario:
        data = self.document.data
        form = self.form(data)
        if set(data) <= set(Form.model_fields):  # else a misspelt key would be missed a second time
            self.armies.read(data)
        like = self.like(data["like"]) if isinstance(data.get("like"), str) else None
        goal = self.goal(data.get("goal", "start"))
        starts = read_starts(data["at"], ("at",), self.report) if "at" in data else None
        if self.problems or form is None:
            raise SpecError(*in_order(self.problems))
        tasks = tuple(self.armies.tasks)
        try:
            return Scenario(
                name=form.scenario, summary=form.summary or summary(tasks), note=form.note,
                terrain=form.terrain, limit=form.limit, tasks=tasks, ring=form.ring, starts=starts, goal=goal,
                ranges=form.ranges, sight=form.sight, shared_sight=form.shared_sight, targets=form.targets, like=like,
            )
        except ValidationError as error:
            for problem in (p for e in error.errors(include_url=False) for p in e["ctx"]["problems"]):
                self.impossible(problem, self.armies.places)
            raise SpecError(*in_order(self.problems)) from None

    def form(self, data: Any) -> Form | None:
        """The plain fields, or None if they are wrong."""
        try:
            return Form.model_validate_json(json.dumps(data))  # JSON mode: strict, yet whole numbers may become floats
        except ValidationError as error:
            found = diagnose(error.errors(include_url=False), self.document, (), owner=_owner)
            self.problems += [replace(p, code=p.code.replace("spec.", "scenario.")) for p in found]
            return None

    def goal(self, value: Any) -> Any:
        """A point or a word."""
        if isinstance(value, list):
            return self.armies.point(value, ("goal",))
        if value not in GOALS:
            hint = did_you_mean(value, GOALS)
            self.report(("goal",), f"expected a point [x, y] or {', '.join(GOALS[:-1])} or {GOALS[-1]}", hint)
        return value

    def like(self, name: str) -> Scenario | None:
        """The scenario of that name."""
        path = pathlib.Path(name).resolve()
        if path in self.trail:
            ring = (*self.trail[self.trail.index(path):], path)
            self.report(("like",), f"scenarios that are like each other: {' -> '.join(p.name for p in ring)}")
            return None
        if len(self.trail) > MAX_LIKE:
            self.report(("like",), f"more than {MAX_LIKE} scenarios in a row are like each other")
            return None
        try:
            return self.load(name, self.trail)
        except SpecError as error:
            first = error.diagnostics[0]
            self.report(("like",), first.message, first.hint)
            return None

    def impossible(self, problem: Problem, places: Places) -> None:
        """What is wrong with the whole, told where the file says it."""
        places = {**places, ("starts",): ("at",)}
        at = next((places[problem.where[:n]] for n in range(len(problem.where), 0, -1) if problem.where[:n] in places),
                  problem.where)
        span = self.document.keys.get(at) if problem.where[0] == "tasks" else None
        span = span or self.document.span(at)
        self.problems.append(Diagnostic("scenario.impossible", problem.message, dotted(at), span, problem.hint))


def _owner(data: Any, place: Path) -> type[BaseModel] | None:
    """The model whose fields the mapping at a place may have."""
    return Form if not place else Ring if place == ("ring",) else None
