"""Random well-typed specs: nothing that is proved of them is false, and all that are accepted can be learned.

``python -m tests.generator FROM TO`` judges any range of seeds and sums up.
"""

from __future__ import annotations

import pytest
import torch

from compose.language.registry import catalogue
from tests.generator.generate import generate
from tests.generator.verdict import Verdict, judge

SHORT, LONG, CHUNK = 300, 20_000, 15


def judged(first: int, count: int) -> list[Verdict]:
    """The verdicts on some seeds, on every sixtieth a thorough one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [judge(generate(seed), thorough=seed % 60 == 0) for seed in range(first, first + count)]
    finally:
        torch.set_num_threads(threads)


def nothing_false(verdicts: list[Verdict]) -> None:
    """Fail with every spec of which something is false, its seed and its text."""
    wrong = [str(verdict) for verdict in verdicts if verdict.false]
    assert not wrong, "\n\n".join(wrong)
    assert sum(v.accepted for v in verdicts) > len(verdicts) / 2


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SHORT, CHUNK))
def test_nothing_is_false_about_generated_specs(first: int) -> None:
    nothing_false(judged(first, CHUNK))


@pytest.mark.long
@pytest.mark.parametrize("first", range(SHORT, LONG, 100))
def test_nothing_is_false_about_many(first: int) -> None:
    nothing_false(judged(first, 100))


def test_a_seed_is_a_spec() -> None:
    assert [generate(seed).text for seed in (3, 4)] == [generate(seed).text for seed in (3, 4)]


def test_blocks_of_all_kinds_are_generated() -> None:
    texts = "\n".join(generate(seed).text for seed in range(20))
    used = {tag for tag in catalogue() if f"block: {tag}" in texts}
    assert len(used) > len(catalogue()) / 3
