"""What is made of a config: a patch on a preset, and what became of every key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from compose.language.dump import dump

How = Literal["carried", "no meaning", "not carried"]
Library = Literal["PyMARL", "PyMARL2", "EPyMARL"]


@dataclass(frozen=True)
class Told:
    """What became of one key."""

    key: str
    value: str
    how: How
    text: str


@dataclass
class Imported:
    """A spec made of a config."""

    origin: Library
    preset: str
    name: str
    patch: dict[str, Any] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    def text(self, sources: str) -> str:
        """The file: the patch on the preset, and below it every key of the config."""
        head = {"compose": 1, "name": self.name, "summary": f"Settings of {self.origin}, as a patch on {self.preset}.",
                "extends": self.preset}
        lines = [dump({**head, **self.patch}), f"# Of {sources}.\n"]
        for how in ("carried", "no meaning", "not carried"):
            mine = [one for one in self.told if one.how == how]
            lines += [f"# {how}:\n"] if mine else []
            lines += [f"#   {one.key}: {one.value}" + (f"  ({one.text})" if one.text else "") + "\n" for one in mine]
        return "".join(lines)
