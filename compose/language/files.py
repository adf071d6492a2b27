"""Finding and reading spec files."""

from __future__ import annotations

import importlib.resources
import os
import pathlib
from dataclasses import dataclass

from compose.language.decode import MAX_BYTES
from compose.language.diagnostics import Diagnostic, Span, SpecError, did_you_mean

ROOT = "compose.toml"
"""A file of this name declares its folder the root of a project; nothing is read from it."""

RENAMED = {
    f"{old}{official}": f"{new}{official}" for official in ("", "_official")
    for old, new in {"il": "local_ac", "vdn_flat": "local_ac_vdn", "qmix_flat": "local_ac_qmix",
                     "qtran_flat": "local_ac_qtran"}.items()
}  # fmt: skip
"""Packaged specs that had another name."""


@dataclass(frozen=True)
class File:
    """A spec file: ``path`` is absolute without links, ``name`` is what messages call it."""

    path: pathlib.Path
    name: str


def packaged_specs() -> pathlib.Path:
    """The folder of the specs that come with the package."""
    return pathlib.Path(str(importlib.resources.files("compose") / "specs"))


def is_path(argument: str) -> bool:
    """An argument with ``/`` or ``.yaml`` is a path; anything else is the name of a packaged spec."""
    return "/" in argument or argument.endswith(".yaml")


def packaged(name: str, folder: pathlib.Path, span: Span | None = None, kind: str = "spec") -> File:
    """A packaged spec, or another ``kind`` of file, by name. Raises SpecError ``file.unknown``."""
    path = folder / f"{name}.yaml"
    if not os.path.isfile(path):  # which says no to any name, however odd or long
        known = {path.stem for path in folder.glob("*.yaml")}
        hint = did_you_mean(name, known) or "the path of a file contains / or ends in .yaml"
        hint = f"it is called '{RENAMED[name]}' now" if name in RENAMED else hint
        raise SpecError(Diagnostic("file.unknown", f"there is no packaged {kind} '{name}'", "", span, hint))
    path = path.resolve()
    return File(path, shown(path))


def local(argument: str, folder: pathlib.Path, span: Span | None = None) -> File:
    """A path, seen from a folder. Raises SpecError ``file.missing`` if it is no path at all."""
    try:
        path = (folder / argument).resolve()
    except (OSError, ValueError, RuntimeError):
        raise SpecError(Diagnostic("file.missing", f"{argument!r} is not the path of a file", "", span)) from None
    return File(path, shown(path))


def contents(file: File, span: Span | None = None) -> bytes:
    """The bytes of a file, at most one more than a spec may have.

    Raises SpecError: ``file.missing``, ``file.directory``, ``file.unreadable``.
    """
    try:
        if file.path.is_dir():
            raise SpecError(Diagnostic("file.directory", f"{file.name} is a directory, not a file", "", span))
        if not file.path.is_file():
            near = did_you_mean(file.path.stem, (path.stem for path in file.path.parent.glob("*.yaml")))
            near = near.replace("'?", ".yaml'?")
            raise SpecError(Diagnostic("file.missing", f"there is no file {file.name}", "", span, near))
        with file.path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise SpecError(Diagnostic("file.unreadable", f"{file.name} cannot be read: {why}", "", span)) from None


def of_run(file: File) -> bool:
    """Did a training write it? Then it is the ``spec.yaml`` of a folder with a ``run.json``."""
    return file.path.name == "spec.yaml" and os.path.isfile(file.path.with_name("run.json"))


def root_of(path: pathlib.Path) -> pathlib.Path | None:
    """The root of the project that a file (without links) belongs to: the nearest folder above it with a file
    :data:`ROOT`, else the nearest with ``.git``; None if there is neither."""
    for mark in (ROOT, ".git"):
        for folder in path.parents:
            try:
                if (folder / mark).is_file() or (mark != ROOT and (folder / mark).is_dir()):
                    return folder
            except OSError:  # a folder that may not be looked into declares nothing
                continue
    return None


def shown(path: pathlib.Path) -> str:
    """As short as it can be clicked: relative where it lies below the current folder."""
    here = pathlib.Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
