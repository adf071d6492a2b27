"""A method drawn, as the contents of a file: SVG, PDF, PNG, a page of HTML, or Mermaid."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from compose.graph.typed_spec import typed_spec
from compose.language.atomic_write import save
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.reading.drawing.build import draw as pictured
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.html import page as as_html
from compose.reading.drawing.mermaid import mermaid
from compose.reading.drawing.pages import READABLE, PageName, fitted, sheets
from compose.reading.drawing.picture import Picture
from compose.reading.drawing.place import Direction
from compose.reading.drawing.printed import pdf, png
from compose.reading.drawing.svg import svg

if TYPE_CHECKING:
    from compose.graph.typed_spec import AnyEnv
    from compose.language.anything import AnySpec
    from compose.reading.drawing.figure import Figure

Kind = Literal["mermaid", "svg", "html", "pdf", "png"]
ENDINGS: dict[str, Kind] = {".svg": "svg", ".pdf": "pdf", ".png": "png", ".mmd": "mermaid", ".mermaid": "mermaid",
                            ".html": "html", ".htm": "html"}


def draw(spec: AnySpec, env: AnyEnv | None = None, file: str | Path | None = None, *, kind: Kind | None = None,
         page: PageName = "a4", insides: bool = True, only: Collection[str] = (), direction: Direction | None = None,
         title: bool = True, legend: bool = True) -> str | bytes:
    """Draw a method as a figure; no torch.

    Args:
        spec: A packaged name, a path, a :class:`Spec` or a builder.
        env: Where sizes come from; the spec's own example unless told.
        file: Where to write it, if anywhere; its ending says the kind. A figure too large to be read on one page goes
            over several: pages of a PDF, files ``name.svg``, ``name-2.svg``.
        kind: ``svg`` unless a file says another.
        page: What an SVG, PDF or PNG is to fit on.
        insides: Show the insides of networks.
        only: Networks to show alone; ``graph`` is the main graph.
        direction: Which way the graph runs; down unless told, on a slide whichever fits.
        title: Write a title.
        legend: Write a legend.

    Returns:
        The text, of a PDF or a PNG the bytes, with everything; of an SVG or PNG on one page, however small.

    Raises:
        SpecError: With what is wrong with spec and environment; ``usage`` for an ending that says no kind, or a network
            that is not there; ``file.write``.
    """
    chosen = kind_of(None if file is None else Path(file), kind, "svg")
    about = typed_spec(spec, env, example=True)
    picture = pictured(about.loaded, about.graph)
    check_only(picture, only)
    choice = Choice(insides, tuple(only), direction or "down", title=title, legend=legend)
    made = Drawn(picture, choice, page, turn=direction is None and page == "slide")
    for path, (data, _) in made.files(Path(file), chosen).items() if file is not None else ():
        save(path, data)
    return made.contents(chosen)


def kind_of(output: Path | None, format: Kind | None, otherwise: Kind) -> Kind:
    """What to write. Raises SpecError if the ending says nothing, or something else."""
    said = ENDINGS.get(output.suffix.lower()) if output is not None else None
    if output is not None and said is None and format is None:
        hint = "FILE.svg, FILE.pdf, FILE.png, FILE.html or FILE.mmd"
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


class Drawn:
    """One picture in whatever kinds are asked for; a figure is laid out once.

    ``turn`` lets it run to the right where that fits the page better.
    """

    def __init__(self, picture: Picture, choice: Choice, page: PageName, *, turn: bool) -> None:
        self.picture, self.choice, self.page, self.turn = picture, choice, page, turn

    @cached_property
    def figures(self) -> list[Figure]:
        """One for each page."""
        return sheets(self.picture, self.choice, self.page, turn=self.turn)

    def text(self, kind: Kind) -> str:
        """What is written, for kinds of text; an SVG on one page, however small."""
        if kind == "mermaid":
            return mermaid(self.picture, self.choice)
        if kind == "html":
            return as_html([self.picture], choice=self.choice)
        return svg(fitted(self.picture, self.choice, self.page, turn=self.turn))

    def contents(self, kind: Kind) -> str | bytes:
        """What is written; a PNG on one page, however small."""
        if kind == "pdf":
            return pdf(map(svg, self.figures))
        return png(self.text("svg")) if kind == "png" else self.text(kind)

    def files(self, path: Path, kind: Kind) -> dict[Path, tuple[str | bytes, str]]:
        """Contents of every file, and what to say about it: ``name-2.svg`` is the second page of ``name.svg``."""
        if kind in ("mermaid", "html"):
            boxes = sum(len(panel.boxes) for panel in self.picture.panels)
            return {path: (self.text(kind), f"{boxes} boxes")}
        if kind == "pdf":
            return {path: (self.contents(kind), "; ".join(map(_size, self.figures)))}
        return {path.with_stem(f"{path.stem}-{i}") if i > 1 else path:
                (png(svg(one)) if kind == "png" else svg(one), _size(one)) for i, one in enumerate(self.figures, 1)}


def _size(figure: Figure) -> str:
    across, down = figure.inches
    small = f", its smallest text has {figure.smallest_text:.1f} points" if figure.smallest_text < READABLE else ""
    return f"{across:.1f} x {down:.1f} inches{small}"
