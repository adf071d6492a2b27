"""Reports: claims first, one page that asks for nothing, and which runs are missing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from compose.language.diagnostics import SpecError
from compose.study.claims import Claim
from compose.study.file.reading import load_study
from compose.study.gathering import lines
from compose.study.report.asked import Asked
from compose.study.report.page import report
from compose.study.report.studies import asked, there
from compose.study.report.tables import as_latex, as_markdown, latex, table
from compose.study.sides import Side
from tests.cli.conftest import Run, run
from tests.study.report.made import ENVS, TEXT, made
from tests.study.runs import write_run, write_seeds

__all__ = ["run"]


class Page(HTMLParser):
    """The tags and texts of a page; every element must be closed in its turn."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.words: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.ids += [str(value)] if name == "id" else []
            external = name in ("src", "href", "xlink:href", "action", "data") and not str(value).startswith("#")
            self.fetched += [str(value)] if external else []

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open[-1:] == ["h2"]:
            self.headings.append(data)


def sides(folder: Path) -> dict[str, Side]:
    found, _ = lines([folder])
    names = dict.fromkeys(line.name for line in found)
    return {name: Side(name, {line.env: line.runs for line in found if line.name == name}) for name in names}


def test_a_page_of_runs(tmp_path: Path) -> None:
    write_seeds(tmp_path / "a", 4, better=2)
    write_seeds(tmp_path / "b", 3, spec="beta")
    text = report("A <title>", sides(tmp_path), {"it is": Claim.read("alpha > beta")}, summary="x & y")
    page = Page(text)
    assert page.headings == ["Claims", "Curves", "IQM", "Performance profiles", "Cost", "Made with", "How to read this"]
    assert (page.fetched, len(page.ids)) == ([], len(set(page.ids)))
    assert "✓ held" in page.words
    assert not re.search(r"url\((?!#)|@import|<script", text)
    assert {"alpha (4 runs)", "beta (3 runs)"} <= set(page.words), "the figures' text is text"


def test_a_page_of_a_study(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, leave=("qmix_attention in group_matching:agents=2,cells=3,limit=5, seed 2",))
    ran = run("study", "report", "two.yaml", "-o", "r.html")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[0] == "r.html  15 of 16 runs"
    assert re.search(r"held +better +qmix_attention > vdn_attention", ran.out)
    assert re.search(r"contradicted +worse +vdn_attention > qmix_attention at 3k", ran.out)
    page = Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert page.headings[:4] == ["Claims", "Curves", "IQM", "Tasks"]
    assert page.fetched == []
    words = "\n".join(page.words)
    for said in (f"qmix_attention in {ENVS[0]}, seed 2: not made yet", "Over all environments:",
                 "At 3,000 environment steps:", "host0 (7 runs), host1 (8 runs)", "\\begin{tabular}{lrrr}",
                 "Two methods <b>beside</b> each other."):
        assert said in words
    data = run("study", "report", "two.yaml", "--json").json
    assert {name: one["outcome"] for name, one in data["claims"].items()} == {
        "better": "held", "worse": "contradicted", "same": "held"}
    assert data["claims"]["better"]["runs"] == {ENVS[0]: [3, 4], ENVS[1]: [4, 4]}
    assert [one["at"] for one in data["iqm"]] == [3000, 5000]


def test_a_study_without_runs_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path, leave=("seed",))
    ran = run("study", "report", "two.yaml")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "report.html  0 of 16 runs")
    assert ran.out.count("no environment has scores of both") == 3
    assert Page((tmp_path / "report.html").read_text()).headings == [
        "Claims", "IQM", "What the methods do otherwise", "What was left out", "How to read this"]


def test_runs_that_are_not_done_do_not_count_at_the_end(tmp_path: Path) -> None:
    loaded, plan, workspace = made(tmp_path, TEXT.replace(", at: [3000, 5000]", "").replace(" at 3000", ""))
    (workspace.runs / plan.runs[0].folder / "summary.json").unlink()
    found = asked(loaded, plan, there(loaded, plan, workspace))
    assert [one.why for one in found.missing] == ["stopped, at 5,002 env steps"]
    assert found.last is None


def test_scores_from_chance_to_the_best(tmp_path: Path) -> None:
    text = TEXT.replace("measure: {", "measure: {best: 0.9, ")
    loaded, plan, workspace = made(tmp_path, text)
    found = asked(loaded, plan, there(loaded, plan, workspace))
    assert found.ranges is not None
    assert {env: (one.low, one.high) for env, one in found.ranges.items()} == dict.fromkeys(ENVS, (0.1, 0.9))
    (tmp_path / "plain").mkdir()
    other = made(tmp_path / "plain")
    plain = asked(*other[:2], there(*other)).scores("vdn_attention", 5000)[0]
    scaled = found.scores("vdn_attention", 5000)[0]
    assert len(plain[ENVS[0]]) == len(scaled[ENVS[0]]) == 4
    measure = loaded.study.measure
    for changed, said in ((measure.model_copy(update={"best": 0.05}), "is not above chance"),
                          (measure.model_copy(update={"score": "tags"}), "no chance level of tags")):
        study = loaded.study.model_copy(update={"measure": changed})
        with pytest.raises(SpecError, match=said) as caught:
            asked(replace(loaded, study=study), plan, there(loaded, plan, workspace))
        assert caught.value.diagnostics[0].code == "study.best"


def test_claims_of_a_study_are_checked_when_it_is_read(tmp_path: Path) -> None:
    text = TEXT.replace("better: qmix_attention >", "better: qmix_atention >").replace("at 3000\"", "at 9k\"") \
        .replace("within 0.9 in", "within 0.9 inn")
    (tmp_path / "two.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load_study(str(tmp_path / "two.yaml"))
    found = [(one.code, one.where, text.splitlines()[one.span.line - 1][one.span.column - 1 : one.span.end - 1])
             for one in caught.value.diagnostics if one.span is not None]
    assert found == [("claim.method", "claims.better", "qmix_atention"), ("claim.at", "claims.worse", "9k"),
                     ("claim.form", "claims.same", "inn")]


def test_tables_can_be_copied(tmp_path: Path) -> None:
    write_seeds(tmp_path / "a", 4, better=2, spec="a_b|c")
    write_run(tmp_path / "b", "50%&#", env="ring/3")
    write_run(tmp_path / "c", "50%&#", env="li_ne")
    one = table(Asked("t", sides(tmp_path), {}), None)
    assert one.columns == ("ring/3", "li_ne", "all")
    lines_of = as_markdown(one).splitlines()
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines_of}) == 1
    assert re.search(r"\| a_b\\\|c \| \*\*0\.\d\d\*\* \[0\.\d\d, 0\.\d\d\] \|", lines_of[2])
    text = as_latex(one)
    assert "a\\_b|c & \\textbf{" in text
    assert "50\\%\\&\\#" in text
    assert "{\\scriptsize [" in text
    assert latex("\\~^{}$") == r"\textbackslash{}\textasciitilde{}\textasciicircum{}\{\}\$"


@pytest.mark.parametrize(("arguments", "said"), [
    (("two.yaml", "-o", "r.pdf"), "the name must end in .html"),
    (("tow.yaml",), "tow.yaml"),
    (("two.yaml", "--set", "measure.score=wins"), "measures no 'wins'"),
])
def test_mistakes_write_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
                                said: str) -> None:
    monkeypatch.chdir(tmp_path)
    made(tmp_path)
    ran = run("study", "report", *arguments)
    assert (ran.code, said in ran.err) == (2, True), ran.err
    assert {path.name for path in tmp_path.iterdir()} == {"two.yaml", "runs"}
