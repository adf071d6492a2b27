"""From an argument to one plain document in which every value has its place: read, extend, merge, override."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from compose.language import files
from compose.language.conflicts import conflicts
from compose.language.diagnostics import Diagnostic, Path, Span, SpecError
from compose.language.dump import dump
from compose.language.extends import lineage
from compose.language.merge import merge
from compose.language.overrides import FILE, parse, unknown
from compose.language.tree import Node, Past, plain, walk


@dataclass(frozen=True)
class Document:
    """A merged spec as plain data, ``extends`` and ``like`` resolved.

    ``values`` and ``keys`` say where each value and its key are written, ``history`` what a value overrode (newest
    first), ``files`` which files it is made of: ancestors first, the main one last; ``deleted`` where null deleted what
    an ancestor has.
    """

    data: dict[str, Any]
    values: Mapping[Path, Span]
    keys: Mapping[Path, Span]
    history: Mapping[Path, tuple[Past, ...]]
    files: tuple[str, ...]
    deleted: Mapping[Path, Span] = field(default_factory=dict)
    flat: bool = False
    """Was the main file written by a training, with all that its spec inherited?"""

    @property
    def file(self) -> str:
        """The main file."""
        return self.files[-1]

    @cached_property
    def text(self) -> str:
        """All of it as one file."""
        return dump(self.data)

    def span(self, at: Path) -> Span:
        """Where a value is written, or the nearest value around it."""
        return next(self.values[at[:n]] for n in range(len(at), -1, -1) if at[:n] in self.values)

    def key_span(self, at: Path) -> Span:
        """Where a value's key is written; for a list's item, or what nobody wrote, the nearest place around it."""
        near = (self.keys[at[:n]] for n in range(len(at), -1, -1) if at[:n] in self.keys)
        return next(near, self.values[()])

    def is_own(self, at: Path) -> bool:
        """Is this key written in the main file or in an override, not inherited?"""
        return at in self.keys and self.keys[at].file in ((FILE,) if self.flat else (self.file, FILE))


def resolve(argument: str | pathlib.Path, overrides: Sequence[str] = (), *, text: str | bytes | None = None,
            packaged: pathlib.Path | None = None) -> Document:
    """The document of a spec.

    ``argument`` is a path if it contains ``/`` or ends in ``.yaml``, else the name of a packaged spec. ``overrides``
    are items such as ``params.lambda=0.7``. ``text`` stands in for the contents of the file, which then need not exist.
    ``packaged`` is the folder of the packaged specs. Raises SpecError with all problems of the first stage that has
    any: reading, inheritance, merging.
    """
    folder = packaged or files.packaged_specs()
    main = _main(argument, folder, named=text is not None)
    problems: list[Diagnostic] = []
    changes: list[Node] = []
    for item in overrides:
        try:
            changes.append(parse(item))
        except SpecError as error:
            problems += error.diagnostics
    try:
        layers = lineage(main, files.contents(main) if text is None else text, folder)
    except SpecError as error:
        raise SpecError(*problems, *error.diagnostics) from None
    roots = [layer.root for layer in layers]
    problems += conflicts(layers, changes) + unknown(roots, changes)
    if problems:
        raise SpecError(*problems)
    deleted: dict[Path, Span] = {}
    tree, names = merge(roots, changes, deleted=deleted), tuple(layer.file for layer in layers)
    return _document(tree, names, deleted, flat=text is None and files.of_run(main))


def from_data(data: Mapping[str, Any], *, name: str = "<python>", packaged: pathlib.Path | None = None) -> Document:
    """The document of a spec built in Python, which may extend others.

    It is written out as YAML and read back, so that it means what its file would mean; messages show that text.
    """
    return resolve(name, text=dump(dict(data)), packaged=packaged)


def _main(argument: str | pathlib.Path, folder: pathlib.Path, *, named: bool) -> files.File:
    """The file that an argument stands for, under the name by which the user called it."""
    if isinstance(argument, str) and not files.is_path(argument) and not named:
        return files.packaged(argument, folder)
    return files.File(files.local(str(argument), pathlib.Path.cwd()).path, str(argument))


def _document(tree: Node, names: tuple[str, ...], deleted: dict[Path, Span], *, flat: bool) -> Document:
    nodes = list(walk(tree))
    return Document(
        data=plain(tree),
        values={at: node.span for at, node in nodes},
        keys={at: node.key for at, node in nodes if node.key},
        history={at: node.was for at, node in nodes if node.was},
        files=names,
        deleted=deleted,
        flat=flat)
