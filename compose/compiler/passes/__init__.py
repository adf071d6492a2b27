"""The pass manager: functions that rewrite a program's terms without changing what it computes.

A pass takes terms and gives them back rewritten. The plain form runs with none; it is what passes are tested against,
in values and gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compose.compiler.passes.absent import absent
from compose.compiler.passes.attend import attend
from compose.compiler.passes.copies import copies
from compose.compiler.passes.pack import pack
from compose.compiler.passes.regroup import regroup
from compose.compiler.passes.select import select
from compose.compiler.passes.share import share
from compose.compiler.passes.siblings import batch, fuse
from compose.compiler.passes.split import split
from compose.compiler.terms import Terms

__all__ = ["PASSES", "Pass", "absent", "attend", "batch", "copies", "fuse", "pack", "regroup", "run_passes", "select",
           "share", "split"]

Pass = Callable[[Terms], Terms]

PASSES: tuple[Pass, ...] = (split, copies, share, select, batch, fuse, regroup, pack, absent, attend)
"""Passes that run unless told otherwise, in order."""


def run_passes(terms: Terms, passes: Sequence[Pass]) -> Terms:
    """Run passes in order."""
    for rewrite in passes:
        terms = rewrite(terms)
    return terms
