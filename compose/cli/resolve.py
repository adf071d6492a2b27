"""``compose resolve``: a spec without ancestors, every value with the line that set it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import Env, Plugin, Set, Spec, examples
from compose.cli.reporting import reporting

EXAMPLES = examples(
    "compose resolve refil",
    "compose resolve refil --env smac/3-8sz --set params.lambda=0.3 -o resolved.yaml",
    "compose resolve refil --defaults",
    "compose resolve mine/refil.yaml --json | sha256sum",
    "compose resolve mine/refil.yaml --hash",
)


def resolve(
    spec: Spec,
    env: Env = None,
    overrides: Set = None,
    defaults: Annotated[bool, typer.Option("--defaults", help="Also write what no file sets.")] = False,
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")] = None,
    hash_: Annotated[bool, typer.Option("--hash", help="Print the SHA-256 that identifies the spec instead.")] = False,
    plugin: Plugin = None,
    json: Annotated[bool, typer.Option("--json", help=(
        "Print the canonical JSON, whose SHA-256 that is: defaults filled, sorted, without names and prose."
    ))] = False,
) -> None:
    """Print a spec with its ancestors merged: one file that means the same.

    Comments say what each node comes to, axes by name with the sizes that are
    known, and which line of which file set it; --set counts as one. The output
    is a spec itself, with the same identity as the original.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.graph.typed_spec import environment
        from compose.language.atomic_write import save
        from compose.language.diagnostics import Diagnostic, SpecError
        from compose.language.load import load
        from compose.reading.explore import Exploration
        from compose.reading.resolved import resolved

        if hash_ and json:
            raise SpecError(Diagnostic("usage", "--hash and --json print different things: choose one"))
        load_plugins(plugin or ())
        loaded, schema = load(spec, overrides or []), environment(env)
        if hash_:
            text = loaded.spec.identity() + "\n"
        elif json:
            text = loaded.spec.canonical_json()
        else:
            text = resolved(Exploration(loaded, schema), defaults=defaults)
        if output is None:
            page.document(text)
        else:
            save(output, text)
            page.say(f"{output}  {loaded.spec.name}, sha256 {loaded.spec.identity()[:12]}")
