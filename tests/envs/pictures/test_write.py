"""GIFs and strips as files."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from compose.envs.pictures import Film, gif, strip
from compose.envs.pictures.colours import rgb, side
from compose.envs.pictures.marks import KNOWN, SHAPES, marks
from compose.envs.starcraft.units import UNITS
from tests.envs.pictures.test_film import filmed


@pytest.fixture(scope="module")
def film() -> Film:
    return filmed("skirmish/3-8MMM:limit=12", "nearest")


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def spread(film: Film, count: int) -> list[float]:
    return [float(x) for x in np.linspace(0, film.length, count)]


@pytest.mark.parametrize("count", [1, 2, 25])
def test_a_gif_has_as_many_frames_as_times(film: Film, count: int) -> None:
    picture = opened(gif(film, "a title", spread(film, count), 10))
    assert (picture.format, getattr(picture, "n_frames", 1)) == ("GIF", count)


def test_frames_last_as_long_as_told(film: Film) -> None:
    picture = opened(gif(film, "", spread(film, 4), 20))
    found = []
    for frame in range(4):
        picture.seek(frame)
        found.append(picture.info["duration"])
    assert found == [50, 50, 50, 2000]
    assert picture.info["loop"] == 0


def test_the_colours_of_sides_are_exact_in_every_frame(film: Film) -> None:
    picture = opened(gif(film, "", spread(film, 6), 10))
    wanted = {tuple(round(255 * part) for part in rgb(side(number))) for number in (0, 1)} | {(255, 255, 255)}
    for frame in range(6):
        picture.seek(frame)
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 24) or []}
        assert wanted <= colours


def test_the_same_film_gives_the_same_bytes(film: Film) -> None:
    again = filmed("skirmish/3-8MMM:limit=12", "nearest")
    assert gif(film, "t", spread(film, 5), 10) == gif(again, "t", spread(again, 5), 10)
    for ending in (".png", ".pdf", ".svg"):
        assert strip(film, "t", [0, 6, 12], ending) == strip(again, "t", [0, 6, 12], ending)


def test_strips(film: Film) -> None:
    for ending, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")):
        assert strip(film, "t", [0, 12], ending).startswith(start)
    narrow, wide = (opened(strip(film, "", [*range(count)], ".png")).size for count in (2, 8))
    assert narrow[0] == wide[0] == 1440
    assert narrow[1] > wide[1]
    tall = opened(strip(film, "", [*range(8)], ".png", rows=4)).size
    assert tall[0] == 1440
    assert tall[1] > 3 * narrow[1]


def test_a_frame_shows_its_moment(film: Film) -> None:
    first, again, last = (opened(gif(film, "", [time], 10)).convert("RGB").tobytes() for time in (0, 0, film.length))
    assert first == again != last


def test_every_unit_has_a_mark_of_its_own() -> None:
    assert set(KNOWN) == set(UNITS)
    assert len(set(KNOWN.values())) == len(KNOWN)
    for shape in SHAPES.values():
        assert np.hypot(*shape.T).max() <= 1.06
    assert marks(("agent",)) == [None]
    mixed = marks(("Zealot", "x", "y"))
    assert len({shape.tobytes() for shape in mixed if shape is not None}) == 3
