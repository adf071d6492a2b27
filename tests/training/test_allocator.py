"""Memory that one step frees serves the next."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, torch
from compose.training.allocator import keep_freed_memory
torch.set_num_threads(1)
if sys.argv[1] == "keep":
    assert keep_freed_memory()
make = lambda: torch.ones(16 << 20).sum()
for _ in range(40):  # until pieces of all sizes are there
    make()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
make()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.more
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have no such options")
def test_freed_memory_is_not_mapped_again() -> None:
    faults = {how: int(subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True,
                                      check=True).stdout) for how in ("return", "keep")}
    assert faults["keep"] * 10 < faults["return"]
