"""``compose graph``: a method drawn as a figure: SVG, Mermaid, or a page to explore."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from compose.cli import page
from compose.cli.options import Env, Json, Plugin, Set, Spec, examples
from compose.cli.reporting import print_json, reporting

if TYPE_CHECKING:
    from compose.graph.drawing import Picture
    from compose.graph.drawing.choice import Choice

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
Kind = Literal["mermaid", "svg", "html"]
ENDINGS: dict[str, Kind] = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".html": "html", ".htm": "html"}


def graph(
    spec: Spec,
    env: Env = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", "--svg", "--html", metavar="FILE", help=(
        "Write to FILE.svg, FILE.html or FILE.mmd (Mermaid); standard output without it."))] = None,
    format: Annotated[Kind | None, typer.Option("--format", help=(
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
        from compose.cli.subject import subject
        from compose.graph.drawing import draw
        from compose.graph.drawing.choice import Choice

        kind = _kind(output, format)
        load_plugins(plugin or ())
        about = subject(spec, env, overrides or [], example=True)
        picture = draw(about.loaded, about.graph)
        _check(picture, only or [])
        choice = Choice(insides, tuple(only or ()), direction, title=not bare, legend=not bare)
        if json:
            print_json(asdict(picture))
            return
        text, remarks = _text(picture, kind, choice, layout)
        if output is None:
            page.document(text)
        else:
            from compose.language.whole import save

            save(output, text)
            page.say(f"{output}: {', '.join(remarks)}")


def _kind(output: Path | None, format: Kind | None) -> Kind:
    """What to write. Raises SpecError if the ending says nothing, or something else."""
    from compose.language.diagnostics import Diagnostic, SpecError

    said = ENDINGS.get(output.suffix.lower()) if output is not None else None
    if output is not None and said is None and format is None:
        hint = "FILE.svg, FILE.html or FILE.mmd; for PNG or PDF convert the SVG (inkscape, rsvg-convert, a browser)"
        raise SpecError(Diagnostic("usage", "the ending says no format that can be written", str(output), hint=hint))
    if said is not None and format is not None and said != format:
        raise SpecError(Diagnostic("usage", f"the ending says {said}, --format says {format}", str(output)))
    return said or format or "mermaid"


def _check(picture: Picture, only: list[str]) -> None:
    from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean

    known = ["graph", *(panel.network for panel in picture.panels if panel.network)]
    wrong = [Diagnostic("usage", f"{picture.title} has no network '{name}'", "--only",
                        hint=did_you_mean(name, known) or f"it has: {', '.join(known)}")
             for name in only if name not in known]
    if wrong:
        raise SpecError(*wrong)


def _text(picture: Picture, kind: Kind, choice: Choice, layout: Literal["auto", "own", "dot"]) -> tuple[str, list[str]]:
    """What is written, and what to say about it."""
    from compose.graph.drawing.figure import drawn
    from compose.graph.drawing.html import page as as_html
    from compose.graph.drawing.mermaid import mermaid
    from compose.graph.drawing.svg import svg

    boxes = f"{sum(len(panel.boxes) for panel in picture.panels)} boxes"
    if kind == "mermaid":
        return mermaid(picture, choice), [boxes]
    if kind == "html":
        return as_html([picture], choice=choice, layout=layout), [boxes]
    figure, note = drawn(picture, choice, layout)
    remarks = [f"{figure.w / 72:.1f} x {figure.h / 72:.1f} inches", *([note] if note else [])]
    if figure.smallest_text < 6.95:
        remarks.append(f"its smallest text has {figure.smallest_text:.1f} points on a page 7 inches wide "
                       "(--no-insides and --only show less)")
    return svg(figure), remarks
