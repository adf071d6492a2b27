"""A report as one HTML file: it asks for nothing from the network, its figures are inline SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from compose.language.media import html
from compose.study.bands import Band, band, joint_band
from compose.study.claims import Claim
from compose.study.curves import WINDOW
from compose.study.figures.heat import heat
from compose.study.figures.panels import panels
from compose.study.figures.profiles import profiles
from compose.study.gathering import Line
from compose.study.report.asked import Asked
from compose.study.report.cost import cost, ran_with
from compose.study.report.tables import as_html, as_latex, as_markdown, table
from compose.study.sides import Side
from compose.study.statistics.bootstrap import Estimate
from compose.study.statistics.normalise import Range
from compose.study.statistics.scores import LeftOut
from compose.study.verdicts import Verdict

STYLE = """
body { font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1b1f24; background: #fff;
  max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .5rem; border-bottom: 1px solid #d0d4da; }
p { margin: .4rem 0; } small, .faint { color: #5c646d; }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; vertical-align: top; border-bottom: 1px solid #eceef1; }
.value { white-space: nowrap; }
.numbers td, .numbers thead th { text-align: right; white-space: nowrap; }
.held { color: #1b7837; font-weight: 600; } .contradicted { color: #b2182b; font-weight: 600; }
.shown-not { color: #8a5a00; font-weight: 600; }
svg { max-width: 100%; height: auto; display: block; } pre { background: #f4f5f7; padding: .6rem; overflow: auto; }
.wide { overflow-x: auto; }
"""
MARKS = {"held": ("✓ held", "held"), "contradicted": ("✗ contradicted", "contradicted"),
         "not shown": ("? not shown", "shown-not")}  # fmt: skip
HOW = ("A run's score is the mean of its evaluations named above; every environment counts the same. IQM: the mean "
       "without the lowest and the highest quarter of scores. Intervals: 95 % percentile intervals of a bootstrap that "
       "draws runs anew in each environment; bands are pointwise. A claim of 'better' is held if the interval of the "
       "difference of IQMs lies wholly above 0, of 'same' if it lies wholly within the stated difference; below three "
       "runs on a side nothing is shown. Claims are judged one by one; few runs make intervals too narrow: where two "
       "methods are the same, 'better' is held by chance in about 10 % of cases with 3 runs in one environment, in 4 % "
       "with 5, in 2.5 % with 10.")


def report(title: str, methods: Mapping[str, Side], claims: Mapping[str, Claim], *, measure: str = "success",
           at: Sequence[int] = (), window: int = WINDOW, ranges: Mapping[str, Range] | None = None,
           missing: Sequence[LeftOut] = (), summary: str = "") -> str:
    """The text of the page.

    Args:
        title: Of the page.
        methods: By the names that claims call them.
        claims: By their own names; of these methods.
        measure: What is compared.
        at: Environment steps at which scores are read; at the end of the runs unless told.
        window: Evaluations whose mean is a score.
        ranges: What becomes 0 and 1 in each environment; scores are as they are unless told.
        missing: Runs that are not there, and why.
        summary: A sentence below the title.

    Raises:
        SpecError: ``measure.unknown`` for a measure that a run does not have.
    """
    return as_page(Asked(title, methods, claims, measure, tuple(at), window, ranges, missing, summary))


def as_page(asked: Asked) -> str:
    """:func:`report` of what is gathered already."""
    left_out: list[LeftOut] = []
    sections = [
        ("Claims", _claims(asked, left_out)), ("Curves", _curves(asked, left_out)), ("IQM", _tables(asked)),
        ("Tasks", _tasks(asked)), ("Performance profiles", _profiles(asked)),
        ("What the methods do otherwise", _differences(asked)), ("Cost", _cost(asked)),
        ("What was left out", _left_out([*asked.missing, *left_out])), ("Made with", _made_with(asked)),
        ("How to read this", f"<p>{html(HOW)}</p>"),
    ]
    body = "".join(f"<h2>{name}</h2>\n{text}\n" for name, text in sections if text)
    summary = f"<p>{html(asked.summary)}</p>" if asked.summary else ""
    return (f"<!DOCTYPE html>\n<html lang='en'><head><meta charset='utf-8'><title>{html(asked.title)}</title>\n"
            "<meta name='viewport' content='width=device-width'>\n"
            f"<style>{STYLE}</style></head><body>\n<h1>{html(asked.title)}</h1>\n{summary}"
            f"<p class='faint'>{html(_reading(asked))}</p>\n{body}</body></html>\n")


def _reading(asked: Asked) -> str:
    steps = ", ".join(f"{step:,}" for step in asked.at)
    when = f"at {steps} environment steps" if steps else "at the end of the runs"
    scale = "; 0 is chance, 1 the stated best" if asked.ranges else ""
    several = f"mean of the last {asked.window} evaluations" if asked.window > 1 else "one evaluation"
    return f"{asked.measure} {when}, {several}{scale}"


def _claims(asked: Asked, left_out: list[LeftOut]) -> str:
    rows = []
    for name, claim in asked.claims.items():
        verdict, out = asked.verdict(claim)
        left_out += [*out, *(verdict.found.left_out if verdict.found else ())]
        rows.append(_claim(name, verdict))
    if not rows:
        return "<p class='faint'>The study claims nothing.</p>"
    names = ("claim", "verdict", "IQM left,<br>right", "difference", "<span class='value'>P(left &gt; right)</span>",
             "runs")
    heads = "".join(f"<th>{head}</th>" for head in names)
    return f"<div class='wide'><table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"


def _claim(name: str, verdict: Verdict) -> str:
    told, kind = MARKS[verdict.outcome]
    found = verdict.found
    cells = [f"<b>{html(name)}</b><br>{html(str(verdict.claim))}",
             f"<span class='{kind}'>{told}</span><br><small>{html(verdict.why)}</small>"]
    if found is None:
        cells += ["–"] * 4
    else:
        runs = "<br>".join(f"{n} and {m} in {html(task)}" for task, (n, m) in found.runs.items())
        cells += [f"{_value(found.left)}<br>{_value(found.right)}", _value(found.difference), _value(found.improvement),
                  f"<small>{runs}</small>"]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _value(one: Estimate) -> str:
    low, high = float(one.low), float(one.high)
    return f"<span class='value'>{float(one.value):.2f} <small>[{low:.2f}, {high:.2f}]</small></span>"


def _curves(asked: Asked, left_out: list[LeftOut]) -> str:
    bands = [band(Line(name, env, runs), asked.measure) for name, side in asked.methods.items()
             for env, runs in side.runs.items()]
    drawn = [one for one in bands if len(one.x)]
    left_out += [out for one in bands for out in one.left_out]
    if not drawn:
        return ""
    text = inline(panels(drawn, asked.measure), "curves")
    comparable = asked.measure == "success" or asked.ranges is not None
    if len(asked.envs) > 1 and comparable:
        whole = {name: side for name, side in asked.methods.items() if set(side.runs) == set(asked.envs)}
        joint: list[Band] = [joint_band(name, side.runs, asked.measure, asked.ranges) for name, side in whole.items()]
        joint = [one for one in joint if len(one.x)]
        if joint:
            text += "<p>Over all environments:</p>" + inline(panels(joint, asked.measure), "joint")
    return text


def _tables(asked: Asked) -> str:
    parts = []
    for at in asked.at or (None,):
        one = table(asked, at)
        head = f"<p>At {at:,} environment steps:</p>" if at is not None and len(asked.at) > 1 else ""
        copies = "".join(f"<details><summary>{name}</summary><pre>{html(text)}</pre></details>"
                         for name, text in (("Markdown", as_markdown(one)), ("LaTeX", as_latex(one))))
        parts.append(f"{head}<div class='wide'>{as_html(one)}</div>{copies}")
    return "".join(parts)


def _tasks(asked: Asked) -> str:
    """Means over runs in each task, where environments have several, or there are several environments."""
    tasks = [(env, task) for env in asked.envs for task in sorted(
        {task for side in asked.methods.values() for run in side.runs.get(env, ()) for task in run.tasks})]
    if len(tasks) < 2:
        return ""
    alone = {env for env in asked.envs if sum(one == env for one, _ in tasks) == 1}
    values = np.full((len(asked.methods), len(tasks)), np.nan)
    for row, side in enumerate(asked.methods.values()):
        for column, (env, task) in enumerate(tasks):
            some = [run.value(asked.measure, asked.last, asked.window, task) for run in side.runs.get(env, ())]
            numbers = [value for value in some if value is not None]
            values[row, column] = np.mean(numbers) if numbers else np.nan
    if not np.isfinite(values).any():
        return ""
    names = [env if env in alone else f"{env} {task}" if len(asked.envs) > 1 else task for env, task in tasks]
    return "<p>Means over runs, not normalised.</p>" + inline(heat(list(asked.methods), names, values, asked.measure),
                                                             "tasks")


def _profiles(asked: Asked) -> str:
    comparable = len(asked.envs) == 1 or asked.measure == "success" or asked.ranges is not None
    joint = asked.together(asked.last) if comparable else {}
    return inline(profiles(joint, asked.measure), "profiles") if joint else ""


def _cost(asked: Asked) -> str:
    heads = "".join(f"<th>{head}</th>" for head in ("", "runs", "env steps", "time", "env steps / s"))
    rows = []
    for name, side in asked.methods.items():
        one = cost(side)
        if one.runs:
            numbers = (str(one.runs), f"{one.env_steps:,}", _time(one.hours), f"{one.rate:,.0f}")
            rows.append(f"<tr><th>{html(name)}</th>{''.join(f'<td>{text}</td>' for text in numbers)}</tr>")
    if not rows:
        return ""
    return f"<table class='numbers'><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _time(hours: float) -> str:
    """In a unit that reads well."""
    if np.isnan(hours):
        return "unknown"
    unit, number = next((unit, hours * many) for unit, many in (("h", 1), ("min", 60), ("s", 3600))
                        if hours * many >= 1 or unit == "s")
    return f"{number:.1f} {unit}" if number < 10 else f"{number:,.0f} {unit}"


def _differences(asked: Asked) -> str:
    """How the specs of methods that are compared differ, line by line."""
    parts = []
    for (before, after), lines in asked.differences.items():
        text = "\n".join(lines) or "nothing: they are the same method"
        parts.append(f"<p><b>{html(before)}</b> &rarr; <b>{html(after)}</b></p><pre>{html(text)}</pre>")
    return "".join(parts)


def _left_out(out: Sequence[LeftOut]) -> str:
    lines = "".join(f"<li>{html(text)}</li>" for text in dict.fromkeys(map(str, out)))
    return f"<ul>{lines}</ul>" if lines else ""


def _made_with(asked: Asked) -> str:
    found = ran_with(run for side in asked.methods.values() for run in side.every())
    rows = "".join(f"<tr><th>{html(name)}</th><td>{html(', '.join(some))}</td></tr>" for name, some in found.items())
    return f"<table>{rows}</table>" if rows else ""


def inline(svg: bytes, name: str) -> str:
    """An SVG as an element of a page, its identifiers made its own."""
    text = svg.decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg"):], flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|xlink:href="#)', lambda match: f"{match[1]}{name}-", text)
    return f"<figure style='margin:0'>{text}</figure>"
