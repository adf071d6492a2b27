"""A group of commands: its help, and what the command line says of a mistake in the command itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from compose.cli.help import epilog
from compose.language.media import terminal


class Commands(TyperGroup):
    """A group of commands whose messages quote arguments as a terminal may be shown them."""

    def make_context(self, *args: Any, **more: Any) -> Any:
        """Read the arguments that stand before the command's name."""
        with _printable():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; it reads its arguments inside."""
        with _printable():
            return super().invoke(ctx)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, each with its whole first sentence."""
        rows = [(name, self.commands[name].get_short_help_str(1000)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what stands below the commands."""
        epilog(self.epilog, formatter)


@contextmanager
def _printable() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        said = getattr(error, "message", None)
        if isinstance(said, str) and hasattr(error, "format_message"):  # click's own errors, whoever brings click along
            error.message = terminal(said)  # type: ignore[attr-defined]
        raise
