"""``compose env bench``: how many steps a second does an environment make?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from compose.cli import complete, page
from compose.cli.env.describe import NAME
from compose.cli.options import Device, Json, Plugin, Threads, examples, finite
from compose.cli.page import Cell
from compose.cli.reporting import print_json, reporting
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.envs.speed import Speed

EXAMPLES = examples(
    "compose env bench group_matching",
    "compose env bench group_matching --batch 1,4096 --seconds 5 --threads 2",
    "compose env bench group_matching --json",
)


def bench(
    name: Annotated[str, typer.Argument(metavar="NAME", autocompletion=complete.envs, help=NAME)],
    batch: Annotated[str, typer.Option("--batch", metavar="SIZES", help="Episodes side by side.")] = "1,64,512",
    seconds: Annotated[float, typer.Option(
        "--seconds", metavar="N", min=0.01, max=3600, callback=finite, help="At least so long for each size.")] = 2.0,
    threads: Threads = None,
    device: Device = "cpu",
    plugin: Plugin = None,
    json: Json = False,
) -> None:
    """Play with random legal actions and count steps: all fields, entities and masks included, and all resets.

    Only steps of episodes that still run are counted. `steps/s` includes the
    choice of actions, `environment alone` does not.
    """
    with reporting(as_json=json):
        from compose.cli.plugins import load_plugins
        from compose.cli.train import checked_device
        from compose.envs import catalogue

        load_plugins(plugin or ())
        sizes = _sizes(batch)
        catalogue.schema(name)
        import torch

        from compose.envs.speed import speed
        from compose.training.allocator import keep_freed_memory

        keep_freed_memory()  # as training does
        if threads is not None:
            torch.set_num_threads(threads)
        env = catalogue.make(name, device=checked_device(device))
        runs_on = getattr(env, "runs_on", "torch")
        told = "" if runs_on == "torch" else f", {runs_on}"
        found = [speed(env, size, seconds) for size in sizes]
        if json:
            print_json({"env": env.schema.name, "device": device, "threads": torch.get_num_threads(),
                        "runs_on": runs_on,
                        "speeds": [one.as_json() for one in found]})
        else:
            _show(env.schema.name, f"{torch.get_num_threads()} threads on {device}{told}", found)


def _sizes(text: str) -> list[int]:
    """``1,64,512``. Raises SpecError."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 and 0 < int(part) <= 1 << 24 for part in parts):
        raise SpecError(Diagnostic("usage", f"'{text}' are no sizes of batches", "--batch", hint="such as 1,64,512"))
    return [int(part) for part in parts]


def _show(name: str, where: str, found: list[Speed]) -> None:
    page.line(Cell(name, "title"), Cell(f"  {where}", "dim"))
    heads = ("batch", "steps/s", "environment alone", "ms a step of all", "ms a reset")
    rows = [tuple(Cell(head, "dim", right=True) for head in heads)]
    for one in found:
        rates = (f"{one.rate:,.0f}", f"{one.alone:,.0f}")
        numbers = (f"{one.batch:,}", *rates, f"{one.step_ms:.3f}", f"{one.reset_ms:.3f}")
        rows.append(tuple(Cell(number, right=True) for number in numbers))
    page.table(rows)
