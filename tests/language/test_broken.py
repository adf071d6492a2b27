"""Broken specs and what is said about them: ``tests/broken/NAME.yaml`` beside ``NAME.txt``.

Comments in a spec say how it is checked: ``# env: smac/3-8sz``, ``# set: params.embed=64``. To write the texts anew
after a change, and then read every one of them: ``python -m tests.language.test_broken``.
"""

import os
import re
from pathlib import Path

import pytest

from compose.envs import catalogue
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language.diagnostics import SpecError
from compose.language.files import packaged_specs
from compose.language.load import load

FOLDER = Path(__file__).parent.parent / "broken"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith("_parent"))


def said(name: str) -> str:
    """All diagnostics of a spec, as the folder of broken specs sees them."""
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8", errors="replace")
    env = re.search(r"^# env: (.+)$", text, re.MULTILINE)
    try:
        loaded = load(f"{name}.yaml", re.findall(r"^# set: (.+)$", text, re.MULTILINE))
        proofs = prove(build_graph(loaded, catalogue.schema(env[1]) if env else None))
    except SpecError as error:
        text = str(error).replace(str(packaged_specs()), "specs")
        return text.replace(str(FOLDER.resolve().parents[1]), "PROJECT") + "\n"
    unmet = [(f"{p.name}: {p.outcome}, but the spec claims {p.expected}", f"  {p.how}", f"  {' -> '.join(p.path)}")
             for p in proofs if not p.as_claimed]
    return "".join(f"{line}\n" for lines in unmet for line in lines) or "nothing is wrong\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    assert said(name) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_many_different_mistakes_are_shown() -> None:
    assert not any("nothing is wrong" in (FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES)
    codes = {code for name in NAMES for code in re.findall(r"error\[(.+?)\]", (FOLDER / f"{name}.txt").read_text())}
    assert len(codes) >= 40
    assert len(NAMES) >= 60


if __name__ == "__main__":
    os.chdir(FOLDER)
    for each in NAMES:
        Path(f"{each}.txt").write_text(said(each), encoding="utf-8")
