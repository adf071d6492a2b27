"""The benchmark of `make demo` runs what the Makefile says, and once only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import demo_seeds
import pytest

TINY = ["vdn_attention", "--env", "group_matching:agents=2,cells=3,limit=5", "--updates", "2", "--eval-episodes", "4",
        "--chance", "4", "--until", "solved=0.95", "--mark", "1"]  # fmt: skip


def row(**changes: Any) -> dict[str, Any]:
    return {"demo": TINY, "way": "plain", "threads": 1, "seed": 0, "solved": 0.97, "updates": 300, "wall": 40.0,
            "cpu": 30.0, "processor": "a processor", "python": "3", "torch": "2"} | changes  # fmt: skip


def test_the_demo_is_read_from_the_makefile() -> None:
    found = demo_seeds.demo_arguments((demo_seeds.ROOT / "Makefile").read_text(encoding="utf-8"))
    assert found[:2] == ["examples/quick_refil.yaml", "--env"]
    assert {"--until", "--mark", "--chance"} <= set(found)
    assert "--threads" not in found
    assert demo_seeds.demo_arguments("x:\nDEMO ?= a --threads 2 \\\n  --updates 3\nrun:\n") == ["a", "--updates", "3"]
    with pytest.raises(ValueError, match="sets no DEMO"):
        demo_seeds.demo_arguments("x:\n")


def test_a_table_has_a_line_for_each_way_and_number_of_threads() -> None:
    rows = [row(), row(seed=1, solved=0.91, cpu=34.4), row(threads=2), row(way="nudged")]
    lines = demo_seeds.table(rows).splitlines()
    assert lines[2] == "| plain | 1 | 2 | 0.910 | 0.940 | 0.970 | 300 to 300 | 30 to 34 | 40 to 40 |"
    assert [line.split(" | ")[:2] for line in lines[3:5]] == [["| plain", "2"], ["| nudged", "1"]]
    assert lines[-1] == "a processor, Python 3, torch 2"


@pytest.mark.more
def test_a_run_is_a_process_and_stays(tmp_path: Path) -> None:
    found = demo_seeds.run(TINY, tmp_path / "a", "nudged", 1, 7)
    assert (found["seed"], found["threads"], found["updates"], found["exit"]) == (7, 1, 2, 1)
    assert found["cpu"] > 0
    assert json.loads((tmp_path / "a" / "row.json").read_text()) == found
    assert demo_seeds.finished(tmp_path / "a", TINY)
    assert not demo_seeds.finished(tmp_path / "a", [*TINY, "--passes"])
    assert not demo_seeds.finished(tmp_path / "b", TINY)
