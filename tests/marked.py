"""Which parameters of a test `make test` tries, and which are left to `make test-more`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest


def first(chosen: Collection[Any], every: Collection[Any]) -> list[Any]:
    """All of ``every`` as parameters, those beside the chosen ones marked ``more``."""
    left = (x if isinstance(x, tuple) else (x,) for x in every if x not in chosen)
    return [*(x for x in every if x in chosen), *(pytest.param(*x, marks=pytest.mark.more) for x in left)]
