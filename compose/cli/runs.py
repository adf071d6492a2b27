"""Policies that commands take from the folders of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

if TYPE_CHECKING:
    from compose.graph.schema import EntitySchema
    from compose.training.policy import Policy


def load_run(path: Path, device: str) -> tuple[Policy, int]:
    """The policy of a run, or of one of its checkpoints, and the seed that the run was trained with.

    Raises:
        SpecError: If there is no such run, it holds no checkpoint, or it is a folder of several runs.
    """
    from compose.training.folder import RunFolder
    from compose.training.policy import load_policy
    from compose.training.records import About

    if not path.is_dir():
        near = did_you_mean(path.name, (p.name for p in path.parent.glob("*") if p.is_dir()))
        raise SpecError(Diagnostic("run.missing", f"there is no run {path}", hint=near))
    seeds = sorted(path.glob("seed_*/run.json"))
    if seeds and not RunFolder(path).exists():
        hint = f"name one, such as {seeds[0].parent}"
        raise SpecError(Diagnostic("run.seeds", f"{path} holds runs of {len(seeds)} seeds", hint=hint))
    given = path if (path / "state.json").is_file() else None
    run = path if given is None else path.resolve().parents[1]
    return load_policy(run, checkpoint=given, device=device), RunFolder(run).record("run.json", About).seed


def check_sizes(trained: EntitySchema, played: EntitySchema, name: str) -> None:
    """Raises SpecError unless what was trained on one schema, the run ``name``, can act on the other."""
    here = played.sizes
    problems = [f"{axis}: {size} there, {here.get(axis, 'none')} here" for axis, size in trained.sizes.items()
                if axis not in ("time", "task") and size != here.get(axis)]
    problems += [f"no field {field}" for field in trained.fields if field not in played.fields]
    if problems:
        text = f"was trained in {trained.name}, which {played.name} is not like"
        hint = "`compose describe ENV` shows the sizes of an environment, and options that may change them"
        raise SpecError(Diagnostic("run.sizes", text, name, hint=hint, notes=("; ".join(problems),)))
