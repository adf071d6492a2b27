"""SMAX without JaxMARL: its schemas, and what is said by who would play it. With it: ``tests/smax``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from compose.envs.adapters.smax import family
from compose.envs.catalogue import make, schema
from compose.language.diagnostics import SpecError


def test_schemas_are_those_of_smac_without_flat_vectors() -> None:
    ours, smac = schema("smax/2s3z"), schema("smac/2s3z")
    assert (ours.features, ours.actions, ours.types) == (smac.features, smac.actions, smac.types)
    assert smac.fields.keys() - ours.fields.keys() == {"observation", "state"}
    assert (ours.limit, schema("smax/2s3z:limit=7").limit, smac.limit) == (100, 7, 120)


def test_no_jaxmarl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "find_spec", lambda name: None)
    with pytest.raises(SpecError) as caught:
        make("smax/3m:limit=9")
    assert str(caught.value) == (
        "error[smax.missing]  smax/3m: jaxmarl is not installed\n  pip install 'compose-marl[smax]'\n"
        "  = skirmish/3m is a battle of the same size and needs no jax"
    )
    with pytest.raises(SpecError, match="no environment 'smax/MMM'"):
        make("smax/MMM")


def test_schemas_need_neither_torch_nor_jax() -> None:
    code = ("import sys, compose.envs.catalogue as c\nc.schema('smax/3m')\nc.schema('smac/3m')\n"
            "sys.exit(bool({'torch', 'jax', 'jaxmarl', 'pysc2', 'smac'} & set(sys.modules)))")
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
