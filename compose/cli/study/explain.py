"""``compose study explain``: who set a value of a study."""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli.options import Json, examples
from compose.cli.reporting import print_json, reporting
from compose.cli.study.options import Set, Study
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean, dotted

EXAMPLES = examples(
    "compose study explain quick_refil train.eval.every",
    "compose study explain quick_refil seeds --set seeds=0..1",
)


def explain(
    study: Study,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A place of the study, such as train.updates.")],
    overrides: Set = None,
    json: Json = False,
) -> None:
    """Tell which line set a value of a study, what that overrode, and what it means. Exit code 2: no such place."""
    with reporting(as_json=json):
        from compose.cli.page import line
        from compose.language.dump import one_line
        from compose.language.provenance import MISSING, dig, origins, place
        from compose.study.file.meaning import default, known, meaning
        from compose.study.file.reading import load_study

        loaded = load_study(study, overrides or ())
        at = tuple(path.split("."))
        value, said = dig(loaded.document.data, at), meaning(at)
        if value is MISSING and not said:
            near = did_you_mean(path, [*known(), *map(dotted, loaded.document.values)])
            raise SpecError(Diagnostic("explain.place", f"there is no place '{path}' in this study", hint=near))
        found = origins(loaded.document, at)
        shown = default(at) if value is MISSING else value
        if json:
            lines = [{"value": one.value, "place": place(one.span)} for one in found]
            print_json({"study": loaded.study.study, "path": path, "value": shown, "meaning": said, "set": lines})
            return
        line(f"{path}: {one_line(shown)}")
        if said:
            line(f"  {said}")
        if not found:
            line("  nothing sets it: this is its default")
        for number, one in enumerate(found):
            line(f"  {'set' if not number else f'before, {one_line(one.value)}'} at {place(one.span)}")
