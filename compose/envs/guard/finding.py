"""One thing that an environment does and should not, and where it shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from compose.language.diagnostics import Diagnostic, SpecError


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was expected and what was found instead."""

    code: str
    """Stable: ``env.one_hot``."""
    expected: str
    found: str
    field: str = ""
    """The field, or the part of a :class:`~compose.envs.interface.Transition`, in which it shows."""
    place: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Where it shows first: seed, episode, step, agent, entity and so on, as far as they apply. Field values of step t
    are those before step t is taken; rewards and flags of step t are what it gave."""
    times: int = 1
    """In how many places."""
    see: str = ""
    """What shows it: Python, such as ``play("mine", range(32), seed=0).fields["entities"][4, 3]``, or a command."""

    def diagnostic(self) -> Diagnostic:
        """The same as every other mistake is shown."""
        at = [self.field, *(f"{axis} {index}" for axis, index in self.place.items())]
        notes = [f"in {self.times:,} places; this is the first"] if self.times > 1 else []
        notes += [f"see it: {self.see}"] if self.see else []
        return Diagnostic(self.code, f"expected {self.expected}; found {self.found}",
                          where=", ".join(part for part in at if part), notes=tuple(notes))

    def as_json(self) -> dict[str, Any]:
        """Plain data, for tools."""
        return {"code": self.code, "expected": self.expected, "found": self.found, "field": self.field,
                "place": dict(self.place), "times": self.times, "see": self.see}


class Broken(SpecError):
    """An environment could not be made or played to the end."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*(finding.diagnostic() for finding in findings))
        self.findings = findings
