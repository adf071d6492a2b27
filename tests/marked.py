"""Which parameters of a test `make test` tries, and which are left to `make test-more`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def first(chosen: Collection[Any], every: Iterable[Any]) -> list[Any]:
    """All of ``every`` as parameters, those beside the chosen ones marked ``more``."""
    return [x if x in chosen else pytest.param(x, marks=pytest.mark.more) for x in every]
