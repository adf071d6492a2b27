"""Frames as a GIF: one palette for all of them, so that colours neither flicker nor shift."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from compose.envs.pictures.scene import Ints

Pixels = NDArray[np.uint8]

SAMPLED = 6
"""Frames whose colours the palette is made of."""
_BITS = 6
"""Of each channel, when the nearest colour of the palette is looked up."""


def animated(frames: Sequence[Pixels], fps: float, hold: float, exact: Pixels) -> bytes:
    """A GIF that repeats for ever.

    Args:
        frames: [y x rgb].
        fps: Frames a second; a GIF counts in hundredths of a second, and browsers play nothing faster than 50.
        hold: Seconds for which the last frame stays.
        exact: Colours [colour rgb] that stay as they are, fewer than 128.
    """
    from PIL import Image

    palette = np.concatenate((exact, _mixed(frames, 255 - len(exact), exact)))
    height, width, _ = frames[0].shape
    pictures = []
    for indices in _nearest(frames, palette):
        picture = Image.frombytes("P", (width, height), indices.astype(np.uint8).tobytes())
        picture.putpalette(palette.tobytes())
        pictures.append(picture)
    times = [max(2, round(100 / fps)) * 10] * (len(pictures) - 1) + [round(hold * 1000)]
    buffer = io.BytesIO()
    pictures[0].save(buffer, format="GIF", save_all=True, append_images=pictures[1:], loop=0, optimize=False,
                     disposal=1, duration=times)
    return buffer.getvalue()


def _mixed(frames: Sequence[Pixels], count: int, exact: Pixels) -> Pixels:
    """The colours that fit some of the frames best [colour rgb], but for those that exact ones stand for."""
    from PIL import Image

    some = np.unique(np.linspace(0, len(frames) - 1, SAMPLED).round().astype(int))
    sheet = Image.fromarray(np.concatenate([frames[number] for number in some]))
    found = sheet.quantize(count, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette()
    mixed = np.array(found, np.uint8).reshape(-1, 3)[:count]
    apart = np.abs(mixed[:, None].astype(int) - exact[None].astype(int)).max(2).min(1)
    return np.asarray(mixed[apart >= 1 << 8 - _BITS], np.uint8)


def _nearest(frames: Sequence[Pixels], palette: Pixels) -> list[Ints]:
    """The place in the palette of every pixel [y x], of each frame."""
    table = np.full(1 << 3 * _BITS, -1, np.int64)
    found = []
    for frame in frames:
        red, green, blue = (frame[..., channel].astype(np.int64) >> 8 - _BITS for channel in range(3))
        box = (red << 2 * _BITS) | (green << _BITS) | blue
        new = np.unique(box[table[box] < 0])
        table[new] = _match(new, palette)
        found.append(table[box])
    return found


def _match(boxes: Ints, palette: Pixels) -> Ints:
    """The place in the palette of the colour nearest to the middle of each box of colours."""
    half, mask = (1 << 8 - _BITS) / 2 - 0.5, (1 << _BITS) - 1
    middle = np.stack([((boxes >> shift & mask) << 8 - _BITS) + half for shift in (2 * _BITS, _BITS, 0)], 1)
    distance = np.square(middle[:, None] - palette[None].astype(float)).sum(2)
    found: Ints = distance.argmin(1).astype(np.int64)
    return found
