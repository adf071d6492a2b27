"""``compose diff``: what is different between two methods, and what follows from it?"""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli.options import Env, Format, Json, Plugin, examples
from compose.cli.reporting import FAILED, print_json, reporting

EXAMPLES = examples(
    "compose diff qmix_attention refil",
    "compose diff refil refil_official --env smac/3-8sz",
    "compose diff refil mine/refil.yaml",
    "compose diff refil runs/first",
    "compose diff runs/first runs/second/checkpoints/000003",
    "compose diff refil refil --set-b params.lambda=0.3",
    "compose diff qmix_attention refil --markdown",
    "compose diff qmix_attention refil --json",
)
SUBJECT = "A packaged spec such as refil, the path of a spec, the folder of a run, or a checkpoint in it."
Changed = list[str] | None


def diff_(
    before: Annotated[str, typer.Argument(metavar="A", help=SUBJECT)],
    after: Annotated[str, typer.Argument(metavar="B", help="The same.", show_default=False)],
    env: Env = None,
    set_a: Annotated[Changed, typer.Option("--set-a", metavar="KEY=VALUE", help="Change a value of A; repeatable.")]
    = None,
    set_b: Annotated[Changed, typer.Option("--set-b", metavar="KEY=VALUE", help="Change a value of B; repeatable.")]
    = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown, for a README or a pull request.")]
    = False,
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
        from compose.cli.sides import sides
        from compose.cli.views.diff import show
        from compose.cli.views.diff_markdown import markdown as as_markdown
        from compose.graph.diff import data, diff
        from compose.language.diagnostics import Diagnostic, SpecError

        if markdown and as_json:
            raise SpecError(Diagnostic("usage", "--markdown and --json are two ways of printing: choose one"))
        load_plugins(plugin or ())
        found = diff(*sides(before, after, env, (set_a or [], set_b or [])))
        if as_json:
            print_json(data(found))
        elif markdown:
            typer.echo(as_markdown(found), nl=False)
        else:
            show(found)
    if not found.equal:
        raise typer.Exit(FAILED)
