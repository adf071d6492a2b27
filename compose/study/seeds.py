"""Which seeds are meant, where each one's run lies, and training them one after the other or together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.folder import LEFT

MOST = 1000
"""Seeds that one command may name."""


def read_seeds(text: str) -> tuple[int, ...]:
    """``0..15``, ``0,3,7`` or both, ``0..3,8``, in the order given.

    Raises:
        SpecError: ``seeds`` with all that is wrong: no seed, a range that counts down, one named twice, too many.
    """
    problems: list[Diagnostic] = []
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,18})(?:\.\.(\d{1,18}))?", part.strip())
        if match is None:
            problems.append(_wrong(f"'{part.strip()}' is no seed", "such as 0..15 or 0,3,7"))
            continue
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            problems.append(_wrong(f"'{part.strip()}' counts down", f"write {last}..{first}"))
        elif len(found) + last - first >= MOST:
            problems.append(_wrong(f"'{text}' names more than {MOST} seeds", "take fewer"))
            break
        else:
            found += range(first, last + 1)
    twice = [str(seed) for seed, count in Counter(found).items() if count > 1]
    if twice:
        problems.append(_wrong(f"names {', '.join(twice)} more than once", "each seed is one run"))
    if problems:
        raise SpecError(*problems)
    return tuple(found)


def seed_folder(folder: Path, seed: int) -> Path:
    """Where the run of a seed lies: ``FOLDER/seed_007``."""
    return folder / f"seed_{seed:03d}"


def check_folder(folder: Path, seeds: Sequence[int], *, resume: bool) -> None:
    """Refuse a folder that cannot take these runs, before anything is written.

    Raises:
        SpecError: ``train.exists`` if something is there; with ``resume``, ``train.resume`` if nothing is, or what is
            there is itself a run, or a seed's folder holds something else.
    """
    if (folder / "run.json").exists():
        raise SpecError(Diagnostic("train.exists", "is itself a run", str(folder), hint="choose another folder"))
    if folder.exists() and not folder.is_dir():
        raise SpecError(Diagnostic("train.folder", "is no folder", str(folder)))
    held = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if held and not resume:
        hint = "go on with --resume, or choose another folder"
        raise SpecError(Diagnostic("train.exists", "is not empty", str(folder), hint=hint))
    places = [seed_folder(folder, seed) for seed in seeds]
    begun = [place for place in places if (place / "run.json").is_file()]
    if resume and not begun:
        hint = "leave out --resume"
        raise SpecError(Diagnostic("train.resume", "holds no run of these seeds", str(folder), hint=hint))
    left = [place for place in places if place not in begun and place.exists()]
    other = [place for place in left if not place.is_dir() or _taken(place)]
    if other:
        raise SpecError(*(Diagnostic("train.resume", "holds something, but no run", str(place), hint="move it away")
                          for place in other))


def _taken(place: Path) -> bool:
    """Whether more is there than a kill at the very beginning leaves."""
    return any(path.name not in LEFT for path in place.iterdir())


def _wrong(message: str, hint: str) -> Diagnostic:
    return Diagnostic("seeds", message, where="--seeds", hint=hint)
