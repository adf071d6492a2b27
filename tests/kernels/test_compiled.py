"""Kernels that are built on first use, and what happens where they cannot be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from compose.kernels import compiled
from compose.kernels.compiled import NoKernel, library, missed, mode
from compose.language.diagnostics import SpecError

pytestmark = pytest.mark.skipif(not any(map(shutil.which, ("g++", "c++", "clang++"))), reason="no compiler")


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COMPOSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("COMPOSE_KERNEL", raising=False)
    monkeypatch.delenv("CXX", raising=False)
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "seven.cpp").write_text('#include "number.h"\nextern "C" int seven() { return SEVEN; }\n')
    (folder / "number.h").write_text("#define SEVEN 7\n")
    return folder


def test_it_is_built_once_and_anew_when_sources_change(sources: Path) -> None:
    assert library(sources / "seven.cpp").seven() == 7
    (built,) = (sources.parent / "cache").iterdir()
    age = built.stat().st_mtime_ns
    assert library(sources / "seven.cpp").seven() == 7
    assert built.stat().st_mtime_ns == age
    (sources / "number.h").write_text("#define SEVEN 8\n")
    assert library(sources / "seven.cpp").seven() == 8
    assert len(list((sources.parent / "cache").iterdir())) == 2


def test_processes_may_build_at_once(sources: Path) -> None:
    code = ("import sys; from pathlib import Path; from compose.kernels.compiled import library; "
            "assert library(Path(sys.argv[1]) / 'seven.cpp').seven() == 7")
    running = [subprocess.Popen([sys.executable, "-c", code, str(sources)], cwd=Path(__file__).parents[2],
                                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(list((sources.parent / "cache").iterdir())) == 1


@pytest.mark.parametrize(("compiler", "told"), [
    ("no-such-compiler", "no C++ compiler"), ("false", "failed"), (f"{sys.executable} -c 1/0", "ZeroDivision")])
def test_without_a_working_compiler_there_is_none(
    sources: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, told: str
) -> None:
    monkeypatch.setenv("CXX", compiler)
    with pytest.raises(NoKernel, match=re.escape(told) if told == "no C++ compiler" else "failed"):
        library(sources / "seven.cpp")
    assert not any((sources.parent / "cache").glob("*"))


def test_broken_sources_leave_nothing_behind(sources: Path) -> None:
    (sources / "seven.cpp").write_text("int seven( {")
    with pytest.raises(NoKernel, match="error"):
        library(sources / "seven.cpp")
    assert not any((sources.parent / "cache").iterdir())


def test_a_broken_library_is_no_kernel(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_build", lambda compiler, main, place: place.write_text("no library"))
    with pytest.raises(NoKernel, match="cannot be loaded"):
        library(sources / "seven.cpp")


def test_a_cache_that_is_no_folder_or_open_to_all_is_refused(sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = sources.parent / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    for place in (sources / "seven.cpp", shared):
        monkeypatch.setenv("COMPOSE_CACHE", str(place))
        with pytest.raises(NoKernel, match="COMPOSE_CACHE"):
            library(sources / "seven.cpp")


def test_the_switch(sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    compiled._say.cache_clear()
    for _ in range(2):
        missed("a thing", "no compiler")
    told = capsys.readouterr().err
    assert told.count("a thing") == 1
    assert "no compiler" in told
    monkeypatch.setenv("COMPOSE_KERNEL", "on")
    with pytest.raises(SpecError, match="no compiler"):
        missed("a thing", "no compiler")
    monkeypatch.setenv("COMPOSE_KERNEL", "off")
    with pytest.raises(NoKernel):
        library(sources / "seven.cpp")
    missed("another thing", "")
    assert not capsys.readouterr().err
    monkeypatch.setenv("COMPOSE_KERNEL", "of")
    with pytest.raises(SpecError, match="off"):
        mode()
