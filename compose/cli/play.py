"""``compose play``: one episode, told in a few lines and drawn as a GIF or as a strip of stills."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from compose.cli import complete, page
from compose.cli.options import LARGEST_SEED, Device, Json, Plugin, examples, finite
from compose.cli.options import MOST as MOST_EPISODES
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.cli.players import Player
    from compose.envs.interface import Environment
    from compose.envs.pictures import Film, Overlay

EXAMPLES = examples(
    "compose play skirmish/3m --policy nearest --out battle.gif",
    "compose play skirmish/3-8MMM --policy attack_move --want win --strip battle.pdf",
    "compose play skirmish/3m --policy runs/first --episode 7 --out battle.gif --strip battle.png",
    "compose play skirmish/3m --policy runs/first/checkpoints/000012 --out early.gif",
    "compose play skirmish/3m --policy runs/first --show q.a --strip attention.png",
    "compose play group_matching/small --out random.gif --frames 60 --fps 15",
    "compose play gaussian_squeeze --json",
)
A_STEP, MOST = 2, 240
"""Frames of a GIF, unless told: so many for each step, but no more than that."""
TRIES, AT_ONCE = 1024, 64
"""Episodes among which one that ends as wanted is looked for, and how many are played side by side."""
Row = dict[str, Any]


def play(
    env: Annotated[str, typer.Argument(
        metavar="ENV", autocompletion=complete.envs, help="Environment to play; `compose list envs`.")],
    policy: Annotated[str, typer.Option("--policy", metavar="POLICY", autocompletion=complete.policies, help=(
        "random, a script of the environment such as nearest, the folder of a run, or that of a checkpoint."
    ))] = "random",
    episode: Annotated[int, typer.Option("--episode", metavar="N", min=0, max=MOST_EPISODES, help="Its number.")] = 0,
    seed: Annotated[int | None, typer.Option(
        "--seed", metavar="N", min=0, max=LARGEST_SEED, help="Of the episodes.",
        show_default="0; of a run its own, as `compose eval`")] = None,
    want: Annotated[Literal["win", "loss"] | None, typer.Option(
        "--want", help="Take the first episode, from --episode on, that ends so.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.gif", help="Write an animated GIF.")] = None,
    strip: Annotated[Path | None, typer.Option(
        "--strip", metavar="FILE.png", help="Write stills in a row, as PNG, PDF or SVG.")] = None,
    frames: Annotated[int | None, typer.Option(
        "--frames", metavar="N", min=1, max=400, help="Of the GIF, evenly spaced over the episode.",
        show_default="2 a step, at most 240")] = None,
    fps: Annotated[float, typer.Option(
        "--fps", metavar="N", min=0.1, max=50, callback=finite, help="Frames a second.")] = 10,
    stills: Annotated[int, typer.Option(
        "--stills", metavar="N", min=1, max=20, help="Of the strip, evenly spaced.")] = 5,
    rows: Annotated[int, typer.Option("--rows", metavar="N", min=1, max=20, help="In which the stills stand.")] = 1,
    show: Annotated[str | None, typer.Option("--show", metavar="NODE", help=(
        "Lay a value of the run's graph over the pictures: of an attention such as q.a who looks at whom, of a "
        "relation such as groups.within who belongs together; gates and indices colour the units."))] = None,
    title: Annotated[str | None, typer.Option(
        "--title", help="Above the pictures.", show_default="environment, task, policy")] = None,
    device: Device = "cpu",
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Play one episode and say how it ended; draw it with --out and --strip.

    Episodes are those of `compose eval`: the same numbers under the same seed
    are the same episodes. A trained policy acts as it is evaluated. The same
    command writes the same bytes.
    """
    with reporting(as_json=json):
        from compose.cli.players import player
        from compose.cli.plugins import load_plugins
        from compose.cli.train import checked_device
        from compose.envs.catalogue import make
        from compose.envs.pictures import camera_of

        _check(out, strip)
        load_plugins(plugin or ())
        game = make(env, device=checked_device(device))
        if camera_of(game) is None and (out or strip):
            text = "has no picture: it has neither a camera of its own nor the field 'position'"
            hint = "without --out and --strip it is played all the same"
            raise SpecError(Diagnostic("play.picture", text, game.schema.name, hint=hint))
        chosen = player(policy, game, seed, device)
        _check_show(show, chosen)
        row, film = _episode(chosen, game, episode, want)
        if row is None:
            message = f"none of {TRIES:,} episodes ended in a {want}"
            raise SpecError(Diagnostic("play.want", message, f"--want {want}", hint="try another --seed or --policy"))
        if film is not None and show is not None:
            film.overlay = _overlay(chosen, game, film, show, row["episode"])
        files = {} if film is None else _write(film, chosen, title, out, strip, frames, fps, (stills, rows))
        data = {"ok": True, "env": game.schema.name, "policy": policy, "seed": chosen.seed, **row, **files}
        if json:
            print_json(data)
        else:
            _show(data, film, chosen, game.schema.limit)


