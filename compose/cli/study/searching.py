"""``compose study run`` of a study that searches: trials, then what was found."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compose.language.dump import one_line

if TYPE_CHECKING:
    from compose.study.file.reading import LoadedStudy
    from compose.study.runs.workspace import Workspace
    from compose.study.search.rounds import Drive

SHOWN = 10
"""Trials that are listed."""


def search(loaded: LoadedStudy, workspace: Workspace, drive: Drive, workers: int, say: Callable[[str], None]) -> None:
    """Make all trials; print the best of each spec and write it as a spec."""
    from compose.language.console import console
    from compose.study.search.best import write_best
    from compose.study.search.rounds import Searching
    from compose.training.say import say as show
    from compose.training.say import shown, table

    study = loaded.study
    runs = len(study.envs) * len(study.seeds)
    searching = Searching(loaded, workspace, drive, max(1, -(-workers // runs)), say)
    searching.run()
    out = console()
    for name in study.specs:
        tried = searching.trials(name).tried
        ranked = sorted((one for one in tried if one.score is not None), key=lambda one: one.score or 0, reverse=True)
        early = len(tried) - len(ranked)
        title = f"{name}: {len(tried)} trials" + (f", {early} ended early" if early else "")
        rows = table(out, title, "setting", (study.measure.score,))
        for one in ranked[:SHOWN]:
            rows.add_row(shown(", ".join(f"{place}={one_line(x)}" for place, x in one.setting.items())),
                         f"{one.score:.4g}")
        out.print(rows)
        if ranked:
            show(out, f"the best as a spec: {write_best(loaded, name, ranked[0].setting, workspace.path)}")
