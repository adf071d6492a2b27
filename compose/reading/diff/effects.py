"""Consequences as sentences: pairs of a name and what there is to say of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from compose.reading.diff.consequences import AxisEffect, LossEffect
from compose.reading.diff.diff import Diff
from compose.reading.diff.phrases import apart, listed
from compose.reading.diff.spec_terms import Symbol
from compose.reading.diff.term_text import ends, term_text

Row = tuple[str, str]


def effects(diff: Diff) -> list[Row]:
    """One row for each consequence; what stays the same is said where a reader would ask."""
    found = diff.consequences
    rows = [("axes", _axis(axis)) for axis in found.axes]
    rows += [("weights", text) for text in _weights(diff)]
    rows += [("losses", text) for text in _losses(found.losses)]
    rows.append(("acting", _acting(diff)))
    rows += [("proofs", text) for text in _proofs(diff)]
    rows += [("claims", text) for text in _claims(diff)]
    then, now = found.updates
    if then is not None and now is not None and then != now:
        rows.append(("updates", f"{' -> '.join(apart(then, now))} for each collected episode"))
    if found.environments[0] != found.environments[1]:
        there = [name or "none, sizes are symbolic" for name in found.environments]
        rows.append(("environment", f"{there[0]} -> {there[1]}"))
    return rows


def _axis(axis: AxisEffect) -> str:
    if axis.before is None:
        return f"{axis.name} = {axis.after}{_rows(axis.after, axis.rows_after)}: new"
    if axis.after is None:
        return f"{axis.name} = {axis.before}{_rows(axis.before, axis.rows_before)}: gone"
    then, now = _rows(axis.before, axis.rows_before), _rows(axis.after, axis.rows_after)
    return f"{axis.name} = {axis.before}{then} -> {axis.after}{now}"


def _rows(size: str | None, rows: int | None) -> str:
    return "" if rows is None or size == str(rows) else f" ({rows:,} rows)"


def number(count: int | None) -> str:
    """A count; a question mark where sizes are symbolic."""
    return "?" if count is None else f"{count:,}"


# -------------------------------------------------------------------- weights


def _weights(diff: Diff) -> Iterator[str]:
    found = diff.consequences
    then, now = found.numbers
    both = "" if then is None or now is None else f"{then:,} both" if then == now else f"{then:,} -> {now:,}"
    if not found.weights and then == now:
        yield f"no new weights: {both}" if both else "no new weights, none lost"
        return
    if not found.weights and both:
        yield f"{both}: the same weights, whose axes are longer or shorter there"
        return
    yield from [both] if both else []
    moves: dict[tuple[int | None, int | None], list[str]] = {}
    for network, numbers in found.networks.items():
        moves.setdefault(numbers, []).append("the graph" if network == "graph" else network)
    for (then, now), networks in moves.items():
        if now is None and then is None:
            yield f"{listed(networks)}: other weights"
        elif then == 0:
            yield f"{listed(networks)}: new" + ("" if now is None else f", {number(now)}{_each(networks)}")
        elif now == 0:
            yield f"{listed(networks)}: gone" + ("" if then is None else f", {number(then)}{_each(networks)}")
        elif then == now:
            yield f"{listed(networks)}: other weights, {number(now)} both{_each(networks)}"
        else:
            yield f"{listed(networks)}: {number(then)} -> {number(now)}{_each(networks)}"


def _each(names: list[str]) -> str:
    return " each" if len(names) > 1 else ""


# ----------------------------------------------------- losses, acting, proofs


_MEASURED = {"new": ("is new", "are new"), "gone": ("is gone", "are gone"),
             "something else": ("is computed otherwise", "are computed otherwise")}


def _losses(losses: Iterable[LossEffect]) -> Iterator[str]:
    """One sentence; losses of one fate together, those that stay as they were last."""
    groups: dict[str, list[str]] = {}
    weighed, untouched = [], []
    for loss in losses:
        weighs = loss.measures in ("the same", "something else") and not loss.weighs_same
        if loss.measures in _MEASURED:
            groups.setdefault(loss.measures, []).append(loss.name)
        elif not weighs:
            untouched.append(loss.name)
        if weighs:
            same = " measures the same but" if loss.measures == "the same" else ""
            weighed.append(f"{loss.name}{same} {_weighs(loss)}")
    texts = [f"{listed(names)} {_MEASURED[fate][len(names) > 1]}" for fate, names in groups.items()]
    texts = [*weighed, *texts, *([f"{listed(untouched)} as before"] if untouched else [])]
    if texts:
        yield "; ".join(texts)


def _weighs(loss: LossEffect) -> str:
    """``weighs 0.8 to 0.2 instead of 1``: from first to last, and between what it stays if that is more."""
    ranges, courses = (loss.weight_before, loss.weight_after), (loss.course_before, loss.course_after)
    known = [number for pair in (*ranges, *courses) if pair is not None for number in pair]
    texts = dict(zip(known, apart(*known), strict=True))
    then, now = (_course(*pair, texts) for pair in zip(ranges, courses, strict=True))
    return f"weighs {now} instead of {then}" if then != now else f"weighs {now} as before, but moves otherwise"


def _course(bounds: tuple[float, float] | None, course: tuple[float, float] | None, texts: dict[float, str]) -> str:
    low, high = bounds or (0.0, 0.0)
    first, last = course or (low, high)
    whole = texts[first] if first == last else f"{texts[first]} to {texts[last]}"
    if {low, high} <= {first, last} or math.isinf(high):
        return whole
    return f"{whole}, between {texts[low]} and {texts[high]},"


def _acting(diff: Diff) -> str:
    found, act = diff.consequences, diff.after.spec.act
    values = act.scores
    if found.values_same and found.choice_same:
        return f"unchanged: {values} is computed, and chosen from, as before"
    if found.values_same:
        return f"{values} is computed as before, but chosen from otherwise"
    return f"{values} is computed otherwise" + ("" if found.choice_same else ", and chosen from otherwise")


def _proofs(diff: Diff) -> Iterator[str]:
    found = diff.consequences.proofs
    changed = [proof for proof in found if proof.changed]
    for proof in changed:
        yield f"{proof.name} {proof.before} -> {proof.after} ({proof.how})"
    outcomes: dict[str, list[str]] = {}
    for proof in found:
        if not proof.changed:
            outcomes.setdefault(proof.after, []).append(proof.name)
    if not changed and len(outcomes) == 1:
        yield f"as before, all {len(found)} {found[0].after}"
    elif outcomes:
        yield "as before: " + "; ".join(f"{listed(names)} {outcome}" for outcome, names in outcomes.items())
    for proof in found:
        if not proof.as_claimed:
            yield f"{proof.name} is {proof.after}, but {diff.after.spec.name} claims '{proof.claimed_after}'"


def _claims(diff: Diff) -> Iterator[str]:
    for change in diff.changes:
        if change.symbol == Symbol("part", "claims"):
            claims = {str(field.key): field for field in change.fields}
            joint, utilities = claims.pop("igm of", None), claims.pop("igm in", None)
            for name, claim in claims.items():
                of = "" if name != "igm" or joint is None or joint.after is None else f" for {term_text(joint.after)}"
                yield f"{name} {term_text(claim.before)} -> {term_text(claim.after)}{of}"
            if joint is not None and "igm" not in claims:
                yield "igm for {} -> for {}".format(*ends(diff.matching, joint.before, joint.after))
            if utilities is not None:
                then, now = ends(diff.matching, utilities.before, utilities.after, "what is acted on")
                yield f"igm: greedy in {then} -> in {now}"
