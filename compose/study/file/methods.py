"""What a study compares: its specs, each as it is or varied over a grid."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from compose.language import files
from compose.language.diagnostics import Diagnostic, Path, SpecError, dotted
from compose.language.load import Loaded, load
from compose.language.overrides import FILE
from compose.language.resolve import Document
from compose.study.file.model import Search, Study

MOST = 10_000
"""Methods that one study may compare."""


@dataclass(frozen=True)
class Method:
    """One of the methods that a study compares."""

    label: str
    """``refil``, or varied ``refil[lambda=0.25]``."""
    spec: Loaded
    """With what is set."""
    also: str = ""
    """Another name: the spec's own, of the variation that changes nothing."""

    @property
    def names(self) -> tuple[str, ...]:
        """What claims may call it."""
        return (self.label, self.also) if self.also else (self.label,)


def methods(study: Study, document: Document) -> list[Method]:
    """Every spec of a study, and every combination of what it varies.

    A place that a spec does not have is not varied in it; no spec having it is a mistake.

    Raises:
        SpecError: With the mistakes of all specs; ``study.vary`` for a place that no spec has, ``study.size``.
    """
    problems: list[Diagnostic] = []
    bases: dict[str, Loaded] = {}
    for name in study.specs:
        try:
            bases[name] = _loaded(study, document, name, {})
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(*problems)
    grid = _grid(study)
    varied = {name: places_of(study, document, name) for name in bases}
    for place, values in grid.items():
        if not any(place in places for places in varied.values()):
            problems.append(_nowhere(study, document, place, values[0]))
    if isinstance(study.vary, Search):
        problems += [Diagnostic("study.vary", f"nothing that is searched can be set in {name}", "vary.search",
                                document.key_span(("vary", "search"))) for name in bases if not varied[name]]
        if problems:
            raise SpecError(*problems)
        return [Method(name, base) for name, base in bases.items()]
    count = sum(_product(len(grid[place]) for place in places) for places in varied.values())
    if count > MOST:
        text = f"{count:,} methods; at most {MOST:,} can be compared"
        problems.append(Diagnostic("study.size", text, "vary", document.span(("vary",))))
    if problems:
        raise SpecError(*problems)
    found: list[Method] = []
    for name, base in bases.items():
        if not varied[name]:
            found.append(Method(name, base))
            continue
        for values in itertools.product(*(grid[place] for place in varied[name])):
            try:
                one = varied_method(study, document, name, dict(zip(varied[name], values, strict=True)))
            except SpecError as error:
                problems += error.diagnostics
                continue
            same = one.spec.spec.identity() == base.spec.identity()
            found.append(replace(one, also=name if same else ""))
    if problems:
        raise SpecError(*dict.fromkeys(problems))
    return found


def varied_method(study: Study, document: Document, name: str, setting: Mapping[str, Any]) -> Method:
    """A spec of a study with some places set otherwise. Raises SpecError."""
    return Method(f"{name}[{in_words(setting)}]", _loaded(study, document, name, setting))


def places_of(study: Study, document: Document, name: str) -> list[str]:
    """The places that a study varies, or searches, and one of its specs has."""
    return [place for place, values in _grid(study).items() if _has(study, document, name, place, values[0])]


def _grid(study: Study) -> Mapping[str, tuple[Any, ...]]:
    """Place -> values; of a search one value of each range."""
    if isinstance(study.vary, Search):
        return {place: (found.some,) for place, found in study.vary.search.items()}
    return study.vary


def _at(study: Study, place: str) -> Path:
    """Where a study's file says that a place varies."""
    return ("vary", "search", place) if isinstance(study.vary, Search) else ("vary", place)


def _loaded(study: Study, document: Document, name: str, varied: Mapping[str, Any]) -> Loaded:
    """A spec with what its study sets in it. Raises SpecError, mistakes in settings at the study's line."""
    said = study.specs[name]
    settings = {**said.set, **varied}
    here = ("specs", name) if isinstance(document.data["specs"], dict) else \
        ("specs", list(study.specs).index(name))
    try:
        return load(_argument(said.spec, document), [f"{place}={json.dumps(x)}" for place, x in settings.items()])
    except SpecError as error:
        at = {place: _at(study, place) for place in varied}
        raise SpecError(*(_placed(one, document, here, at) for one in error.diagnostics)) from None


def _argument(spec: str, document: Document) -> str:
    """A spec's name, or its path seen from the study's folder."""
    if not files.is_path(spec):
        return spec
    return files.shown((FilePath(document.file).parent / spec).resolve())


def _placed(problem: Diagnostic, document: Document, here: Path, varied: Mapping[str, Path]) -> Diagnostic:
    """A problem at the line of the study that brought it up, unless a spec's own file did."""
    if problem.span is not None and problem.span.file != FILE:
        return problem
    at: Path = here
    if problem.span is not None:
        place = problem.span.text.partition("=")[0]
        at = varied.get(place, (*here, "set", place))
    elif (*here, "spec") in document.values:
        at = (*here, "spec")
    return replace(problem, where=dotted(at), span=document.span(at))


def _has(study: Study, document: Document, name: str, place: str, value: Any) -> bool:
    try:
        _loaded(study, document, name, {place: value})
    except SpecError:
        return False
    return True


def _nowhere(study: Study, document: Document, place: str, value: Any) -> Diagnostic:
    """Why no spec can be varied at a place: what the first one says of it."""
    try:
        _loaded(study, document, next(iter(study.specs)), {place: value})
    except SpecError as error:
        first = error.diagnostics[0]
        at = _at(study, place)
        return Diagnostic("study.vary", f"can be set in none of the specs: {first.message}", dotted(at),
                          document.key_span(at), first.hint)
    raise AssertionError("a place that no spec has can be set in the first")


def in_words(setting: Mapping[str, Any]) -> str:
    """``lambda=0.25,lr=0.001``: places by their last part where that is enough."""
    last = [place.rpartition(".")[2] for place in setting]
    names = [short if last.count(short) == 1 else place for place, short in zip(setting, last, strict=True)]
    return ",".join(f"{name}={_plain(x)}" for name, x in zip(names, setting.values(), strict=True))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _product(numbers: Iterable[int]) -> int:
    result = 1
    for number in numbers:
        result *= number
    return result
