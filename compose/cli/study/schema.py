"""``compose study schema``: the form of a study's file, for editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import examples
from compose.cli.reporting import reporting

EXAMPLES = examples("compose study schema -o study.schema.json", "compose study schema | head")


def schema(
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")] = None,
) -> None:
    """Print the JSON Schema (draft 2020-12) of a study's file: editors complete names and underline mistakes.

    Begin a study with the line

      # yaml-language-server: $schema=study.schema.json
    """
    with reporting():
        import json

        from compose.language.atomic_write import save
        from compose.study.file.schema import study_schema

        text = json.dumps(study_schema(), indent=1) + "\n"
        if output is None:
            page.document(text)
            return
        save(output, text)
        page.say(f"{output}  {len(text) / 1000:.0f} kB")
