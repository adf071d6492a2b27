"""Help as plain text: names of options stand whole at any width, examples are printed as they are typed."""

from __future__ import annotations

import re
from typing import Any

from typer.core import TyperCommand

INDENT = " " * 6


class Command(TyperCommand):
    """A command whose examples are no paragraph."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what stands below the options."""
        epilog(self.epilog, formatter)


def epilog(text: str | None, formatter: Any) -> None:
    """Lines as they are; a command that is too long is broken before an option, as a shell reads it."""
    if text:
        formatter.write_paragraph()
        for line in text.splitlines():
            formatter.write("".join(f"{part}\n" for part in _broken(line, formatter.width)))


def _broken(line: str, width: int) -> list[str]:
    if not line.strip().startswith("$ "):
        return [line]
    first, *rest = re.split(r" (?=-)", line)
    lines = [first]
    for part in rest:
        if len(f"{lines[-1]} {part} \\") > width:
            lines[-1] += " \\"
            lines.append(INDENT + part)
        else:
            lines[-1] += f" {part}"
    return lines
