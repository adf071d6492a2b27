"""``compose schema``: the language as a JSON Schema, for completion and checks in editors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import page
from compose.cli.options import Plugin, examples
from compose.cli.reporting import reporting

EXAMPLES = examples(
    "compose schema -o compose.schema.json",
    "compose schema --plugin mine/blocks.py -o compose.schema.json",
    "compose schema | head",
)
LINE = "# yaml-language-server: $schema={file}"
"""What an editor looks for in a spec."""


def schema(
    output: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it to a file.")] = None,
    plugin: Plugin = None,
) -> None:
    """Print the JSON Schema (draft 2020-12) of a spec file, the blocks of installed plug-ins included.

    An editor that speaks YAML's language server (VS Code's YAML extension, Neovim,
    Emacs, Helix ...) then completes names, shows what fields mean, and underlines
    mistakes of form. Write the file beside your specs and begin each with

      # yaml-language-server: $schema=compose.schema.json

    It knows form, not meaning: compose check knows both.
    """
    with reporting():
        import json

        from compose.cli.plugins import load_plugins
        from compose.language.atomic_write import save
        from compose.language.json_schema import json_schema

        load_plugins(plugin or ())
        text = json.dumps(json_schema(), indent=1) + "\n"
        if output is None:
            page.document(text)
            return
        save(output, text)
        page.say(f"{output}  {len(text) / 1000:.0f} kB")
        page.say(f"begin a spec beside it with:  {LINE.format(file=output.name)}")
