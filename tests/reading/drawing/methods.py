"""Every method there is to draw: packaged specs and drafts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from compose.graph.build import build_graph
from compose.language.files import packaged_specs
from compose.language.load import Loaded, load, load_data, load_text
from compose.reading.drawing import Picture, draw

ROOT = Path(__file__).resolve().parents[3]
DRAFTS = ROOT / "tests" / "specs" / "drafts"
FILES = sorted(packaged_specs().glob("*.yaml"))
NAMES = [path.stem for path in FILES if "\nabstract: true" not in path.read_text(encoding="utf-8")]
NAMES += [str(p.relative_to(ROOT)) for p in sorted(DRAFTS.glob("*.yaml"))]
SOME = ["refil", "vdn_attention", "qplex", *(str(DRAFTS / f"{name}.yaml") for name in ("soft_roles", "qmix_updet"))]
"""A few that have everything: stops, delays, taps, stacks, several losses."""


@cache
def loaded(name: str) -> Loaded:
    return load(ROOT / name if "/" in name else name)


@cache
def drawn(name: str) -> Picture:
    return draw(loaded(name), build_graph(loaded(name)))


def child(of: str, **patch: object) -> Picture:
    """The picture of a spec that extends another."""
    made = load_data({"compose": 1, "name": "child", "summary": "A child.", "extends": of, **patch})
    return draw(made, build_graph(made))


def chain(length: int, extra: int) -> Picture:
    """A made-up method with many nodes: a chain of expressions, each reading an earlier one too."""
    lines = [f"  n{i}: n{i - 1} + n{i * 7 % max(i - 1, 1)} * {i}" for i in range(1, length)]
    lines += [f"  m{i}: square(n{i * 3 % length}) + env.reward" for i in range(extra)]
    of = " + ".join([f"n{length - 1}", *(f"m{i}" for i in range(extra))])
    text = "\n".join([
        "compose: 1", "name: large", "summary: Many nodes.", "extends: vdn_attention", "graph:", "  n0: q_tot - y",
        *lines, "losses:", f"  td: {{of: square({of})}}",
    ])  # fmt: skip
    made = load_text(text)
    return draw(made, build_graph(made))
