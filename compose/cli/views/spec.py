"""One spec: what it is, what it builds on, what it sets, loses and claims."""

from __future__ import annotations

from typing import Any

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.views.learner import moving, show_learning
from compose.language.load import Loaded
from compose.language.models import Claims, Paper


def data(loaded: Loaded) -> dict[str, Any]:
    """For tools."""
    spec = loaded.spec
    return {"kind": "spec", "name": spec.name, "identity": spec.identity(), "files": list(loaded.document.files),
            "spec": spec.data()}


def show(loaded: Loaded) -> None:
    """Print one spec."""
    spec = loaded.spec
    page.line(Cell(spec.name, "title"), Cell("  spec" + ", abstract: a base for others" * spec.abstract, "dim"))
    page.line()
    page.paragraph(spec.summary, indent=2)
    if spec.paper is not None:
        page.paragraph(cited(spec.paper), indent=2, style="dim")
    page.line()
    parents = " <- ".join(reversed(loaded.document.files[:-1]))
    rows = [("file", loaded.document.file), ("builds on", parents or "nothing"),
            ("example", spec.example_env or "none"), ("claims", _claims(spec.claims)),
            ("identity", spec.identity()[:12])]
    page.table((Cell(what, "name"), text) for what, text in rows)
    if spec.params:
        page.title("params")
        page.table((Cell(name, "name"), moving(value)) for name, value in spec.params.items())
    if spec.axes:
        page.title("axes")
        page.table((Cell(name, "name"), str(size)) for name, size in spec.axes.items())
    if spec.networks:
        page.title("networks")
        page.table((Cell(name, "name"), f"{len(network.nodes)} nodes",
                    f"reads {', '.join(network.inputs) or 'env only'}; returns {network.result}"
                    + (f"; starts {network.init}" if network.init else ""))
                   for name, network in spec.networks.items())
    page.title("graph")
    page.paragraph(", ".join(spec.graph), indent=2)
    show_learning(spec)


def cited(paper: Paper) -> str:
    """A paper as one sentence."""
    who = ", ".join(paper.authors) + ". " if paper.authors else ""
    venue = " ".join(str(part) for part in (paper.venue, paper.year) if part)
    return f"{who}{paper.title}. {venue}{'. ' + paper.where if paper.where else ''}."


def _claims(claims: Claims) -> str:
    igm = claims.igm_claim
    parts = [f"decentralised {claims.decentralised}"] if claims.decentralised else []
    parts += [f"igm {igm.status} for {igm.joint}"] if igm else []
    return ", ".join(parts) or "none"
