"""A run is a folder. Files are written whole or not at all; logs grow by whole lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compose.language.diagnostics import Diagnostic, SpecError

Json = dict[str, Any]

LOGS = ("metrics", "evals")


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around code that takes over what a file of a run holds.

    Raises:
        SpecError: ``run.damaged`` if that is not what a run writes there.
    """
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        why = str(error.args[0] if error.args else error).splitlines() or [type(error).__name__]
        raise SpecError(Diagnostic("run.damaged", f"does not hold what a run writes there: {why[0]}", where=str(path),
                                   hint="bring back an undamaged copy, or begin a new run")) from None


class RunFolder:
    """Names and files of a run: ``spec.yaml schema.json run.json metrics.jsonl evals.jsonl summary.json
    learning_curve.png checkpoints/ replay/``."""

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
        """Make the folder of a new run.

        Raises:
            SpecError: ``train.exists`` if a run or anything else is there; ``train.folder`` if it cannot be made.
        """
        hint = "resume it with --resume, or choose another folder" if self.exists() else "choose another folder"
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            taken = any(self.path.iterdir())
        except OSError as error:
            raise SpecError(Diagnostic("train.folder", f"cannot be used: {error.strerror}", str(self.path))) from None
        if taken:
            raise SpecError(Diagnostic("train.exists", "is not empty", where=str(self.path), hint=hint))
        self.checkpoints.mkdir()
        self.replay.mkdir()

    def text(self, name: str) -> str:
        """Contents of a file.

        Raises:
            SpecError: ``run.file`` if it cannot be read, ``run.damaged`` if it is no text.
        """
        try:
            with reading(self.path / name):
                return (self.path / name).read_text(encoding="utf-8")
        except OSError as error:
            raise SpecError(Diagnostic("run.file", f"cannot be read: {error.strerror}", where=str(self.path / name),
                                       hint="is this the folder of a run?")) from None

    def json(self, name: str) -> Json:
        """A JSON file as plain data. Raises SpecError (``run.file``, ``run.damaged``)."""
        text = self.text(name)
        with reading(self.path / name):
            return dict(json.loads(text))

    def rows(self, log: str) -> list[Json]:
        """All rows of ``metrics`` or ``evals``; a line that was cut off by a kill is left out.

        Raises:
            SpecError: ``run.damaged``.
        """
        path = self.path / f"{log}.jsonl"
        with reading(path):
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
            return [dict(json.loads(line)) for line in lines if line.endswith("\n")]

    def append(self, log: str, *rows: Mapping[str, Any]) -> None:
        """Add rows to a log."""
        text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)
        with (self.path / f"{log}.jsonl").open("a", encoding="utf-8") as file:
            file.write(text)

    def log_sizes(self) -> dict[str, int]:
        """Bytes of every log, once they are safe on the disk."""
        sizes = {}
        for log in LOGS:
            with (self.path / f"{log}.jsonl").open("ab") as file:
                os.fsync(file.fileno())
                sizes[log] = file.tell()
        return sizes

    def cut_logs(self, sizes: Mapping[str, int]) -> None:
        """Drop everything after the given sizes.

        Raises:
            SpecError: ``run.damaged`` if less is there, or what is left are no rows.
        """
        for log in LOGS:
            path, size = self.path / f"{log}.jsonl", sizes.get(log, 0)
            with path.open("ab") as file, reading(path):
                if file.tell() < size:
                    raise ValueError(f"{file.tell()} bytes, the checkpoint knows of {size}")
                file.truncate(size)
            self.rows(log)


def write_whole(path: Path, data: bytes | str) -> None:
    """Write a file so that a kill at any moment leaves the old one or the new one."""
    temporary = path.with_name(f".tmp-{path.name}")
    with temporary.open("wb") as file:
        file.write(data.encode() if isinstance(data, str) else data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """:func:`write_whole` for plain data."""
    write_whole(path, json.dumps(data, indent=2, allow_nan=False) + "\n")


def sync_folder(path: Path) -> None:
    """Make renames in a folder safe on the disk (a no-op where folders cannot be opened)."""
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
