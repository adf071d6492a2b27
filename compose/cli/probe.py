"""``compose probe``: the numbers behind the names of a spec, in an episode."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from compose.cli import complete, page
from compose.cli.options import LARGEST_SEED, Device, Json, Plugin, Set, examples
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.training.policy import Policy
    from compose.training.probe import Probed

EXAMPLES = examples(
    "compose probe refil q groups.within --env group_matching/small",
    "compose probe refil q.a --env skirmish/3m --episodes 32 --json",
    "compose probe runs/first q_tot y --npz values.npz",
    "compose probe runs/first q --png q.png",
)
MOST = 1024
"""Episodes at most: all are computed at once."""


def probe(
    subject: Annotated[str, typer.Argument(metavar="SPEC|RUN", autocompletion=complete.specs_and_runs, help=(
        "A packaged spec, the path of one, the folder of a run, or a checkpoint in it."))],
    nodes: Annotated[list[str], typer.Argument(metavar="NODE", help=(
        "Values: a node such as q, an output such as groups.within, a node inside an application such as q.a, or a "
        "field such as env.visible."))],
    env: Annotated[str | None, typer.Option("--env", metavar="ENV", autocompletion=complete.envs, help=(
        "Environment to play in."), show_default="the run's, or the spec's example")] = None,
    episodes: Annotated[int, typer.Option("--episodes", metavar="N", min=1, max=MOST, help="How many to play.")] = 1,
    seed: Annotated[int | None, typer.Option(
        "--seed", metavar="N", min=0, max=LARGEST_SEED, help="Of the episodes, and of fresh weights.",
        show_default="0; of a run its own")] = None,
    npz: Annotated[Path | None, typer.Option("--npz", metavar="FILE", help=(
        "Write the values, and which numbers of them count, as arrays of numpy."))] = None,
    png: Annotated[Path | None, typer.Option("--png", metavar="FILE", help=(
        "Draw the values in the first episode as heat maps."))] = None,
    overrides: Set = None,
    device: Device = "cpu",
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Play episodes, with fresh weights or a run's, and show what nodes compute in them.

    Mean, standard deviation, least, most and the share of zeros are over steps
    that were reached, of agents and entities that are there. Values are those
    of an update on the episodes, lagged copies as new as their originals.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.train import checked_device

        for option, path, ending in (("--npz", npz, ".npz"), ("--png", png, ".png")):
            if path is not None and path.suffix.lower() != ending:
                raise SpecError(Diagnostic("usage", f"the name must end in {ending}", f"{option} {path}"))
        load_plugins(plugin or ())
        policy, place, chosen = _policy(subject, env, overrides or [], seed, checked_device(device))
        from compose.envs.catalogue import make
        from compose.training.probe import named, probed

        named(policy.model.graph, nodes)
        game = make(place, device=device)
        if not Path(subject).is_dir():
            found = probed(policy, game, nodes, episodes=episodes, seed=chosen)
        else:
            from compose.training.runs import check_sizes

            check_sizes(policy, game.schema, subject, learning=True)
            found = probed(policy, game, nodes, episodes=episodes, seed=chosen)
        files = _files(found, npz, png)
        rows = [_row(one) for one in found]
        if json:
            print_json({"subject": subject, "env": game.schema.name, "episodes": episodes, "seed": chosen,
                        "values": rows, "files": files})
            return
        heading = f"  {game.schema.name}, {episodes} episode{'s' * (episodes > 1)} of seed {chosen}"
        page.line(Cell(subject, "title"), Cell(heading, "dim"))
        _show(rows)
        for file in files:
            page.say(file)


def _policy(subject: str, env: str | None, overrides: list[str], seed: int | None,
            device: str) -> tuple[Policy, str, int]:
    """Who plays, where, under which seed."""
    if Path(subject).is_dir():
        from compose.training.runs import load_run

        if overrides:
            raise SpecError(Diagnostic("usage", "a run is what it is: --set goes with specs", where="--set"))
        policy, trained = load_run(Path(subject), device)
        return policy, env or policy.schema.name, trained if seed is None else seed
    from compose.compiler.model import Model
    from compose.graph.typed_spec import schema_of
    from compose.graph.typed_spec import typed_spec as read
    from compose.training.clocks import Clocks, moving_params
    from compose.training.policy import Policy

    about = read(subject, env, overrides, example=True)
    place = env or about.loaded.spec.example_env
    schema = schema_of(about)
    assert place is not None
    model = Model(about.graph, seed=seed or 0, device=device)
    return Policy(model, schema, moving_params(model, Clocks()), seed=seed or 0), place, seed or 0


def _row(one: Probed) -> dict[str, Any]:
    """What is said of a value; of one without numbers that count, only its shape."""
    kept = one.kept()
    row: dict[str, Any] = {"name": one.name, "shape": dict(zip(one.axes, one.numbers.shape, strict=True)),
                           "counted": kept.numel()}
    if kept.numel():
        row |= {"mean": kept.mean().item(), "std": kept.std(correction=0).item(), "min": kept.min().item(),
                "max": kept.max().item(), "zeros": (kept == 0).double().mean().item()}
    return row


def _show(rows: list[dict[str, Any]]) -> None:
    heads = ("", "mean", "std", "min", "max", "zeros")
    table: list[tuple[Cell, ...]] = [(*(Cell(h, "dim", right=bool(h)) for h in heads), Cell("shape", "dim"))]
    for row in rows:
        numbers = [f"{row[h]:.4g}" if h in row else "" for h in heads[1:-1]]
        numbers.append(f"{row['zeros']:.0%}" if "zeros" in row else "")
        shape = " ".join(f"{axis} {size}" for axis, size in row["shape"].items()) or "one number"
        table.append((Cell(row["name"], "name"), *(Cell(n, right=True) for n in numbers), Cell(shape)))
    page.table(table)


def _files(found: list[Probed], npz: Path | None, png: Path | None) -> list[str]:
    """Write what is asked for, once all is made; the names of the files."""
    import io

    import numpy as np

    from compose.language.atomic_write import save

    made: dict[Path, bytes] = {}
    if npz is not None:
        arrays = {one.name: one.numbers.cpu().numpy() for one in found}
        arrays |= {f"{one.name}:counted": one.counted.cpu().numpy() for one in found}
        arrays |= {f"{one.name}:axes": np.array(one.axes, dtype=str) for one in found}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        made[npz] = buffer.getvalue()
    if png is not None:
        from compose.cli.heat import heat

        made[png] = heat(found)
    for path, data in made.items():
        save(path, data)
    return [str(path) for path in made]
