"""``python -m tests.generator FROM TO``: judge the specs of a range of seeds, print what was false and a summary."""

from __future__ import annotations

import argparse
import collections
import time
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.generator.generate import generate
from tests.generator.verdict import Verdict, judge


def main() -> None:
    """See ``--help``."""
    parser = argparse.ArgumentParser(prog="python -m tests.generator", description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--proof", help="attack this one only; or all 'attacks', 'update', 'programs', 'numeric'")
    parser.add_argument("--thorough", action="store_true", help="compare programs, run check --numeric too")
    parser.add_argument("--out", type=Path, help="a folder for the specs that were false")
    given = parser.parse_args()
    torch.set_num_threads(1)
    console, verdicts, began = Console(), list[Verdict](), time.monotonic()
    for seed in track(range(given.first, given.last), console=console, disable=not console.is_terminal):
        verdict = judge(generate(seed), only=given.proof, thorough=given.thorough)
        verdicts.append(verdict)
        if verdict.false:
            console.print(
                f"seed {seed}: " + "; ".join(f"{k}: {v}" for k, v in verdict.false.items()),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
            if given.out:
                given.out.mkdir(parents=True, exist_ok=True)
                (given.out / f"{seed}.txt").write_text(str(verdict))
    console.print(summary(verdicts))
    refused = collections.Counter(code for v in verdicts for code in v.refused)
    accepted, seconds = sum(v.accepted for v in verdicts), time.monotonic() - began
    console.print(
        f"{accepted} of {len(verdicts)} accepted; refused: {dict(refused)}; "
        f"{sum(not v.finite for v in verdicts)} with numbers that are not finite; {seconds:.0f} s"
    )
    raise SystemExit(any(v.false for v in verdicts))


def summary(verdicts: list[Verdict]) -> Table:
    """A row for each proof, and for each stage that broke."""
    table = Table("proof", "proved", "not proved", "not applicable", "attacked", "false")
    names = [*dict.fromkeys(n for v in verdicts for n in (*v.outcomes, *v.false))]
    for name in names:
        outcomes = collections.Counter(v.outcomes.get(name) for v in verdicts)
        shown = [str(outcomes[o]) if o in outcomes else "" for o in ("proved", "not proved", "not applicable")]
        attacked, false = sum(name in v.attacked for v in verdicts), sum(name in v.false for v in verdicts)
        table.add_row(name, *shown, str(attacked), str(false))
    return table


main()
