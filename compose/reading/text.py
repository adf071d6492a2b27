"""Types, sizes and numbers as people read them."""

from __future__ import annotations

from compose.reading.words import count, number, size, sized, typed

__all__ = ["count", "number", "size", "sized", "typed"]
