"""What a comparison is about: a spec, the folder of a run, or a checkpoint in one. Nothing here needs torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from compose.graph.build import build_graph
from compose.graph.schema import EntitySchema
from compose.graph.typed_spec import environment
from compose.language.anything import loaded
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.files import is_path
from compose.language.load import Loaded, load, load_flat
from compose.reading.diff import Diff, Side
from compose.reading.diff import diff as compared
from compose.training.folder import STATE, RunFolder, find_run, reading
from compose.training.records import Standing

if TYPE_CHECKING:
    from compose.graph.typed_spec import AnyEnv
    from compose.language.anything import AnySpec


@dataclass(frozen=True)
class _Given:
    """One argument, read."""

    loaded: Loaded
    title: str
    run: EntitySchema | None = None
    """The schema of the environment it was trained in, of a run."""


def diff(before: AnySpec, after: AnySpec, env: AnyEnv | None = None) -> Diff:
    """Tell what one method does otherwise than another: wiring, settings, and what follows from them; no torch.

    Args:
        before: A packaged name, a path, a :class:`Spec`, a builder, the folder of a run or of a checkpoint in one.
        after: The same.
        env: Where sizes come from; unless told, a run's own environment, or else the spec's example.

    Raises:
        SpecError: With the mistakes of both.
    """
    return compared(*both_sides(before, after, env))


def both_sides(before: AnySpec, after: AnySpec, env: AnyEnv | None = None,
               overrides: tuple[Sequence[str], Sequence[str]] = ((), ())) -> tuple[Side, Side]:
    """The two sides of a comparison, each in ``env``.

    Unless that is told, a run is looked at in the environment it was trained in, a spec in that of the run it is
    compared with, or else in its own example.

    Raises:
        SpecError: with the mistakes of both.
    """
    problems: list[Diagnostic] = []
    given: list[_Given] = []
    schema = None
    for argument, changes in zip((before, after), overrides, strict=True):
        try:
            given.append(_read(argument, changes))
        except SpecError as error:
            problems += error.diagnostics
    try:
        schema = environment(env)
    except SpecError as error:
        problems += error.diagnostics
    if problems:
        raise SpecError(*dict.fromkeys(problems))
    run = next((one.run for one in given if one.run is not None), None)
    made: list[Side] = []
    for one in given:
        try:
            chosen = schema or one.run or run or environment(one.loaded.spec.example_env)
            trained_in = None if one.run is None else one.run.name
            made.append(Side(one.loaded, build_graph(one.loaded, chosen), one.title, trained_in))
        except SpecError as error:
            problems += error.diagnostics
    if problems:
        raise SpecError(*dict.fromkeys(problems))
    return made[0], made[1]


def _read(given: AnySpec, overrides: Sequence[str]) -> _Given:
    if not isinstance(given, str | Path):
        spec = loaded(given)
        return _Given(spec, spec.spec.name)
    path, argument = Path(given), given if isinstance(given, str) else f"./{given}" if given.is_dir() else str(given)
    if not is_path(argument):
        try:
            return _Given(load(argument, overrides), argument)
        except SpecError as error:
            if not path.is_dir() or error.diagnostics[0].code != "file.unknown":
                raise
            found = f"there is no packaged spec '{argument}'"
            raise SpecError(Diagnostic("file.unknown", found, hint=f"the folder is named ./{argument}")) from None
    if not path.is_dir():
        return _Given(load(argument, overrides), argument)
    (folder, checkpoint), title = find_run(path), argument.rstrip("/")
    if checkpoint is not None:
        title += f" ({RunFolder(checkpoint).record(STATE, Standing).clocks.updates:,} updates)"
    trained = load_flat(folder.path / "spec.yaml", overrides)
    text = folder.text("schema.json")
    with reading(folder.path / "schema.json"):
        schema = EntitySchema.model_validate_json(text)
    return _Given(trained, title, schema)
