"""The pass manager: functions that rewrite a traced program without changing what it computes.

A pass takes a module and returns it rewritten, with a line that says what it did. The plain form runs with none; it is
what passes are tested against, in values and gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import fx

Pass = Callable[[fx.GraphModule], tuple[fx.GraphModule, str]]

PASSES: tuple[Pass, ...] = ()
"""Passes that run unless told otherwise, in order. None yet: the plain form is what runs."""


def run_passes(module: fx.GraphModule, passes: Sequence[Pass]) -> tuple[fx.GraphModule, tuple[str, ...]]:
    """Run passes in order; every result is recompiled and checked for form."""
    log = []
    for rewrite in passes:
        module, line = rewrite(module)
        module.graph.lint()
        module.recompile()
        log.append(f"{rewrite.__name__}: {line}")
    return module, tuple(log)
