"""A run is a folder. Files are written whole or not at all; logs grow by whole lines."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from compose.language.atomic_write import destination, replace_file, sync_folder, temporary
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.training import lock
from compose.training.records import Evaluated, Record, checked, numbers, parsed

Json = dict[str, Any]

LOGS = ("metrics", "evals")
LEFT = (temporary(Path("run.json")).name, lock.NAME)
"""What a kill at the very beginning leaves."""
STATE = "state.json"
"""The file of a checkpoint that holds plain data, such as the names of its chunks."""
Kind = TypeVar("Kind", bound=Record)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around code that takes over what a file of a run holds.

    Raises:
        SpecError: ``run.damaged`` if that is not what a run writes there, ``run.file`` if it cannot be read.
    """
    try:
        yield
    except OSError as error:
        raise SpecError(Diagnostic("run.file", f"cannot be read: {error.strerror or error}", where=str(path),
                                   hint="is this the folder of a run?")) from None
    except (ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        why = str(error.args[0] if error.args else error).splitlines() or [type(error).__name__]
        raise SpecError(Diagnostic("run.damaged", f"does not hold what a run writes there: {why[0]}", where=str(path),
                                   hint="bring back an undamaged copy, or begin a new run")) from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around code that writes a file of a run.

    Raises:
        SpecError: ``run.write`` if the system refuses, for want of space say.
    """
    try:
        yield
    except OSError as error:
        hint = "make room; the run goes on with --resume"
        if error.errno == errno.ENOENT:
            hint = "its folder is gone: was it removed while the run went on?"
        raise SpecError(Diagnostic("run.write", f"cannot be written: {error.strerror}", str(path), hint=hint)) from None


class RunFolder:
    """Names and files of a run: ``spec.yaml schema.json run.json metrics.jsonl evals.jsonl summary.json
    learning_curve.png checkpoints/ replay/``, and ``.lock`` while a process trains in it."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    @property
    def checkpoints(self) -> Path:
        """One folder each, and the file ``latest`` with the name of the newest."""
        return self.path / "checkpoints"

    @property
    def replay(self) -> Path:
        """Chunks of the replay, each written once."""
        return self.path / "replay"

    def exists(self) -> bool:
        """Whether a run was begun here."""
        return (self.path / "run.json").is_file()

    def begin(self) -> None:
        """Make the empty folder of a new run.

        Raises:
            SpecError: ``train.exists`` if a run or anything else is there; ``train.folder`` if it cannot be made.
        """
        hint = "resume it with --resume, or choose another folder" if self.exists() else "choose another folder"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = any(path.name not in LEFT for path in self.path.iterdir())
        except OSError as error:
            raise SpecError(Diagnostic("train.folder", f"cannot be used: {error.strerror}", str(self.path))) from None
        if taken:
            raise SpecError(Diagnostic("train.exists", "is not empty", where=str(self.path), hint=hint))

    def describe(self, about: Mapping[str, Any], files: Mapping[str, str]) -> None:
        """Write ``run.json``, and then, unless they are there, other files that never change: whatever was killed in
        between can be resumed, and what is no run yet can be begun."""
        write_json(self.path / "run.json", about)
        for name, text in files.items():
            if not (self.path / name).exists():
                write_whole(self.path / name, text, folder=False)  # the first checkpoint sees to that

    def text(self, name: str) -> str:
        """Contents of a file.

        Raises:
            SpecError: ``run.file`` if it cannot be read, ``run.damaged`` if it is no text.
        """
        with reading(self.path / name):
            return (self.path / name).read_text(encoding="utf-8")

    def json(self, name: str) -> Json:
        """A JSON file as plain data. Raises SpecError (``run.file``, ``run.damaged``)."""
        text = self.text(name)
        with reading(self.path / name):
            return parsed(text)

    def record(self, name: str, kind: type[Kind]) -> Kind:
        """What a JSON file says, as the model of it. Raises SpecError (``run.file``, ``run.damaged``)."""
        data = self.json(name)
        with reading(self.path / name):
            return checked(kind, data)

    def rows(self, log: str, size: int | None = None) -> list[Json]:
        """All rows of ``metrics`` or ``evals``, or those in its first ``size`` bytes; a line that was cut off by a kill
        is left out.

        Raises:
            SpecError: ``run.damaged``.
        """
        path = self.path / f"{log}.jsonl"
        with reading(path):
            return _rows(path.read_bytes()[:size].decode() if path.exists() else "")

    def append(self, log: str, *rows: Mapping[str, Any]) -> None:
        """Add rows to a log, all or none; numbers that are not finite become null. Raises SpecError (``run.write``)."""
        text = "".join(json.dumps(numbers(row), allow_nan=False) + "\n" for row in rows)
        path = self.path / f"{log}.jsonl"
        with writing(path), destination(path).open("ab", buffering=0) as file:
            before, left = file.tell(), memoryview(text.encode())
            try:
                while left:
                    left = left[file.write(left):]
            except OSError:
                file.truncate(before)
                raise

    def log_sizes(self) -> dict[str, int]:
        """Bytes of every log, once they are safe on the disk. Raises SpecError (``run.write``)."""
        sizes = {}
        for log in LOGS:
            path = self.path / f"{log}.jsonl"
            with writing(path), destination(path).open("ab") as file:
                os.fsync(file.fileno())
                sizes[log] = file.tell()
        sync_folder(self.path)
        return sizes

    def cut_logs(self, sizes: Mapping[str, int]) -> None:
        """Drop everything after the given sizes.

        Raises:
            SpecError: ``run.damaged`` if less is there, or what would stay are no rows; then nothing is dropped.
        """
        for log in LOGS:
            path, size = self.path / f"{log}.jsonl", sizes.get(log, 0)
            with reading(path):
                kept = path.read_bytes()[:size] if path.exists() else b""
                if len(kept) < size:
                    raise ValueError(f"{len(kept)} bytes, the checkpoint knows of {size}")
                for row in _rows(kept.decode()):
                    if log == "evals":
                        checked(Evaluated, row)
        for log in LOGS:
            path = self.path / f"{log}.jsonl"
            with writing(path), destination(path).open("ab") as file:
                file.truncate(sizes.get(log, 0))


def write_whole(path: Path, data: bytes | str, *, file: bool = True, folder: bool = True) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one;
    :func:`~compose.language.atomic_write.replace_file` says what it waits for.

    Raises:
        SpecError: ``run.write``; the old one is still there.
    """
    with writing(path):
        replace_file(path, data, file=file, folder=folder)


def write_json(path: Path, data: Mapping[str, Any], *, file: bool = True, folder: bool = True) -> None:
    """:func:`write_whole` for plain data."""
    write_whole(path, json.dumps(data, indent=2, allow_nan=False) + "\n", file=file, folder=folder)


def _rows(text: str) -> list[Json]:
    return [parsed(line) for line in io.StringIO(text, newline="\n") if line.endswith("\n")]


def find_run(path: Path) -> tuple[RunFolder, Path | None]:
    """The run that a path names, and the checkpoint of it, if the path names one.

    Raises:
        SpecError: ``run.missing`` if it is neither, ``run.seeds`` if it holds the runs of several seeds.
    """
    if not path.is_dir():
        if path.exists():
            raise SpecError(Diagnostic("run.missing", f"{path} is a file, not the folder of a run"))
        near = did_you_mean(path.name, (p.name for p in path.parent.glob("*")))
        raise SpecError(Diagnostic("run.missing", f"there is no run {path}", hint=near))
    if (path / STATE).is_file():
        return RunFolder(path.resolve().parents[1]), path
    if RunFolder(path).exists():
        return RunFolder(path), None
    if seeds := sorted(path.glob("seed_*/run.json")):
        hint = f"name one, such as {seeds[0].parent}"
        raise SpecError(Diagnostic("run.seeds", f"{path} holds runs of {len(seeds)} seeds", hint=hint))
    specs = sorted(path.glob("*.yaml"))
    hint = f"a spec is a file, such as {specs[0]}" if specs else "a run is a folder that `compose train` made"
    raise SpecError(Diagnostic("run.missing", f"{path} is a folder, but holds no run", hint=hint))
