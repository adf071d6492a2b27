"""Whether an environment can be held in memory at all, told before anything is allocated. No torch here."""

from __future__ import annotations

import math
import os

from compose.graph.schema import EntitySchema
from compose.language.diagnostics import Diagnostic, SpecError

_BYTES = {"float": 4, "bool": 1, "int": 8}
_GIB = 2**30


def check_size(schema: EntitySchema) -> None:
    """Refuse an environment of which not even one episode fits into the memory of this machine.

    Raises:
        SpecError: ``env.size``, naming the largest field.
    """
    sizes = {**schema.sizes, "batch": 1}
    fields = {name: _BYTES[field.dtype] * math.prod(sizes[axis.removesuffix("'")] for axis in field.axes)
              for name, field in schema.fields.items()}
    need, there = sum(fields.values()), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if need > there:
        largest = max(fields, key=lambda name: fields[name])
        axes = ", ".join(f"{axis} {sizes[axis.removesuffix(chr(39))]:,}" for axis in schema.fields[largest].axes
                         if axis != "batch")
        text = f"one episode would take {need / _GIB:,.1f} GiB, and this machine has {there / _GIB:,.1f} GiB"
        raise SpecError(Diagnostic("env.size", text, schema.name, hint="make it smaller or shorter",
                                   notes=(f"most of it is {largest}: {axes}",)))
