"""The result of one check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Outcome = Literal["proved", "soft", "not proved", "refuted", "not applicable"]
"""``soft``: not by structure, but where losses that the spec has are 0."""


@dataclass(frozen=True)
class Proof:
    """``how`` says why it holds, or what stands in the way; ``path`` names the nodes from the cause to the effect."""

    name: str
    """What was looked at: ``igm``, ``decentralised``, ..."""
    outcome: Outcome
    """What came out."""
    how: str = ""
    """Why it holds, or what stands in the way."""
    path: tuple[str, ...] = ()
    """Nodes from the cause to the effect."""
    expected: str | None = None
    """What the spec claims: proved, refuted, soft or none; None if it claims nothing."""

    @property
    def as_claimed(self) -> bool:
        """Does the outcome agree with the claim? A claim of "refuted" is met by whatever is not proved."""
        if self.expected == "proved":
            return self.outcome == "proved"
        if self.expected == "soft":
            return self.outcome in ("soft", "proved")
        return self.outcome != "proved" if self.expected == "refuted" else True

    def as_json(self) -> dict[str, Any]:
        """The same as plain data, for tools."""
        return {**asdict(self), "path": list(self.path), "as_claimed": self.as_claimed}