def _check(out: Path | None, strip: Path | None) -> None:
    """Raises SpecError if files cannot be written as they are named."""
    from compose.envs.pictures import GIF, STRIPS

    problems = []
    for option, path, endings in (("--out", out, GIF), ("--strip", strip, STRIPS)):
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            text = f"the name must end in {' or '.join(endings)}"
            problems.append(Diagnostic("play.file", text, f"{option} {path}"))
        elif not path.parent.is_dir():
            problems.append(Diagnostic("play.file", f"there is no folder {path.parent}", f"{option} {path}"))
        elif path.is_dir():
            problems.append(Diagnostic("play.file", "is a folder", f"{option} {path}"))
    if problems:
        raise SpecError(*problems)


def _check_show(show: str | None, player: Player) -> None:
    """Raises SpecError if nothing can be shown so."""
    if show is None:
        return
    if player.policy is None:
        text = "shows what a trained policy computes"
        raise SpecError(Diagnostic("usage", text, "--show", hint="name the folder of a run with --policy"))
    from compose.training.probe import named

    named(player.policy.model.graph, [show])


def _overlay(player: Player, env: Environment, film: Film, node: str, episode: int) -> Overlay:
    """What a node computed in the episode of a film."""
    import numpy as np
    import torch

    from compose.training.overlays import overlay
    from compose.training.probe import looked_into

    assert player.policy is not None
    found = looked_into(player.policy, env, node, episode=episode, seed=player.seed)
    from compose.training.evaluate import stream

    fields = env.reset(torch.tensor([episode], device=env.device), stream(player.seed))
    present = np.flatnonzero(fields["present"][0].reshape(-1, env.schema.entities)[0].cpu().numpy())
    return overlay(found, film, present, env.schema.agents)


def _episode(player: Player, env: Environment, first: int,
             want: Literal["win", "loss"] | None) -> tuple[Row | None, Film | None]:
    """The row of the chosen episode, and its film if the environment has a camera; no row if none ends as wanted."""
    from compose.envs.pictures import Filmed, camera_of
    from compose.training.evaluate import evaluate_actor

    camera = camera_of(env)
    shown = Filmed(env, camera) if camera is not None else env
    numbers = [first]
    for start in range(first, first + TRIES, AT_ONCE) if want else (first,):
        if want:
            rows = evaluate_actor(player.actor, env, AT_ONCE, seed=player.seed, first_episode=start)
            numbers = [row["episode"] for row in rows if row["success"] == (want == "win")]
        for number in numbers:
            (row,) = evaluate_actor(player.actor, shown, 1, seed=player.seed, first_episode=number)
            if want is None or row["success"] == (want == "win"):  # alone, a model's values may differ in the last bit
                return row, shown.film if isinstance(shown, Filmed) else None
    return None, None


def _write(film: Film, player: Player, title: str | None, out: Path | None, strip: Path | None, frames: int | None,
           fps: float, stills: tuple[int, int]) -> Row:
    """Draw everything, then write everything; what was written, as data. ``stills``: how many, in how many rows."""
    import numpy as np

    from compose.envs.pictures import gif
    from compose.envs.pictures import strip as row_of
    from compose.language.atomic_write import save

    about: Row = {}
    made: dict[Path, bytes] = {}
    parts = (film.stage.name, film.stage.task, player.label)
    head = "  ·  ".join(part for part in parts if part) if title is None else title
    if out is not None:
        count = frames or min(int(A_STEP * film.length) + 1, len(film.moments), MOST)
        made[out] = gif(film, head, np.linspace(0, film.length, count).tolist(), fps)
        about["gif"] = {"file": str(out), "frames": count, "seconds": round(count / fps, 1), "bytes": len(made[out])}
    if strip is not None:
        times = np.unique(np.linspace(0, film.length, stills[0]).round()).tolist()
        made[strip] = row_of(film, head, times, strip.suffix.lower(), stills[1])
        about["strip"] = {"file": str(strip), "steps": [int(time) for time in times], "bytes": len(made[strip])}
    for path, data in made.items():
        save(path, data)
    return about


def _show(data: Row, film: Film | None, player: Player, limit: int) -> None:
    words = film.stage.words if film is not None else ("solved", "not solved")
    outcome = words[0 if data["success"] else 1]
    which = f"  {player.label}, episode {data['episode']} of seed {data['seed']}"
    page.line(Cell(data["env"], "title"), Cell(which, "dim"))
    lines = [("task", data["task"]), ("outcome", f"{outcome} after {data['length']} of at most {limit} steps"),
             ("return", f"{data['return']:.2f}")]
    if "gif" in data:
        size = max(data["gif"]["bytes"] / 2**20, 0.1)
        lines.append((data["gif"]["file"], f"{data['gif']['frames']} frames, {size:.1f} MiB"))
    if "strip" in data:
        lines.append((data["strip"]["file"], f"steps {', '.join(map(str, data['strip']['steps']))}"))
    page.table((Cell(name, "name"), text) for name, text in lines)
