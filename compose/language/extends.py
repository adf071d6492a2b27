"""``extends``: which files a spec builds on, each once, ancestors first."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

from compose.language import files
from compose.language.diagnostics import Diagnostic, Span, SpecError
from compose.language.source import MAX_PROBLEMS, load
from compose.language.tree import Node
from compose.language.version import upgraded

MAX_GENERATIONS = 32


@dataclass(frozen=True)
class Layer:
    """What one file says, less ``extends``, and which files it builds on (``id`` and ``ancestors`` are real paths)."""

    id: pathlib.Path
    file: str
    root: Node
    ancestors: frozenset[pathlib.Path]
    extends: Span | None


def lineage(main: files.File, text: str | bytes, packaged: pathlib.Path, kind: str = "spec") -> list[Layer]:
    """The files a spec (or another ``kind`` of file) is made of: every ancestor once, parents in the order in which
    they are named, the spec last.

    A parent is the name of a packaged spec, or a path relative to the file that names it, which must stay in that
    file's folder, or else in its project (:func:`~compose.language.files.root_of`). Raises SpecError with the problems
    of all files: those of reading them, and ``extends.value``, ``extends.cycle``, ``extends.outside``,
    ``extends.depth``.
    """
    family = _Family(packaged.resolve(), kind)
    family.add(main, text, (), None)
    if family.problems:
        raise SpecError(*family.problems[:MAX_PROBLEMS])
    return list(family.layers.values())


class _Family:
    def __init__(self, packaged: pathlib.Path, kind: str) -> None:
        self.packaged, self.kind = packaged, kind
        self.layers: dict[pathlib.Path, Layer] = {}
        self.broken: set[pathlib.Path] = set()
        self.problems: list[Diagnostic] = []

    def add(self, file: files.File, text: str | bytes | None, trail: tuple[files.File, ...], span: Span | None) -> None:
        """Read a file and all it builds on; ``trail`` leads from the main spec here, ``span`` names it."""
        if file.path in self.layers or file.path in self.broken:
            return
        try:
            read = load(files.contents(file, span) if text is None else text, file.name, self.kind)
            root = upgraded(read.root, file.name)
        except SpecError as error:
            self.problems += error.diagnostics
            self.broken.add(file.path)
            return
        trail = (*trail, file)
        ancestors: set[pathlib.Path] = set()
        for name in self.names(root):
            try:
                parent = self.parent(str(name.value), file, trail, name.span)
            except SpecError as error:
                self.problems += error.diagnostics
                continue
            self.add(parent, None, trail, name.span)
            if parent.path in self.layers:
                ancestors |= {parent.path, *self.layers[parent.path].ancestors}
        extends = root.members.get("extends")
        self.layers[file.path] = Layer(file.path, file.name, root.without("extends"), frozenset(ancestors),
                                       extends.span if extends else None)

    def names(self, root: Node) -> Iterator[Node]:
        """The parents a file names: one or a list."""
        extends = root.members.get("extends")
        if extends is None:
            return
        for name in extends.value if isinstance(extends.value, list) else [extends]:
            if isinstance(name.value, str):
                yield name
            else:
                found = f"expected a {self.kind}'s name or path, or a list of them"
                self.problems.append(Diagnostic("extends.value", found, "extends", name.span))

    def parent(self, name: str, child: files.File, trail: tuple[files.File, ...], span: Span) -> files.File:
        """The file that a name stands for, if it may be used here."""
        if not files.is_path(name):
            parent = files.packaged(name, self.packaged, span, self.kind)
        else:
            folder = child.path.parent
            parent = files.local(name, folder, span)
            if not (parent.path.is_relative_to(folder) or parent.path.is_relative_to(self.packaged)):
                _check_root(name, parent, child, span)
        if parent.path in (file.path for file in trail):
            start = [file.path for file in trail].index(parent.path)
            loop = " -> ".join(file.name for file in (*trail[start:], parent))
            found = f"a {self.kind} cannot build on itself: {loop}"
            raise SpecError(Diagnostic("extends.cycle", found, "extends", span))
        if len(trail) >= MAX_GENERATIONS:
            found = f"more than {MAX_GENERATIONS} generations of {'studies' if self.kind == 'study' else 'specs'}"
            raise SpecError(Diagnostic("extends.depth", found, "extends", span))
        return parent


def _check_root(name: str, parent: files.File, child: files.File, span: Span) -> None:
    """Raises SpecError (``extends.outside``) for a parent above a child's folder unless one project holds them both."""
    root = files.root_of(child.path)
    if root is not None and parent.path.is_relative_to(root):
        return
    if root is None:
        found = f"{name} lies outside the folder of {child.name}, which belongs to no project"
        hint = f"an empty file {files.ROOT} in a folder above both makes that folder the root of a project"
    else:
        mark = files.ROOT if (root / files.ROOT).is_file() else ".git"
        found = f"{name} lies outside the project of {child.name}, whose root is {files.shown(root)} (it has {mark})"
        hint = "parents are packaged specs, or files below the root"
        if mark == ".git":
            hint += f"; an empty file {files.ROOT} in a folder above both would make that the root"
    raise SpecError(Diagnostic("extends.outside", found, "extends", span, hint))
