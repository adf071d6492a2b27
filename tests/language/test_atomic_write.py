"""What is replaced, and what never is."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from compose.language.atomic_write import destination, replace_file, save, temporary
from compose.language.diagnostics import SpecError


def bound(path: Path) -> None:
    os.chdir(path.parent)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


@pytest.mark.parametrize(("make", "said"), [
    (Path.mkdir, "it is a directory, not a file"),
    (os.mkfifo, "it is a pipe, not a file"),
    (bound, "it is a socket, not a file"),
    (lambda path: path.symlink_to("/dev/null"), "it is a device, not a file"),
    (lambda path: path.symlink_to(path), "it is a link that leads to itself, not a file"),
])  # fmt: skip
def test_only_files_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object],
                                 said: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x"
    make(path)
    before = path.lstat()
    with pytest.raises(SpecError) as refused:
        save(path, "text")
    assert refused.value.diagnostics[0].code == "file.write"
    assert refused.value.diagnostics[0].message == f"{path} cannot be written: {said}"
    assert os.path.samestat(path.lstat(), before)
    assert os.listdir(tmp_path) == ["x"]


def test_a_device_stays_one() -> None:
    with pytest.raises(OSError, match="a device, not a file"):
        destination(Path("/dev/null"))
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for number, name in enumerate(("old", "new")):
        link, file = tmp_path / f"link{number}", tmp_path / "there" / name
        link.symlink_to(Path("there", name))
        if name == "old":
            file.write_text("before")
        replace_file(link, "after")
        assert link.is_symlink()
        assert file.read_text() == "after"
        assert not file.is_symlink()
    assert sorted(os.listdir(tmp_path / "there")) == ["new", "old"]


def test_nobody_reads_what_could_not_be_read_before(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("secret")
    file.chmod(0o600)
    replace_file(file, "another")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_under_the_name_of_the_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    file, victim = tmp_path / "x", tmp_path / "victim"
    victim.write_text("precious")
    temporary(file).symlink_to(victim)
    replace_file(file, "text")
    assert victim.read_text() == "precious"
    assert file.read_text() == "text"
    assert sorted(os.listdir(tmp_path)) == ["victim", "x"]
