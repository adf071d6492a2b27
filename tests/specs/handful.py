"""A handful of the packaged specs in which everything occurs that occurs in any: for properties that need not be shown
of all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from compose.language.dump import dump
from compose.language.nodes import Application
from tests.specs.packaged import METHODS, loaded

FIRST = ("refil", "qmix_mean_pooling")
"""What is read about most, and what is simplest."""


def constructs(spec: str) -> set[str]:
    """What a spec is made of: blocks and which of their settings it gives, ways to apply a network, functions, how it
    acts and learns."""
    it = loaded(spec)
    found = {f"choose {it.spec.act.choose}", f"learn {it.spec.learner.kind}"}
    for nodes in (it.spec.graph, *(network.nodes for network in it.spec.networks.values())):
        for node in nodes.values():
            if isinstance(node, Application):
                found |= {f"network {name}" for name in node.model_fields_set - {"network", "inputs"}}
            elif block := getattr(node, "block", None):
                found |= {f"{block} {name}" for name in node.model_fields_set - {"to", "width", "heads"}}
    return found | set(re.findall(r"\w+\(", dump(it.document.data)))


@cache
def held() -> dict[str, set[str]]:
    """What every packaged method is made of."""
    return {name: constructs(name) for name in METHODS}


@cache
def handful() -> frozenset[str]:
    """:data:`FIRST`, and one method after the other that adds most, until nothing is missing."""
    chosen = list(FIRST)
    missing = set().union(*held().values()) - set().union(*(held()[name] for name in chosen))
    while missing:
        chosen.append(max(held(), key=lambda name: len(held()[name] & missing)))
        missing -= held()[chosen[-1]]
    return frozenset(chosen)


def repeats(spec: str | Path) -> bool:
    """Is this a packaged method beside the handful?"""
    return Path(spec).stem in held().keys() - handful()


def few(specs: Iterable[str | Path]) -> list[Any]:
    """Specs as parameters of a test that shows in `make test` what it shows on the handful, abstract specs and files
    that are not packaged."""
    return [pytest.param(spec, marks=pytest.mark.more) if repeats(spec) else spec for spec in specs]
