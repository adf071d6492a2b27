"""``compose diff``: what is different between two methods, and what follows from it?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import complete, page
from compose.cli.options import Env, Format, Json, Plugin, examples
from compose.cli.reporting import FAILED, print_json, reporting

if TYPE_CHECKING:
    from compose.reading.diff import Diff

EXAMPLES = examples(
    "compose diff qmix_attention refil",
    "compose diff refil refil_official --env smac/3-8sz",
    "compose diff refil mine/refil.yaml",
    "compose diff refil runs/first",
    "compose diff runs/first runs/second/checkpoints/000003",
    "compose diff refil refil --set-b params.lambda=0.3",
    "compose diff qmix_attention refil --markdown",
    "compose diff qmix_attention refil --svg refil.svg --html refil.html",
    "compose diff qmix_attention refil --json",
)
SUBJECT = "A packaged spec such as refil, the path of a spec, the folder of a run, or a checkpoint in it."
Changed = list[str] | None


def diff_(
    before: Annotated[str, typer.Argument(metavar="A", help=SUBJECT, autocompletion=complete.specs_and_runs)],
    after: Annotated[str, typer.Argument(metavar="B", help="The same.", autocompletion=complete.specs_and_runs)],
    env: Env = None,
    set_a: Annotated[Changed, typer.Option("--set-a", metavar="KEY=VALUE", help="Change a value of A; repeatable.")]
    = None,
    set_b: Annotated[Changed, typer.Option("--set-b", metavar="KEY=VALUE", help="Change a value of B; repeatable.")]
    = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a README or a pull request.")]
    = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help=(
        "Draw both as one figure, additions green, removals red."))] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help=(
        "Write a page with both side by side, to explore."))] = None,
    plugin: Plugin = None,
    json: Json = False,
    format: Format = "text",
) -> None:
    """Tell what B does otherwise than A: wiring, settings, and what follows from them.

    Names are compared first, then structure, so what has but another name is
    told as renamed. Names, summaries, papers and examples are no difference.

    Sizes are those of --env; without it, a run has its own environment, a spec
    that of the run it is compared with, or else its example.

    Exit code 0: one method (renames apart); 1: two; 2: a mistake in what was given.
    """
    as_json = json or format == "json"
    with reporting(as_json=as_json):
        from compose.cli.plugins import load_plugins
        from compose.cli.views.diff import show
        from compose.cli.views.diff_markdown import markdown as as_markdown
        from compose.language.diagnostics import Diagnostic, SpecError
        from compose.reading.diff import data, diff
        from compose.study.comparison import both_sides

        if markdown and as_json:
            raise SpecError(Diagnostic("usage", "--markdown and --json are two ways of printing: choose one"))
        load_plugins(plugin or ())
        found = diff(*both_sides(before, after, env, (set_a or [], set_b or [])))
        written = _draw(found, svg, html)
        if as_json:
            print_json(data(found))
        elif markdown:
            page.document(as_markdown(found))
        else:
            show(found)
            for line in written:
                page.say(f"\n{line}")
    if not found.equal:
        raise typer.Exit(FAILED)


def _draw(found: Diff, svg: Path | None, html: Path | None) -> list[str]:
    """Write the pictures that are asked for; what to say about them."""
    if svg is None and html is None:
        return []
    from compose.language.atomic_write import save
    from compose.reading.diff.pictures import beside, overlaid, touched
    from compose.reading.drawing.choice import Choice
    from compose.reading.drawing.html import page as as_html
    from compose.reading.drawing.pages import fitted
    from compose.reading.drawing.svg import svg as as_svg

    both = overlaid(found)
    choice = Choice(only=touched(both))
    said = []
    if svg is not None:
        figure = fitted(both, choice, "a4")
        save(svg, as_svg(figure))
        said.append(f"{svg}: {figure.inches[0]:.1f} x {figure.inches[1]:.1f} inches")
    if html is not None:
        save(html, as_html(beside(found), choice=choice))
        said.append(f"{html}: {found.before.title} and {found.after.title} side by side")
    return said
