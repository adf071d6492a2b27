"""``compose list``: what there is to name: specs, blocks, environments, studies."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from compose.cli import page
from compose.cli.options import Json, Plugin, examples
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose list",
    "compose list specs",
    "compose list blocks --plugin mine/blocks.py",
    "compose list envs --json",
)

What = Literal["specs", "blocks", "envs", "studies"]
Rows = dict[str, dict[str, str]]
"""Group -> name -> one sentence."""


def list_(
    what: Annotated[What | None, typer.Argument(help="Only these.", show_default=False)] = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """List packaged specs, blocks by family, environments and studies, each with one sentence."""
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins

        load_plugins(plugin or ())
        makers = {"specs": _specs, "blocks": _blocks, "envs": _envs, "studies": _studies}
        found = {name: make() for name, make in makers.items() if what in (None, name)}
        if json:
            print_json({name: {k: v for rows in groups.values() for k, v in rows.items()}
                        for name, groups in found.items()})
            return
        for i, (name, groups) in enumerate(found.items()):
            if i:
                page.line()
            _show(name, groups)


def _show(name: str, groups: Rows) -> None:
    more = "compose study status NAME" if name == "studies" else "compose describe NAME"
    page.line(Cell(name, "title"), Cell(f"  {sum(map(len, groups.values()))}; {more} tells more", "dim"))
    longest = max((len(n) for rows in groups.values() for n in rows), default=0)
    for group, rows in groups.items():
        if group:
            page.line(Cell(group, "dim"), indent=2)
        page.table(((Cell(n.ljust(longest), "name"), text) for n, text in rows.items()), indent=4 if group else 2)


def _specs() -> Rows:
    from compose.cli.views.catalogue import spec_summaries

    return {"": spec_summaries()}


def _blocks() -> Rows:
    from compose.cli.views.catalogue import family, sentence
    from compose.language.registry import catalogue

    found: Rows = {}
    for tag, block in sorted(catalogue().items(), key=lambda item: (family(item[1]), item[0])):
        found.setdefault(family(block), {})[tag] = sentence(block.__doc__)
    return found


def _envs() -> Rows:
    from compose.envs import catalogue, families

    return {"": {name: catalogue.schema(name).summary for name in families.names()}}


def _studies() -> Rows:
    from compose.language import source
    from compose.study.file.reading import packaged_studies

    files = sorted(packaged_studies().glob("*.yaml"))
    return {"": {file.stem: str(source.load(file.read_bytes(), file.name, "study").data.get("summary", ""))
                 for file in files}}
