"""The entry point: whatever happens, a person reads a line or two, and never a traceback."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from compose.cli import app as commands
from compose.cli import failure
from compose.cli.entry import main
from compose.language.diagnostics import dotted

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> object:
    """Runs a command that raises or does what it is given; exit code, standard error, and the files that it kept."""
    monkeypatch.setattr(failure.tempfile, "tempdir", str(tmp_path))

    def ran(what: BaseException | Callable[[], object]) -> tuple[object, str, list[Path]]:
        def command() -> None:
            if isinstance(what, BaseException):
                raise what
            what()

        monkeypatch.setattr(commands, "app_for", lambda arguments: lambda prog_name: command())
        before = signal.getsignal(signal.SIGINT)
        with pytest.raises(SystemExit) as end:
            try:
                main()
            finally:
                signal.signal(signal.SIGINT, before)
        return end.value.code, capfd.readouterr().err, list(tmp_path.glob("compose-*.log"))

    return ran


def test_a_mistake_of_ours_says_so_and_keeps_the_details(run) -> None:  # type: ignore[no-untyped-def]
    code, told, (kept,) = run(lambda: dotted(3))  # type: ignore[arg-type]
    assert code == 70
    head, hint, note = told.splitlines()
    assert head.startswith("error[bug]  this is a mistake in compose itself: TypeError: ")
    assert head.endswith("(diagnostics.py, line " + head.rpartition(" ")[2])
    assert hint.startswith("  please report it, with the details, to ")
    assert note == f"  = details: {kept}"
    assert "Traceback (most recent call last)" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory: you tried to allocate 9 bytes")])
def test_out_of_memory_is_no_mistake_of_ours(run, error: Exception) -> None:  # type: ignore[no-untyped-def]
    code, told, kept = run(error)
    assert (code, kept) == (2, [])
    assert told.startswith("error[memory]  there is not enough memory for this\n")


def test_an_interrupt_is_one_line(run) -> None:  # type: ignore[no-untyped-def]
    assert run(KeyboardInterrupt()) == (130, "\ninterrupted\n", [])


def test_exit_codes_are_kept(run) -> None:  # type: ignore[no-untyped-def]
    assert run(SystemExit(3)) == (3, "", [])


def test_code_that_was_given_is_blamed_for_what_it_raises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.py"
    file.write_text("def f():\n    return {}['x']\n", encoding="utf-8")
    found = importlib.util.spec_from_file_location("mine", file)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    with pytest.raises(KeyError) as caught:
        module.f()
    assert failure.explained(caught.value) == 2
    told = capsys.readouterr().err
    assert "error[plugin.failed]  code that was given failed: KeyError: 'x' (mine.py, line 2)" in told
    Path(told.partition("details: ")[2].strip()).unlink()


def test_details_that_cannot_be_kept(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(failure.tempfile, "mkstemp", refuse)
    with pytest.raises(typer.BadParameter) as caught:
        raise typer.BadParameter("x")
    failure.explained(caught.value)
    assert "the details could not be kept: No space left on device" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="closes descriptors")
@pytest.mark.parametrize("end", ["| head -n 1", "| true", ">&-", ">&- 2>&-"])
def test_a_reader_that_is_gone_hears_nothing(end: str) -> None:
    command = f"{sys.executable} -c 'from compose.cli import main; main()' list specs {end}"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_the_first_second_can_be_interrupted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: list[str]) -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("half of a library") from None

    monkeypatch.setattr(commands, "app_for", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
    with pytest.raises(SystemExit) as end:
        try:
            main()
        finally:
            signal.signal(signal.SIGINT, before)
    assert (end.value.code, capfd.readouterr().err) == (130, "\ninterrupted\n")


@pytest.mark.parametrize("arguments", [
    ["check", "--help"], ["env", "--help"], ["env", "list", "--help"], ["chek", "refil"], ["--help"], [], ["check"],
    ["check", "refil", "--nope"], ["env", "nope"], ["-h", "check"],
])
def test_the_one_command_that_is_asked_for_is_as_in_the_whole(arguments: list[str]) -> None:
    whole, one = (CliRunner().invoke(app, arguments, prog_name="compose")
                  for app in (commands.app, commands.app_for(arguments)))
    assert (one.exit_code, one.output) == (whole.exit_code, whole.output)
