"""The version of the language: every file says which one it is written in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.tree import Node

VERSION = 1

STEPS: Mapping[int, Callable[[Node], Node]] = {}
"""Version -> a pure step from a file's tree in that version to the next one's."""


def upgraded(root: Node, file: str, *, steps: Mapping[int, Callable[[Node], Node]] = STEPS,
             version: int = VERSION) -> Node:
    """The tree in the language's present version.

    Raises SpecError: ``version.missing``, ``version.newer``, ``version.unknown``.
    """
    stated = root.members.get("compose")
    if stated is None:
        raise SpecError(Diagnostic("version.missing", "the language version is missing", "", root.span,
                                   f"add the line: compose: {version}"))
    number = stated.value
    hint = f"this is version {version}; write compose: {version}"
    if isinstance(number, bool) or not isinstance(number, int):
        found = "a version is a whole number, without quotes"
        raise SpecError(Diagnostic("version.unknown", found, "compose", stated.span, hint))
    if number < min(steps, default=version):
        found = f"there is no version {number} of the language"
        raise SpecError(Diagnostic("version.unknown", found, "compose", stated.span, hint))
    if number > version:
        found = f"{file} needs version {number} of the language, this is version {version}"
        raise SpecError(Diagnostic("version.newer", found, "compose", stated.span, "upgrade compose-marl"))
    for old in range(number, version):
        root = steps[old](root)
    return root
