"""What lies among the runs without need."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from compose.study.runs.lease import holder, lease_path
from compose.study.runs.planned import Plan, Planned, run_path
from compose.study.runs.standing import finished
from compose.study.runs.workspace import PREFIX, Workspace
from compose.training.folder import RunFolder


def disused(workspace: Workspace, plan: Plan, *, replay: bool) -> list[tuple[Path, int]]:
    """Folders that may go, and their bytes: runs that this study needed when it was run last, and neither needs now nor
    any other study among these runs; with ``replay`` what done runs keep only to be trained further.

    Nothing that somebody works on is named.
    """
    there = workspace.plan()
    wanted = {run.folder for run in plan.runs} | {run.folder for run in _of_others(workspace)}
    gone = [run for run in (there.runs if there else ()) if run.folder not in wanted]
    found = [path for run in gone
             if RunFolder(path := run_path(workspace.runs, run)).exists() and _free(workspace, run)]
    if replay:
        found += [path / "replay" for run in plan.runs
                  if finished(path := run_path(workspace.runs, run), run) and (path / "replay").is_dir()
                  and _free(workspace, run)]
    return [(path, bytes_in(path)) for path in dict.fromkeys(found)]


def remove(paths: Iterable[Path]) -> None:
    """Remove folders with all that is in them; links are not followed."""
    for path in paths:
        shutil.rmtree(path)


def bytes_in(path: Path) -> int:
    """Of all files in a folder."""
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() or file.is_symlink())


def _of_others(workspace: Workspace) -> Iterator[Planned]:
    """What other studies need, as they were run last."""
    for path in workspace.runs.glob(f"{PREFIX}*/plan.json"):
        if path.parent != workspace.path:
            plan = Workspace.at(path.parent).plan()
            yield from plan.runs if plan else ()


def _free(workspace: Workspace, run: Planned) -> bool:
    return holder(lease_path(workspace.runs, run.folder)) is None
