"""Objects of the Python builder that refuse what nobody would read."""

from __future__ import annotations

from compose.language.diagnostics import did_you_mean
from compose.language.handles import misuse


class Closed:
    """Has its own attributes and no others; a subclass says what to write instead (:meth:`_instead`)."""

    def __setattr__(self, name: str, value: object) -> None:
        misuse(f"'{name}' cannot be assigned here: nothing would read it", self._instead(name))

    def __delattr__(self, name: str) -> None:
        misuse(f"'{name}' cannot be deleted", "what is inherited goes by assigning None to its name")

    def _instead(self, name: str) -> str:
        """What to write instead; empty if there is no telling."""
        return did_you_mean(name, (known for known in dir(self) if not known.startswith("_")))
