"""A module that knows where it computes, and traces its programs anew when that changes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Self

import torch
from torch import Tensor

from compose.compiler.trace import Program


class Placed(torch.nn.Module):
    """Traced for one kind of device and of number. ``to``, ``double`` and the like move it as any module; where
    one of the two is another then, its programs are traced anew."""

    programs: dict[str, Program]

    def __init__(self, device: torch.device | str, dtype: torch.dtype) -> None:
        super().__init__()
        self.register_buffer("_like", torch.empty(0, device=device, dtype=dtype), persistent=False)

    @abstractmethod
    def _traced(self) -> dict[str, Program]:
        """Its programs, as it stands."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        like: Tensor = self._buffers["_like"]  # type: ignore[assignment]
        return like.device

    @property
    def dtype(self) -> torch.dtype:
        """What its weights are."""
        like: Tensor = self._buffers["_like"]  # type: ignore[assignment]
        return like.dtype

    def _bare(self, shared: Iterable[str]) -> Self:
        """Another one in the same place, which shares some attributes and has no weights yet."""
        made = type(self).__new__(type(self))
        Placed.__init__(made, self.device, self.dtype)
        made.__dict__.update({name: self.__dict__[name] for name in (*shared, "training")})
        return made

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        before = self.device.type, self.dtype
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        if (self.device.type, self.dtype) != before:
            self.programs = self._traced()
        return self
