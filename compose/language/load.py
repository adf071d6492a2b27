"""From files (or Python data) to a validated :class:`Spec` that still knows where every value was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from compose.language.diagnostics import Diagnostic, Path, Span, SpecError, in_order
from compose.language.models import Spec
from compose.language.nodes import read_node
from compose.language.resolve import Document, from_data, resolve
from compose.language.validation_messages import diagnose


@dataclass(frozen=True)
class Loaded:
    """A spec and the document it came from."""

    spec: Spec
    document: Document

    def span(self, at: Path) -> Span:
        """Where the value at a path (or the nearest thing around it) was written."""
        return self.document.span(at)

    def is_written(self, at: Path) -> bool:
        """Does a value stand at exactly this path?"""
        return at in self.document.values

    def narrow(self, at: Path, text: str) -> Path:
        """The path below ``at`` whose value is ``text``; ``at`` itself if there is none."""
        inside: Any = self.document.data
        for part in at:
            try:
                inside = inside[part]
            except (KeyError, IndexError, TypeError):
                return at
        for key, value in inside.items() if isinstance(inside, dict) else ():
            if str(value) == text:
                return (*at, key)
            if isinstance(value, list) and text in map(str, value):
                return (*at, key, list(map(str, value)).index(text))
        return at


def load(argument: str | FilePath, overrides: Sequence[str] = ()) -> Loaded:
    """Read a spec: a path (contains ``/`` or ``.yaml``) or the name of a packaged one.

    Args:
        argument: ``"refil"`` or ``"mine/refil.yaml"``.
        overrides: ``--set`` items such as ``params.lambda=0.7``.

    Raises:
        SpecError: with every independent mistake of form.
    """
    return validate(resolve(argument, overrides))


def load_flat(path: FilePath, overrides: Sequence[str] = ()) -> Loaded:
    """As :func:`load`, from a resolved file, wherever it lies: whatever in it nothing reads was inherited."""
    return validate(replace(resolve(str(path.resolve()), overrides), flat=True))


def load_text(text: str, *, name: str = "<text>") -> Loaded:
    """As :func:`load`, from YAML text."""
    return validate(resolve(name, text=text))


def load_data(data: dict[str, Any], *, name: str = "<python>") -> Loaded:
    """As :func:`load`, from plain data built in Python (it may extend other specs)."""
    return validate(from_data(data, name=name))


def from_spec(spec: Spec) -> Loaded:
    """A spec that is there already, to be built once more: nothing knows where it was written, and so nothing is the
    main file's own."""
    nowhere = Span(spec.name, 1, 1, 2, " ")
    return Loaded(spec, Document(data={}, values={(): nowhere}, keys={}, history={}, files=(spec.name,)))


def validate(document: Document) -> Loaded:
    """Check the form of a merged document. Raises SpecError."""
    problems: list[Diagnostic] = []
    data = dict(document.data)

    def nodes(body: object, at: Path) -> object:
        if not isinstance(body, dict):
            return body
        read = {}
        for name, raw in body.items():
            try:
                read[name] = read_node(raw)
            except ValidationError as error:
                problems.extend(diagnose(error.errors(), document, (*at, name)))
                read[name] = read_node(0)
            except SpecError as error:
                problems.extend(error.diagnostics)
                read[name] = read_node(0)
        return read

    if "graph" in data:
        data["graph"] = nodes(data["graph"], ("graph",))
    if isinstance(data.get("networks"), dict):
        data["networks"] = {
            name: {**network, "nodes": nodes(network.get("nodes"), ("networks", name, "nodes"))}
            if isinstance(network, dict) and "nodes" in network
            else network
            for name, network in data["networks"].items()
        }
    try:
        spec = Spec.model_validate(data)
    except ValidationError as error:
        problems += diagnose(error.errors(), document, ())
    if problems:
        raise SpecError(*in_order(problems))
    return Loaded(spec, document)
