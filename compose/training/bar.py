"""One line on a terminal that says how far something is, in as many words as the terminal is wide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rich.console import Console, ConsoleOptions
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType
from rich.text import Text

from compose.language.media import terminal

_PLACE = "{bar}"


class Bar:
    """Redrawn several times a second while it is open; what is printed meanwhile stands above it.

    Args:
        console: A terminal.
        forms: Gives what there is to say, the longest form first; ``{bar}`` in it is where the bar stands.
        share: Gives the part that is done, 0 to 1.
    """

    def __init__(self, console: Console, forms: Callable[[], Sequence[str]], share: Callable[[], float]) -> None:
        self.console, self.forms, self.share = console, forms, share
        self._live = Live(self, console=console, refresh_per_second=4)
        self._length, self._width = 0, 0

    def start(self) -> None:
        """Begin to draw."""
        self._live.start(refresh=True)

    def stop(self) -> None:
        """Draw for the last time and leave the line."""
        self._live.stop()

    def line(self, width: int) -> str:
        """The longest form that fits, the bar as long as there is room (4 to 40, else none)."""
        forms = self.forms()
        for form in forms:
            room = width - len(form.replace(_PLACE, ""))
            if _PLACE not in form:
                if room >= 0:
                    return form
            elif room >= 4:
                return form.replace(_PLACE, self._drawn(min(room, 40)))
        return forms[-1][:width]

    def _drawn(self, length: int) -> str:
        full, rest = ("█", "░") if self.console.encoding.startswith("utf") else ("#", ".")
        done = int(min(max(self.share(), 0.0), 1.0) * length)
        return full * done + rest * (length - done)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Control | Text]:
        width = options.max_width
        above = (self._length - 1) // width if 0 < width < self._width else 0
        for _ in range(above):  # a terminal that has become narrower has broken the line that stands there
            yield Control((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2))
        text = terminal(self.line(width - 1))
        self._length, self._width = len(text), width
        yield Text(text, no_wrap=True, overflow="crop", end="")
