"""Help: every option's name stands whole on 80 columns, which is what the runner has."""

from __future__ import annotations

import re
from typing import Any

import pytest

from compose.cli.help import epilog
from tests.cli.conftest import Run
from tests.cli.test_commands import ALL


@pytest.mark.parametrize("name", sorted(ALL))
def test_no_name_of_an_option_is_cut(run: Run, name: str) -> None:
    text = run(*name.split(), "--help").out
    words = set(re.findall(r"(?<!\S)-[-\w]+", text))
    known = {option for param in ALL[name].params for option in (*param.opts, *param.secondary_opts)
             if option.startswith("-")}
    assert known <= words
    assert max(map(len, text.splitlines())) <= 80


def test_commands_are_told_by_a_whole_sentence(run: Run) -> None:
    text = run("--help").out
    assert "..." not in text.partition("Commands:")[2].partition("Examples:")[0]
    assert set(ALL) & set(re.findall(r"^  ([\w-]+) ", text, re.M)) == {name for name in ALL if " " not in name}


def test_examples_can_be_copied_at_any_width() -> None:
    class Formatter:
        width = 30
        text = ""

        def write_paragraph(self) -> None:
            self.write("\n")

        def write(self, text: str) -> None:
            self.text += text

    formatter: Any = Formatter()
    epilog("Examples:\n  $ compose train refil --env group_matching --updates 5", formatter)
    assert formatter.text == ("\nExamples:\n  $ compose train refil \\\n      --env group_matching \\\n"
                              "      --updates 5\n")
