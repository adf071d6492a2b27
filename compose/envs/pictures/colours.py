"""The colours of pictures."""

from __future__ import annotations

from compose.envs.pictures.animate import Pixels

SIDES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#7f7f7f", "#000000")
"""Of teams and groups: those of Okabe and Ito, which most people with colour-blindness can tell apart."""
INK, PALE, DEAD = "#1b1f24", "#6e7781", "#9a9a96"
GROUND, CLIFFS, WALLS, EDGE = "#f6f5f1", "#dfddd5", "#c9c8c4", "#a5a49f"
SHIELD, HEAL = "#3b3f46", "#009e73"
LOOK = "#5b2a86"
"""Of what is laid over a picture: who looks at whom."""
HALOS = (*SIDES[2:], *SIDES[:2])
"""Of groups that are laid over a picture; the first are not those of its sides."""
_LEFT = 0.18
"""How much of a colour is left where it is pale."""

Colour = tuple[float, float, float]
"""Red, green and blue from 0 to 1."""


def side(number: int) -> str:
    """The colour of a side; from the ninth on they begin again."""
    return SIDES[number % len(SIDES)]


def rgb(colour: str) -> Colour:
    """``#0072b2`` as three numbers."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def pale(colour: str) -> Colour:
    """A colour mixed with much white."""
    red, green, blue = (1 - _LEFT * (1 - part) for part in rgb(colour))
    return red, green, blue


def exact() -> Pixels:
    """The colours of surfaces, and of sides and what is empty of their rings [colour rgb]."""
    import numpy as np

    named = ("#ffffff", GROUND, CLIFFS, WALLS, EDGE, INK, PALE, DEAD, SHIELD, HEAL, *SIDES)
    shades = [*map(rgb, named), *map(pale, (SHIELD, *SIDES))]
    return (255 * np.array(shades)).round().astype(np.uint8)
