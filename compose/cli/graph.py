"""``compose graph``: a method drawn as a figure: SVG, PDF, PNG, Mermaid, or a page to explore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from compose.cli import page
from compose.cli.options import Env, Json, Plugin, Set, Spec, examples
from compose.cli.reporting import print_json, reporting

EXAMPLES = examples(
    "compose graph refil -o refil.svg",
    "compose graph refil --pdf refil.pdf --png refil.png",
    "compose graph refil -o talk.pdf --page slide --no-insides",
    "compose graph refil -o mixer.svg --only mixer --only utility",
    "compose graph vdn_attention -o wide.svg --direction right",
    "compose graph refil -o refil.html",
    "compose graph refil -o refil.mmd",
    "compose graph specs/refil.yaml --env group_matching --set params.heads=2 --format svg > refil.svg",
    "compose graph refil --json",
)
Kind = Literal["mermaid", "svg", "html", "pdf", "png"]
PageName = Literal["a4", "letter", "slide"]


def graph(
    spec: Spec,
    env: Env = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", "--svg", "--html", metavar="FILE", help=(
        "Write to FILE.svg, FILE.pdf, FILE.png, FILE.html or FILE.mmd (Mermaid); standard output without it."))] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", metavar="FILE", help="Write a PDF as well.")] = None,
    png: Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Write a PNG of 300 dpi as well.")] = None,
    page_size: Annotated[PageName, typer.Option("--page", help="What an SVG, PDF or PNG is to fit on.")] = "a4",
    format: Annotated[Kind | None, typer.Option("--format", help=(
        "What to write, where no ending says it."), show_default="mermaid")] = None,
    insides: Annotated[bool, typer.Option("--insides/--no-insides", help="Show the insides of networks.")] = True,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NETWORK", help=(
        "Show the inside of this network only (graph: the main graph only); repeatable."))] = None,
    bare: Annotated[bool, typer.Option("--bare", help="No title and no legend: the caption says it.")] = False,
    direction: Annotated[Literal["down", "right"] | None, typer.Option("--direction", help=(
        "Which way the graph runs."), show_default="down; on a slide what fits better")] = None,
    overrides: Set = None,
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Draw a method as a paper's figure, or as a page on which every box tells what it is.

    Boxes are the nodes of the spec, coloured by the network whose weights they
    use; below each stand the axes of its value. What every agent computes alone
    is set apart from what only training needs. What many boxes read is named in
    tags beside them instead of joined by edges. Figures fit the page: seven
    inches wide, or a slide; what would be too small to read goes over several
    pages, of a PDF, or files FILE.svg, FILE-2.svg. Without --env, the spec's own example environment
    gives the sizes.
    """
    with reporting(as_json=json):
        from dataclasses import asdict

        from compose.cli.plugins import load_plugins
        from compose.graph.typed_spec import typed_spec
        from compose.language.atomic_write import save
        from compose.reading.drawing import draw
        from compose.reading.drawing.choice import Choice
        from compose.reading.drawing.written import Drawn, check_only, kind_of

        kind = kind_of(output, format, "mermaid")
        files = _files(output, kind, pdf, png)
        load_plugins(plugin or ())
        about = typed_spec(spec, env, overrides or [], example=True)
        picture = draw(about.loaded, about.graph)
        check_only(picture, only or [])
        choice = Choice(insides, tuple(only or ()), direction or "down", title=not bare, legend=not bare)
        if json:
            print_json(asdict(picture))
            return
        drawn = Drawn(picture, choice, page_size, turn=direction is None and page_size == "slide")
        if not files:
            page.document(drawn.text(kind))
            return
        made = {path: one for name, kind in files.items() for path, one in drawn.files(name, kind).items()}
        for path, (data, said) in made.items():
            save(path, data)
            page.say(f"{path}: {said}")


def _files(output: Path | None, kind: Kind, pdf: Path | None, png: Path | None) -> dict[Path, Kind]:
    """What to write where. Raises SpecError if an ending says something else, or nothing is said of a PDF or PNG."""
    from compose.language.diagnostics import Diagnostic, SpecError

    given: list[tuple[str, Path | None, Kind]] = [("-o", output, kind), ("--pdf", pdf, "pdf"), ("--png", png, "png")]
    wrong = [Diagnostic("usage", f"{option} writes {one.upper()}; the name must end in .{one}", str(path))
             for option, path, one in given[1:] if path is not None and path.suffix.lower() != f".{one}"]
    if output is None and kind in ("pdf", "png"):
        wrong.append(Diagnostic("usage", f"{kind.upper()} is not for standard output", "--format",
                                hint=f"name a file: -o FILE.{kind}"))
    if wrong:
        raise SpecError(*wrong)
    return {path: one for _, path, one in given if path is not None}
