"""From a study's file to its model; mistakes are told with their places, as those of specs are."""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import BaseModel, ValidationError

from compose.envs import catalogue
from compose.language import files
from compose.language.diagnostics import Diagnostic, Path, SpecError, did_you_mean, dotted, in_order
from compose.language.extends import lineage
from compose.language.overrides import parse
from compose.language.resolve import Document
from compose.language.tree import Node, plain, walk
from compose.language.validation_messages import diagnose
from compose.study.curves import ALWAYS
from compose.study.file.methods import Method, methods
from compose.study.file.model import Evaluations, Measure, Search, Study, Training
from compose.study.file.model import Method as Said
from compose.study.file.sentences import claim_problems


@dataclass(frozen=True)
class LoadedStudy:
    """A study, and the document it came from."""

    study: Study
    document: Document
    methods: tuple[Method, ...]
    """What it compares, varied."""

    def method(self, name: str) -> Method | None:
        """The method of a name: its label, or that of the spec where a variation changes nothing."""
        return next((one for one in self.methods if name in one.names), None)


def packaged_studies() -> FilePath:
    """The folder of the studies that come with the package."""
    return FilePath(str(importlib.resources.files("compose") / "studies"))


def load_study(argument: str | FilePath, overrides: Sequence[str] = ()) -> LoadedStudy:
    """Read a study: a path (contains ``/`` or ``.yaml``) or the name of a packaged one.

    A study may build on others (``extends``): mappings merge member by member, anything else is replaced, null deletes.

    Args:
        argument: ``"refil_group_matching"`` or ``"mine/study.yaml"``.
        overrides: ``--set`` items such as ``train.env_steps=50k``.

    Raises:
        SpecError: With every independent mistake: of form (``study.*``), of specs and environments it names.
    """
    document = _document(str(argument), overrides)
    study = _form(document)
    problems: list[Diagnostic] = []
    compared: list[Method] = []
    try:
        compared = methods(study, document)
    except SpecError as error:
        problems += error.diagnostics
    problems += _environments(study, document)
    problems += _marks(study, document)
    if not problems:
        problems += _measures(study, document)
    if isinstance(study.vary, Search) and study.claims:
        text = "a study that searches claims nothing: put what it finds into one that does"
        problems.append(Diagnostic("study.claims", text, "claims", document.key_span(("claims",))))
    problems += claim_problems(study, document, compared) if compared else []
    if problems:
        raise SpecError(*in_order(problems))
    return LoadedStudy(study, document, tuple(compared))


def _document(argument: str, overrides: Sequence[str]) -> Document:
    folder = packaged_studies()
    if files.is_path(argument):
        main = files.File(files.local(argument, FilePath.cwd()).path, argument)
    else:
        main = files.packaged(argument, folder, kind="study")
    layers = lineage(main, files.contents(main), folder, kind="study")
    tree: Node | None = None
    for root in (*(layer.root for layer in layers), *map(parse, overrides)):
        tree = _onto(tree, root)
    assert tree is not None, "a lineage has at least one file"
    nodes = list(walk(tree))
    return Document(
        data=plain(tree), values={at: node.span for at, node in nodes},
        keys={at: node.key for at, node in nodes if node.key}, history={at: node.was for at, node in nodes if node.was},
        files=tuple(layer.file for layer in layers))  # fmt: skip


def _onto(old: Node | None, new: Node) -> Node:
    """Mappings merge member by member, null deletes what is there; anything else is replaced whole."""
    if old is None or not (old.is_map and new.is_map):
        return new.over(old)
    members = dict(old.members)
    for name, member in new.members.items():
        if member.value is None and name in members:
            del members[name]
        else:
            members[name] = _onto(members.get(name), member)
    return replace(old, value=members)


def _form(document: Document) -> Study:
    """The model of a document. Raises SpecError (``study.*``)."""
    try:
        return Study.model_validate_json(json.dumps(document.data))  # JSON mode: strict, yet lists may become tuples
    except ValidationError as error:
        found = diagnose(error.errors(include_url=False), document, (), owner=_owner)
        raise SpecError(*in_order(replace(p, code=p.code.replace("spec.", "study.")) for p in found)) from None


def _owner(data: Any, place: Path) -> type[BaseModel] | None:
    """The model whose fields the mapping at a place may have."""
    match place:
        case ():
            return Study
        case ("train",):
            return Training
        case ("train", "eval"):
            return Evaluations
        case ("measure",):
            return Measure
        case ("vary",) if "search" in data["vary"]:
            return Search
        case ("specs", _):
            return Said
    return None


def _environments(study: Study, document: Document) -> list[Diagnostic]:
    problems = []
    for number, name in enumerate(study.envs):
        at: Path = ("envs", number)
        try:
            catalogue.schema(name)
        except SpecError as error:
            problems.append(replace(error.diagnostics[0], where=dotted(at), span=document.span(at)))
    twice = next((name for name in study.envs if study.envs.count(name) > 1), None)
    if twice is not None:
        problems.append(Diagnostic("study.value", f"names {twice} more than once", "envs", document.span(("envs",))))
    return problems


def _measures(study: Study, document: Document) -> list[Diagnostic]:
    """A score that some environment does not measure: found before anything is trained, not when it is looked up."""
    score, at = study.measure.score, ("measure", "score")
    if score in ALWAYS:
        return []
    import torch  # what environments measure of their own, only they themselves know

    for name in study.envs:
        try:
            env = catalogue.make(name)
            env.reset(torch.arange(1), 0)
            known = (*ALWAYS, *env.measures)
        except SpecError as error:
            return list(error.diagnostics)
        if score not in known:
            hint = did_you_mean(score, known) or f"there are: {', '.join(known)}"
            return [Diagnostic("study.measure", f"{name} measures no '{score}'", dotted(at), document.span(at), hint)]
    return []


def _marks(study: Study, document: Document) -> list[Diagnostic]:
    """What is wrong with steps and marks."""
    problems = []
    if study.train.until is not None:
        from compose.training.until import Until  # the only thing here that needs torch

        try:
            Until.read(study.train.until)
        except SpecError as error:
            at: Path = ("train", "until")
            problems += [replace(one, where=dotted(at), span=document.span(at)) for one in error.diagnostics]
    end = study.train.env_steps
    for number, step in enumerate(study.measure.at):
        if end is not None and step > end:
            at = ("measure", "at", number)
            text = f"no run gets there: they end at {end:,} environment steps"
            problems.append(Diagnostic("study.measure", text, dotted(at), document.span(at)))
    return problems
