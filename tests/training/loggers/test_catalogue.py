"""Loggers by name: what is missing is said before anything is written."""

from importlib.metadata import EntryPoint
from importlib.util import find_spec

import pytest

from compose.language.diagnostics import SpecError
from compose.training.loggers import catalogue
from compose.training.loggers.catalogue import OURS, find
from tests.training.loggers.book import Book

HERE = {"book": "tests.training.loggers.book:Book", "lost": "tests.training.loggers.nowhere:X",
        "no_class": "tests.training.loggers.book:__doc__"}


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    entries = [EntryPoint(name, value, catalogue.GROUP) for name, value in HERE.items()]
    monkeypatch.setattr(catalogue.metadata, "entry_points",
                        lambda group, name=None: [one for one in entries if name in (None, one.name)])


def test_others_loggers_are_found_by_their_entry_points():
    assert find(["book", "book"]) == {"book": Book}
    assert catalogue.names() == [*OURS, "book", "lost", "no_class"]


def test_every_mistake_is_told_with_what_helps(monkeypatch):
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None)
    with pytest.raises(SpecError) as caught:
        find(["tensorbord", "wandb", "lost", "no_class", "book"])
    told = [(one.where, one.message, one.hint) for one in caught.value.diagnostics]
    assert told[0] == ("--log tensorbord", "there is no logger 'tensorbord'", "Did you mean 'tensorboard'?")
    assert told[1] == ("--log wandb", "the package 'wandb' is not installed", 'pip install "compose-marl[wandb]"')
    assert "fails: ModuleNotFoundError" in told[2][1]
    assert "is no class of compose.Logger" in told[3][1]
    assert len(told) == 4


def test_a_folder_of_the_name_is_no_package(tmp_path, monkeypatch):
    if find_spec("wandb") is not None:
        pytest.skip("wandb is installed")
    (tmp_path / "wandb").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SpecError, match="'wandb' is not installed"):
        find(["wandb"])
