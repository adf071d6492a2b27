"""``compose import pymarl-weights``: saved weights of PyMARL under the names of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from compose.cli import complete, page
from compose.cli.options import Plugin, Set, examples
from compose.cli.page import Cell
from compose.cli.reporting import FAILED, reporting

EXAMPLES = examples(
    "compose import pymarl-weights models/qmix/2000000 --spec qmix_pymarl --env skirmish/3m -o qmix.safetensors",
)
NEAR = 1e-4
"""Two ways of computing the same in single precision differ by less."""


def pymarl_weights(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER",
                                           help="Of one saved step, with agent.th and perhaps mixer.th.")],
    spec: Annotated[str, typer.Option("--spec", metavar="SPEC", autocompletion=complete.specs,
                                      help="The spec whose weights they become.")],
    env: Annotated[str, typer.Option("--env", metavar="ENV", autocompletion=complete.envs,
                                     help="Environment; its sizes must be those of the training.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE",
                                         help="Where to write them, FILE.safetensors.")],
    overrides: Set = None,
    plugin: Plugin = None,
) -> None:
    """Write saved weights of PyMARL, PyMARL2 or EPyMARL for `compose train --init` and `compose.load_policy`.

    Weights meet by name and shape; what is left over on either side is listed.
    Utilities and joint values are then computed on random episodes by the spec
    and by plain torch from the saved weights. Files are read as tensors and
    never unpickled. Exit code 1 if the values differ, 2 if a file is none.
    """
    with reporting():
        from compose.cli.plugins import load_plugins
        from compose.envs import catalogue
        from compose.language.atomic_write import save
        from compose.language.diagnostics import Diagnostic, SpecError
        from compose.language.load import load
        from compose.study.pymarl.weights import carry
        from compose.training.weights_file import weights_file

        if output.suffix != ".safetensors":
            raise SpecError(Diagnostic("usage", f"-o takes a file that ends in .safetensors, not {output}"))
        load_plugins(plugin or ())
        loaded, schema = load(spec, overrides or []), catalogue.schema(env)
        found = carry(folder, loaded, schema)
        save(output, weights_file(loaded, schema, found.weights))
        page.table([*((Cell("carried", "ok"), theirs, Cell(ours, "name")) for theirs, ours in found.pairs),
                    *((Cell("left over there", "not proved"), theirs, "") for theirs in found.unused),
                    *((Cell("left over here", "not proved"), "", Cell(ours, "name")) for ours in found.missing)])
        page.line()
        for name, size in found.apart.items():
            page.line(Cell("equal" if size < NEAR else "differs", "ok" if size < NEAR else "wrong"),
                      f"  {name} on random episodes: by spec and by plain torch within {size:.1e}")
        if not found.apart:
            page.line(Cell("not compared", "not proved"), "  the files hold more than plain torch was told of")
        page.line()
        page.say(f"{output}  {len(found.weights)} weights; compose train {spec} --env {env} --init {output} ...")
        if any(size >= NEAR for size in found.apart.values()):
            raise typer.Exit(FAILED)
