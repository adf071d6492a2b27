"""``compose graph``: a method drawn as a figure: SVG, Mermaid, or a page to explore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from compose.cli import page
from compose.cli.options import SPEC, Env, Json, Plugin, Set, examples
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose graph refil -o refil.svg",
    "compose graph refil -o refil.svg --no-insides",
    "compose graph refil -o mixer.svg --only mixer --only utility",
    "compose graph vdn_attention -o wide.svg --direction right",
    "compose graph refil -o refil.html",
    "compose graph refil -o refil.mmd",
    "compose graph specs/refil.yaml --env group_matching --set params.heads=2 --format svg > refil.svg",
    "compose graph refil --json",
)


def graph(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC)],
    env: Env = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", "--svg", "--html", metavar="FILE", help=(
        "Write to FILE.svg, FILE.html or FILE.mmd (Mermaid); standard output without it."))] = None,
    format: Annotated[Literal["mermaid", "svg", "html"] | None, typer.Option("--format", help=(
        "What to write, where no ending says it."), show_default="mermaid")] = None,
    insides: Annotated[bool, typer.Option("--insides/--no-insides", help="Show the insides of networks.")] = True,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NETWORK", help=(
        "Show the inside of this network only (graph: the main graph only); repeatable."))] = None,
    bare: Annotated[bool, typer.Option("--bare", help="No title and no legend: the caption says it.")] = False,
    direction: Annotated[Literal["down", "right"], typer.Option("--direction", help=(
        "Which way the graph runs."))] = "down",
    layout: Annotated[Literal["auto", "own", "dot"], typer.Option("--layout", help=(
        "Who places the boxes: our own layout, Graphviz's dot, or the narrower of the two."))] = "auto",
    overrides: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Draw a method as a paper's figure, or as a page on which every box tells what it is.

    Boxes are the nodes of the spec, coloured by the network whose weights they
    use; below each stand the axes of its value. What every agent computes alone
    is set apart from what only training needs. An SVG is laid out for a page
    seven inches wide. Without --env, the spec's own example environment gives
    the sizes.
    """
    with reporting(as_json=json):
        from dataclasses import asdict

        from compose.cli.plugins import load_plugins
        from compose.graph.drawing import draw
        from compose.graph.drawing.choice import Choice
        from compose.graph.drawing.written import check_only, kind_of, written
        from compose.graph.subject import subject

        kind = kind_of(output, format, "mermaid")
        load_plugins(plugin or ())
        about = subject(spec, env, overrides or [], example=True)
        picture = draw(about.loaded, about.graph)
        check_only(picture, only or [])
        choice = Choice(insides, tuple(only or ()), direction, title=not bare, legend=not bare)
        if json:
            print_json(asdict(picture))
            return
        text, remarks = written(picture, kind, choice, layout)
        if output is None:
            page.document(text)
        else:
            from compose.language.whole import save

            save(output, text)
            page.say(f"{output}: {', '.join(remarks)}")
