"""What `compose diff` prints, kept in files. ``python -m tests.cli.golden`` writes them anew: read what changed."""

from __future__ import annotations

import sys
from pathlib import Path

from typer.testing import CliRunner

from compose.cli.app import app

FOLDER = Path(__file__).parent / "diffs"
DRAFTS = "tests/specs/drafts"
CASES = {
    "refil.txt": ("qmix_attention", "refil"),
    "refil.md": ("qmix_attention", "refil", "--markdown"),
    "official.txt": ("refil", "refil_official"),
    "refil_vdn.txt": ("refil", "refil_vdn"),
    "qmix.txt": ("vdn_attention", "qmix_attention"),
    "max_pooling.txt": ("qmix_attention", "qmix_max_pooling"),
    "max_pooling.md": ("qmix_attention", "qmix_max_pooling", "--markdown"),
    "group_matching.txt": ("refil", "refil_group_matching"),
    "oracle.txt": ("refil_group_matching", "refil_randomized_oracle"),
    "iql_vdn.txt": ("iql", "vdn"),
    "vdn_qmix.txt": ("vdn", "qmix"),
    "vdn_qtran.txt": ("vdn", "qtran"),
    "qmix_ow_qmix.txt": ("qmix", "ow_qmix"),
    "soft_roles.txt": ("qmix_attention", f"{DRAFTS}/soft_roles.yaml"),
    "updet.txt": ("qmix_attention", "qmix_updet"),
    "ptm.txt": ("refil", "ptm"),
    "opt_official.txt": ("opt", "opt_official"),
    "vast_flat.txt": ("vast_qmix", "local_ac_qmix"),
    "epymarl.txt": ("qmix_pymarl", "qmix_epymarl"),
    "jaxmarl.txt": ("qmix_pymarl", "qmix_jaxmarl"),
    "benchmarl.txt": ("qmix_pymarl", "qmix_benchmarl"),
    "equal.txt": ("refil_vdn", "refil_vdn_official"),
}
"""File -> what is compared, seen from the root of the repository."""


def printed(arguments: tuple[str, ...]) -> str:
    """The output of ``compose diff``."""
    return CliRunner().invoke(app, ["diff", *arguments], prog_name="compose").stdout


if __name__ == "__main__":
    for name, arguments in CASES.items():
        text = printed(arguments)
        if not text:
            sys.exit(f"{name}: compose diff {' '.join(arguments)} prints nothing")
        (FOLDER / name).write_text(text, encoding="utf-8")
