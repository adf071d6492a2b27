"""IQMs with their intervals by method and environment, as HTML, Markdown and LaTeX; the best is bold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from compose.language.media import html, markdown
from compose.study.report.asked import Asked
from compose.study.statistics.aggregates import iqm
from compose.study.statistics.bootstrap import Estimate, estimate
from compose.study.statistics.scores import Scores
from compose.study.verdicts import LEAST
from compose.study.versus import REPETITIONS

ALL = "all"
_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
          **{c: f"\\{c}" for c in "&%$#_{}"}}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One entry."""

    found: Estimate | None
    """None if no run has a score."""
    runs: int
    best: bool = False

    @property
    def value(self) -> str:
        """The IQM."""
        return "–" if self.found is None else _number(float(self.found.value))

    @property
    def interval(self) -> str:
        """Its interval; empty for fewer than three runs."""
        if self.found is None or self.runs < LEAST:
            return ""
        return f"{_number(float(self.found.low))}, {_number(float(self.found.high))}"


@dataclass(frozen=True)
class Table:
    """IQMs at one step."""

    at: int | None
    columns: tuple[str, ...]
    """Environments, and :data:`ALL` of those in which every method has runs."""
    rows: dict[str, tuple[Cell, ...]]
    """By method."""


def table(asked: Asked, at: int | None) -> Table:
    """The table of a report at a step."""
    scores = {name: asked.scores(name, at)[0] for name in asked.methods}
    columns = list(asked.envs)
    cells = {name: [_cell({env: scores[name].get(env, [])}) for env in columns] for name in asked.methods}
    if len(columns) > 1 and (joint := asked.together(at)):
        columns.append(ALL)
        for name, one in joint.items():
            cells[name].append(_cell({env: one[env].tolist() for env in one.tasks}))
    for number in range(len(columns)):
        values = {name: float(row[number].found.value) for name, row in cells.items()  # type: ignore[union-attr]
                  if row[number].found is not None}
        for name in values if len(values) > 1 and asked.measure != "length" else ():
            if values[name] == max(values.values()):
                cells[name][number] = Cell(cells[name][number].found, cells[name][number].runs, best=True)
    return Table(at, tuple(columns), {name: tuple(row) for name, row in cells.items()})


def as_html(one: Table) -> str:
    """A table element."""
    heads = "".join(f"<th>{html(name)}</th>" for name in ("", *one.columns))
    rows = "".join(f"<tr><th>{html(name)}</th>{''.join(map(_html, cells))}</tr>" for name, cells in one.rows.items())
    return f"<table class='numbers'><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def as_markdown(one: Table) -> str:
    """A table of Markdown."""
    def text(cell: Cell) -> str:
        return (f"**{cell.value}**" if cell.best else cell.value) + (f" [{cell.interval}]" if cell.interval else "")

    lines = [("", *map(markdown, one.columns)), ("---", *("---:" for _ in one.columns)),
             *((markdown(name), *map(text, cells)) for name, cells in one.rows.items())]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def as_latex(one: Table) -> str:
    """A tabular for LaTeX with the package booktabs."""
    def text(cell: Cell) -> str:
        value = "--" if cell.found is None else f"\\textbf{{{cell.value}}}" if cell.best else cell.value
        return value + (f" {{\\scriptsize [{cell.interval}]}}" if cell.interval else "")

    lines: Sequence[str] = [
        f"\\begin{{tabular}}{{l{'r' * len(one.columns)}}}", "\\toprule",
        " & ".join(("", *map(latex, one.columns))) + " \\\\", "\\midrule",
        *(" & ".join((latex(name), *map(text, cells))) + " \\\\" for name, cells in one.rows.items()),
        "\\bottomrule", "\\end{tabular}"]
    return "\n".join(lines)


def latex(text: str) -> str:
    """Text as LaTeX shows it."""
    return re.sub(r"[\\~^&%$#_{}]", lambda match: _LATEX[match[0]], text)


def _cell(scores: dict[str, list[float]]) -> Cell:
    scores = {env: runs for env, runs in scores.items() if runs}
    if not scores:
        return Cell(None, 0)
    return Cell(estimate(iqm, Scores.of(scores), repetitions=REPETITIONS), min(map(len, scores.values())))


def _html(cell: Cell) -> str:
    value = f"<b>{cell.value}</b>" if cell.best else cell.value
    interval = f" <small>[{cell.interval}]</small>" if cell.interval else ""
    runs = f" title='{cell.runs} runs'" if cell.found is not None else ""
    return f"<td{runs}>{value}{interval}</td>"


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}".replace(",", "\u2009")
