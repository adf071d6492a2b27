"""Runs the code blocks of one page, from top to bottom, in one temporary folder."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml
from typer.testing import CliRunner

from compose.cli.app import app
from compose.envs import families as envs
from compose.envs.catalogue import schema
from compose.graph.build import build_graph
from compose.graph.proofs import prove
from compose.language import registry as blocks
from compose.language.load import load, load_text
from compose.language.nodes import read_node
from compose.study.file.model import Search
from compose.study.file.reading import load_study
from tests.docs.snippets import ROOT, Snippet, commands

SHORT = (
    (r"--updates \d+", "--updates 2"), (r"--env-steps \d+", "--env-steps 200"), (r"--chance \d+", "--chance 4"),
    (r"--eval-episodes \d+", "--eval-episodes 2"), (r"--episodes \d+", "--episodes 34"), (r"--mark [\d.]+", ""),
    (r"--seeds \S+", "--seeds 0..1"),
    (r"^compose study (\S+ \S+)", r"compose study \1 --set train.updates=2 --set train.chance=4 --set seeds=0..1"),
)  # fmt: skip
"""How a training of minutes becomes one of seconds."""
SHELL = ("cat", "cp", "head", "ls", "mkdir", "sed")


class Session:
    """What the reader of a page has done so far."""

    def __init__(self, folder: Path, *, long: bool, slow: bool) -> None:
        self.folder, self.long, self.slow, self.code = folder, long, slow, 0
        self.names: dict[str, Any] = {"__name__": "page"}
        for name in ("specs", "examples"):
            (folder / name).symlink_to(ROOT / name)

    def run(self, snippet: Snippet) -> None:
        """Run one block, or check it in the way its language asks for. Raises AssertionError with what differs."""
        if snippet.mark.startswith("not run: ") or (snippet.mark == "slow" and not self.slow):
            return
        match snippet.language:
            case "console":
                for command in commands(snippet.text):
                    self._command(command.text, command.shown, snippet.mark)
            case "yaml":
                self._yaml(snippet)
            case "python":
                self._python(snippet)
            case "json":
                json.loads(snippet.text)
            case "toml":
                tomllib.loads(snippet.text)
            case "" | "text" | "bibtex":
                assert "$ " not in snippet.text, "a block with commands is a console block"
            case language:
                raise AssertionError(f"nobody knows how to check a block of {language}")

    def _command(self, text: str, shown: str, mark: str) -> None:
        short = mark == "long" and not self.long
        if text == "echo $?":
            said = f"{self.code}\n"
        else:
            command = text if text != "make demo" else demo()
            self.code, said = self._said(shortened(command) if short else command)
            assert shown or self.code == 0, f"{text}\nexit code {self.code}\n{said}"
        if shown and not short:
            assert agrees(shown, said, numbers=mark != "long"), f"$ {text}\n{said}\n--- but the page shows\n{shown}"

    def _said(self, text: str) -> tuple[int, str]:
        """Exit code and output of a command, which finds no blocks of tests and leaves none, as a process would."""
        registered, imported, environments = dict(blocks.catalogue()), set(sys.modules), envs.registered()
        for tag, block in registered.items():
            if block.__module__.startswith("tests."):
                del blocks._REGISTRY[tag]
        try:
            return self._done(text)
        finally:
            blocks._REGISTRY.clear()
            blocks._REGISTRY.update(registered)
            envs._REGISTERED.clear()
            envs._REGISTERED.update(environments)
            for name in set(sys.modules) - imported:
                if str(getattr(sys.modules[name], "__file__", None)).startswith(str(self.folder)):
                    del sys.modules[name]

    def _done(self, text: str) -> tuple[int, str]:
        words = shlex.split(text, comments=True)
        if words[0] == "compose":
            result = CliRunner().invoke(app, words[1:], prog_name="compose")
            if result.exception is not None and not isinstance(result.exception, SystemExit):
                raise result.exception
            return result.exit_code, result.output
        if words[0] == "python" and len(words) == 2:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                runpy.run_path(words[1], run_name="__main__")
            return 0, out.getvalue()
        assert words[0] in SHELL, f"mark it `not run: REASON`, or teach the test: {text}"
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def _python(self, snippet: Snippet) -> None:
        if snippet.title:
            (self.folder / snippet.title).write_text(snippet.text, encoding="utf-8")
        else:
            exec(compile(snippet.text, f"line {snippet.line}", "exec"), self.names)

    def _yaml(self, snippet: Snippet) -> None:
        data = yaml.safe_load(snippet.text) or {}
        if snippet.title.startswith(("specs/", "examples/")):
            whole = code((ROOT / snippet.title).read_text(encoding="utf-8"))
            assert f"\n{code(snippet.text)}\n" in f"\n{whole}\n", f"this is no part of {snippet.title}"
        elif snippet.title:
            (self.folder / snippet.title).write_text(snippet.text, encoding="utf-8")
        if snippet.mark == "broken":
            assert snippet.title, "a block that shows a mistake is a file that a command then refuses"
        elif "study" in data:
            load_study(snippet.title)
        elif "search" in data.get("vary", {}):
            Search.model_validate_json(json.dumps(data["vary"]))
        elif "compose" in data:
            loaded = load(f"./{snippet.title}") if snippet.title else load_text(snippet.text)
            example = loaded.spec.example_env
            if not loaded.spec.abstract:
                proofs = prove(build_graph(loaded, schema(example) if example else None))
                assert all(proof.as_claimed for proof in proofs)
        elif not snippet.title:
            for node in data.values():
                if isinstance(node, dict) and {"block", "network"} & set(node):
                    read_node(node)


def demo() -> str:
    """The training of ``make demo``."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(r"^DEMO \?= (.*)$", makefile, re.MULTILINE)
    assert found is not None
    return f"compose train {found[1]} --run runs/demo"


def code(yaml_text: str) -> str:
    """The lines of a spec without comments."""
    lines = (re.sub(r"(^|\s+)#.*", "", line).rstrip() for line in yaml_text.splitlines())
    return "\n".join(line for line in lines if line)


def shortened(command: str) -> str:
    """The same training in seconds; any other command as it is."""
    for pattern, brief in SHORT:
        command = re.sub(pattern, brief, command)
    return command


def agrees(shown: str, said: str, *, numbers: bool) -> bool:
    """Is this what the page shows? ``...`` stands for anything on its line; alone on a line, for any lines.

    Without ``numbers``, any number and any bar of a plot is as good as another.
    """
    lines = [line.rstrip() for line in said.strip("\n").splitlines()]
    pattern = ""
    for line in shown.splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            wanted = line.rstrip() if numbers else _skeleton(line)
            pattern += re.escape(wanted).replace(re.escape("..."), ".*") + r"\n"
    text = "".join(f"{line if numbers else _skeleton(line)}\n" for line in lines)
    return re.fullmatch(pattern, text) is not None


def _skeleton(line: str) -> str:
    """A line without its numbers, bars and spaces, which differ from machine to machine."""
    return re.sub(r"-?\d[\d,.]*(?<![.])", "0", re.sub(r"[█ ]+", "", line)).rstrip()
