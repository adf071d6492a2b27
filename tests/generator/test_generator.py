"""Random well-typed specs: nothing that is proved of them is false, and all that are accepted can be learned.

``python -m tests.generator FROM TO`` judges any range of seeds and sums up.
"""

from __future__ import annotations

import pytest
import torch

from compose.language.registry import catalogue
from tests.generator.generate import generate
from tests.generator.verdict import TRIALS, Verdict, judge

SHORT, LONG, CHUNK = 300, 20_000, 15


def judged(seeds: range, *, thorough: bool = False, trials: int = TRIALS) -> list[Verdict]:
    """The verdicts on some seeds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return [judge(generate(seed), thorough=thorough, trials=trials) for seed in seeds]
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
    nothing_false(judged(range(first, first + CHUNK), trials=1))


@pytest.mark.more
@pytest.mark.parametrize("first", range(0, SHORT, SHORT // 3))
def test_programs_and_numeric_attacks_agree(first: int) -> None:
    """On every twentieth seed: programs are the plain interpreter's, ``check --numeric`` refutes nothing proved."""
    nothing_false(judged(range(first, first + SHORT // 3, 20), thorough=True))


@pytest.mark.long
@pytest.mark.parametrize("first", range(SHORT, LONG, 100))
def test_nothing_is_false_about_many(first: int) -> None:
    nothing_false(judged(range(first, first + 100)))


def test_a_seed_is_a_spec() -> None:
    assert [generate(seed).text for seed in (3, 4)] == [generate(seed).text for seed in (3, 4)]


def test_blocks_of_all_kinds_are_generated() -> None:
    texts = "\n".join(generate(seed).text for seed in range(20))
    used = {tag for tag in catalogue() if f"block: {tag}" in texts}
    assert len(used) > len(catalogue()) / 3
