"""The pictures in docs/images that are drawn from specs and episodes: ``python docs/pictures.py`` writes them anew."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

from compose.cli.app import app
from compose.graph.typed_spec import typed_spec
from compose.language.atomic_write import replace_file
from compose.reading.diff import diff
from compose.reading.diff.pictures import overlaid, touched
from compose.reading.drawing import draw
from compose.reading.drawing.choice import Choice
from compose.reading.drawing.figure import figure
from compose.reading.drawing.svg import svg
from compose.study.comparison import both_sides

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
PLAYED = {
    "play_mmm.gif": "skirmish/MMM --policy weakest --want win --frames 60",
    "play_corridor.png": "skirmish/corridor --policy nearest --stills 4",
    "play_colossi.png": "skirmish/2c_vs_64zg --policy nearest --stills 6 --rows 2",
    "play_ring.png": "group_matching/small --want win",
    "play_prey.png": "prey/various_all --policy nearest --episode 3 --stills 4",
    "play_battle.png": "battle/20",
    "play_warehouse.png": "warehouse/4",
}
"""File -> what `compose play` is given."""


def pictures() -> dict[str, str]:
    """File -> SVG, by our own layout, so that they are the same on every machine."""
    refil = typed_spec("refil", example=True)
    with chdir(ROOT / "examples"):
        return {
            "refil.svg": svg(figure(draw(refil.loaded, refil.graph), Choice(insides=False))),
            "refil_diff.svg": compared("qmix_attention", "refil"),
            "refil_parts.svg": compared("refil", "refil_parts.yaml"),
        }


def compared(before: str, after: str) -> str:
    """Two specs as one figure, what differs in colour."""
    both = overlaid(diff(*both_sides(before, after)))
    return svg(figure(both, Choice(only=touched(both))))


if __name__ == "__main__":
    for name, text in pictures().items():
        replace_file(IMAGES / name, text)
    for name, text in PLAYED.items():
        option = "--out" if name.endswith(".gif") else "--strip"
        if app(["play", *text.split(), option, str(IMAGES / name)], standalone_mode=False):
            raise SystemExit(1)
