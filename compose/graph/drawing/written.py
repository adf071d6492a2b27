"""A method drawn, as the text of a file: SVG, a page of HTML, or Mermaid."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from compose.graph.drawing.build import draw as pictured
from compose.graph.drawing.choice import Choice
from compose.graph.drawing.figure import Layout, drawn
from compose.graph.drawing.html import page
from compose.graph.drawing.mermaid import mermaid
from compose.graph.drawing.picture import Picture
from compose.graph.drawing.place import Direction
from compose.graph.drawing.svg import svg
from compose.graph.subject import subject
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.language.whole import save

if TYPE_CHECKING:
    from compose.graph.subject import AnyEnv
    from compose.language.anything import AnySpec

Kind = Literal["mermaid", "svg", "html"]
ENDINGS: dict[str, Kind] = {".svg": "svg", ".mmd": "mermaid", ".mermaid": "mermaid", ".html": "html", ".htm": "html"}


def draw(spec: AnySpec, env: AnyEnv | None = None, file: str | Path | None = None, *, kind: Kind | None = None,
         insides: bool = True, only: Collection[str] = (), direction: Direction = "down", title: bool = True,
         legend: bool = True, layout: Layout = "auto") -> str:
    """Draw a method as a figure, and give its text; no torch.

    Args:
        spec: A packaged name, a path, a :class:`Spec` or a builder.
        env: Where sizes come from; the spec's own example unless told.
        file: Where to write it too, if anywhere; its ending says the kind.
        kind: ``svg`` unless a file says another.
        insides: Show the insides of networks.
        only: Networks to show alone; ``graph`` is the main graph.
        direction: Which way the graph runs.
        title: Write a title.
        legend: Write a legend.
        layout: Who places the boxes: our ``own``, Graphviz's ``dot``, or (``auto``) the narrower of the two.

    Raises:
        SpecError: With what is wrong with spec and environment; ``usage`` for an ending that says no kind, or a network
            that is not there; ``file.write``.
    """
    chosen = kind_of(None if file is None else Path(file), kind, "svg")
    about = subject(spec, env, example=True)
    picture = pictured(about.loaded, about.graph)
    check_only(picture, only)
    text, _ = written(picture, chosen, Choice(insides, tuple(only), direction, title=title, legend=legend), layout)
    if file is not None:
        save(Path(file), text)
    return text


def kind_of(output: Path | None, format: Kind | None, otherwise: Kind) -> Kind:
    """What to write. Raises SpecError if the ending says nothing, or something else."""
    said = ENDINGS.get(output.suffix.lower()) if output is not None else None
    if output is not None and said is None and format is None:
        hint = "FILE.svg, FILE.html or FILE.mmd; for PNG or PDF convert the SVG (inkscape, rsvg-convert, a browser)"
        raise SpecError(Diagnostic("usage", "the ending says no format that can be written", str(output), hint=hint))
    if said is not None and format is not None and said != format:
        raise SpecError(Diagnostic("usage", f"the ending says {said}, --format says {format}", str(output)))
    return said or format or otherwise


def check_only(picture: Picture, only: Collection[str]) -> None:
    """Raises SpecError (``usage``) for networks that are not there."""
    known = ["graph", *(panel.network for panel in picture.panels if panel.network)]
    wrong = [Diagnostic("usage", f"{picture.title} has no network '{name}'", "--only",
                        hint=did_you_mean(name, known) or f"it has: {', '.join(known)}")
             for name in only if name not in known]
    if wrong:
        raise SpecError(*wrong)


def written(picture: Picture, kind: Kind, choice: Choice, layout: Layout = "auto") -> tuple[str, list[str]]:
    """What is written, and what to say about it."""
    boxes = f"{sum(len(panel.boxes) for panel in picture.panels)} boxes"
    if kind == "mermaid":
        return mermaid(picture, choice), [boxes]
    if kind == "html":
        return page([picture], choice=choice, layout=layout), [boxes]
    figure, note = drawn(picture, choice, layout)
    remarks = [f"{figure.w / 72:.1f} x {figure.h / 72:.1f} inches", *([note] if note else [])]
    if figure.smallest_text < 6.95:
        remarks.append(f"its smallest text has {figure.smallest_text:.1f} points on a page 7 inches wide "
                       "(--no-insides and --only show less)")
    return svg(figure), remarks
