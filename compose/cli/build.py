"""``compose build``: the graph of a spec in an environment, with sizes, weights, proofs and what is learned from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import complete
from compose.cli.options import LARGEST_SEED, Env, Format, Json, Plugin, Set, Spec, examples
from compose.cli.reporting import FAILED, print_json, reporting

EXAMPLES = examples(
    "compose build refil",
    "compose build refil --env group_matching:agents=5,cells=5",
    "compose build specs/refil.yaml --env smac/3-8sz --set params.embed=64",
    "compose build refil --env smac/3-8sz --passes",
    "compose build vdn_attention --env group_matching --code --no-passes",
    "compose build refil --json",
    "compose build refil --env smac/3-8sz --emit policy.py",
    "compose build refil --env smac/3-8sz --export policy.pt2 --export policy.onnx",
    "compose build runs/first/spec.yaml --weights runs/first --emit policy.py",
)


def build(
    spec: Spec,
    env: Env = None,
    code: Annotated[bool, typer.Option("--code", help="Print the torch programs `act` and `learn` instead.")] = False,
    passes: Annotated[bool | None, typer.Option("--passes/--no-passes", help=(
        "Print what each pass does to this spec instead; with --code, the program with or without them."
    ), show_default=False)] = None,
    emit: Annotated[Path | None, typer.Option("--emit", metavar="FILE.py", help=(
        "Write acting as a stand-alone torch module; its weights go into FILE.safetensors."))] = None,
    export: Annotated[list[Path] | None, typer.Option("--export", metavar="FILE", help=(
        "Write acting for other programs: FILE.pt2 (torch.export) or FILE.onnx (needs the extra onnx); repeatable."
    ))] = None,
    weights: Annotated[Path | None, typer.Option("--weights", metavar="RUN", autocompletion=complete.runs, help=(
        "Weights to write: of a run's newest checkpoint, of one checkpoint, or of a .safetensors file."
    ), show_default="fresh ones")] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, max=LARGEST_SEED, help="Of fresh weights.")] = 0,
    overrides: Set = None,
    plugin: Plugin = None,
    json: Json = False,
    format: Format = "text",
) -> None:
    """Show what a spec builds: nodes with axes and sizes, weights, proofs, losses, acting and learning.

    Without --env, the spec's own example environment is used. Exit code 1 if a claim is not met.

    With --emit or --export, write how it acts to files instead. Each file is
    loaded again and compared with the model over several steps, other numbers of
    episodes and, where those are free, of agents and entities. What is not equal
    (to 1e-5 of the largest number) is not written, and the exit code is 1.
    """
    as_json = json or format == "json"
    with reporting(as_json=as_json):
        from compose.cli.plugins import load_plugins
        from compose.cli.views import graph, pass_costs
        from compose.graph.proofs import prove
        from compose.graph.typed_spec import typed_spec
        from compose.language.diagnostics import Diagnostic, SpecError

        if code and as_json:
            raise SpecError(Diagnostic("usage", "--code prints Python, which --json has no place for"))
        if passes is False and not code:
            raise SpecError(Diagnostic("usage", "goes with --code", where="--no-passes", hint="or with compose train"))
        load_plugins(plugin or ())
        if emit or export or weights:
            from compose.cli.exporting import Order, write_exports

            if code:
                raise SpecError(Diagnostic("usage", "--code prints, --emit and --export write: choose one"))
            order = Order(emit, export or (), weights, seed)
            if not write_exports(spec, env, overrides or [], order, as_json=as_json):
                raise typer.Exit(FAILED)
            return
        about = typed_spec(spec, env, overrides or [], example=True)
        if code:
            graph.show_code(about, passes=passes is not False)
            return
        if passes:
            pass_costs.show(about, as_json=as_json)
            return
        proofs = prove(about.graph)
        if as_json:
            print_json(graph.data(about, proofs))
        else:
            graph.show(about, proofs)
    if not all(proof.as_claimed for proof in proofs):
        raise typer.Exit(FAILED)
