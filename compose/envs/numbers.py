"""Instances that are called by a number: some are listed, any other is known. No torch here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

Settings = TypeVar("Settings")


class Numbers(Mapping[str, Settings], Generic[Settings]):
    """Settings by a number in 1 .. ``most``, and by the empty name those of the first that is listed."""

    def __init__(self, most: int, listed: Sequence[str], made: Callable[[int], Settings]) -> None:
        self._most, self._listed, self._made = most, tuple(listed), made

    def __getitem__(self, name: str) -> Settings:
        name = name or self._listed[0]
        if not (name.isascii() and name.isdigit() and name[0] != "0" and len(name) <= len(str(self._most))):
            raise KeyError(name)
        if int(name) > self._most:
            raise KeyError(name)
        return self._made(int(name))

    def __iter__(self) -> Iterator[str]:
        return iter(("", *self._listed))

    def __len__(self) -> int:
        return 1 + len(self._listed)
