"""Tensors as the bytes of a safetensors file, the same bytes for the same tensors."""

from __future__ import annotations

import json
from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor

LENGTH = 8
"""Bytes of the number that says how long the header is, and what the header's length is a multiple of."""


def packed(tensors: Mapping[str, Tensor], about: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a safetensors file. The library writes ``about`` in an order that changes from process to process;
    here it is sorted."""
    data = save({name: x.detach().cpu().contiguous().clone() for name, x in tensors.items()}, dict(about or {}) or None)
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    entries = json.loads(data[LENGTH:end])
    header = json.dumps(entries, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % LENGTH)
    return len(header).to_bytes(LENGTH, "little") + header + data[end:]
