"""A block's reference as text for a terminal and as Markdown; all blocks as ``docs/blocks.md``."""

from __future__ import annotations

from collections.abc import Iterator

from compose.cli import page
from compose.cli.page import Cell
from compose.cli.views.block import Reference
from compose.language.registry import catalogue

HEADER = """# Blocks

Written by `compose describe --all --markdown` (`make docs`); do not edit.

A block is a node `NAME: {block: TAG, PORT: expression, ARGUMENT: value}`. In signatures a lower-case word is that axis,
a `Capital` any axis (the same wherever it recurs in the block), `...` any leading axes, `axis?` an axis that may be
missing; `time` always may. Every block also takes `target: true` (the lagged copy of its weights) and `each: AXIS` (own
weights for every index of that axis). See [language.md](language.md).
"""


def show(reference: Reference) -> None:
    """Print one block."""
    page.line(Cell(reference.tag, "title"), Cell(f"  block, family {reference.family}", "dim"))
    page.line()
    for i, text in enumerate(reference.doc.split("\n\n")):
        if i:
            page.line()
        page.paragraph(" ".join(text.split()), indent=2)
    for heading, arguments in (("ports", reference.ports), ("arguments", reference.arguments)):
        if arguments:
            page.title(heading)
            page.table((Cell(a.name, "name"), a.kind, f"{a.doc}{_note(a.default)}") for a in arguments)
    if reference.outputs:
        page.title("outputs")
        outputs = reference.outputs.items()
        page.table((Cell(f".{name}" if name else "(its name)", "name"), kind) for name, kind in outputs)
    if reference.weights:
        page.title("weights")
        page.table((Cell(name, "name"), f"[{' '.join(axes)}]") for name, axes in reference.weights.items())
    if reference.guarantees:
        page.title("guarantees")
        for text in reference.guarantees:
            page.paragraph(text, indent=2)
    page.title("example")
    for text in reference.example.split("\n"):
        page.line(text, indent=2)


def _note(default: str) -> str:
    return f" Default: {default}." if default else ""


def markdown() -> str:
    """The reference of all blocks."""
    references = sorted((Reference(block) for block in catalogue().values()), key=lambda r: (r.family, r.tag))
    families: dict[str, list[Reference]] = {}
    for reference in references:
        families.setdefault(reference.family, []).append(reference)
    lines = [HEADER]
    lines += [f"- **{family}**: {', '.join(f'[{r.tag}](#{r.tag})' for r in rs)}" for family, rs in families.items()]
    for family, rs in families.items():
        lines += ["", f"## {family}"]
        for reference in rs:
            lines += ["", *_section(reference)]
    return "\n".join(lines) + "\n"


def single(reference: Reference) -> str:
    """The reference of one block."""
    return "\n".join(_section(reference)) + "\n"


def _section(reference: Reference) -> Iterator[str]:
    yield f"### {reference.tag}"
    yield ""
    yield reference.doc
    yield ""
    yield "```yaml"
    yield reference.example
    yield "```"
    for heading, arguments in (("port", reference.ports), ("argument", reference.arguments)):
        if arguments:
            yield ""
            yield f"| {heading} | {'signature' if heading == 'port' else 'type'} | default | |"
            yield "|---|---|---|---|"
            for a in arguments:
                kind = a.kind.replace("|", "\\|")
                yield f"| `{a.name}` | `{kind}` | {f'`{a.default}`' if a.default else ''} | {a.doc} |"
    facts = [f"`{name or 'result'}` `{kind}`" for name, kind in reference.outputs.items()]
    if facts:
        yield ""
        yield f"Gives {', '.join(facts)}."
    if reference.weights:
        yield ""
        weights = [f"`{name}` `[{' '.join(axes)}]`" for name, axes in reference.weights.items()]
        yield f"Weights: {', '.join(weights)}."
    if reference.guarantees:
        yield ""
        yield f"Guarantees: {'; '.join(reference.guarantees)}."
