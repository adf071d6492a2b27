"""``compose build``: the graph of a spec in an environment, with sizes, weights, proofs and what is learned from it."""

from __future__ import annotations

from typing import Annotated

import typer

from compose.cli.options import SPEC, Env, Format, Json, Plugin, Set, examples
from compose.cli.reporting import FAILED, print_json, reporting

EXAMPLES = examples(
    "compose build refil",
    "compose build refil --env group_matching:agents=5,cells=5",
    "compose build specs/refil.yaml --env smac/3-8sz --set params.embed=64",
    "compose build vdn_attention --env group_matching --code",
    "compose build refil --json",
)


def build(
    spec: Annotated[str, typer.Argument(metavar="SPEC", help=SPEC)],
    env: Env = None,
    code: Annotated[bool, typer.Option("--code", help="Print the torch programs `act` and `learn` instead.")] = False,
    overrides: Set = None,
    plugin: Plugin = None,
    json: Json = False,
    format: Format = "text",
) -> None:
    """Show what a spec builds: nodes with axes and sizes, weights, proofs, losses, acting and learning.

    Without --env, the spec's own example environment is used. Exit code 1 if a claim is not met.
    """
    as_json = json or format == "json"
    with reporting(as_json=as_json):
        from compose.cli.plugins import load_plugins
        from compose.cli.subject import subject
        from compose.cli.views import graph
        from compose.graph.proofs import prove
        from compose.language.diagnostics import Diagnostic, SpecError

        if code and as_json:
            raise SpecError(Diagnostic("usage", "--code prints Python, which --json has no place for"))
        load_plugins(plugin or ())
        about = subject(spec, env, overrides or [], example=True)
        if code:
            graph.show_code(about)
            return
        proofs = prove(about.graph)
        if as_json:
            print_json(graph.data(about, proofs))
        else:
            graph.show(about, proofs)
    if not all(proof.as_claimed for proof in proofs):
        raise typer.Exit(FAILED)
