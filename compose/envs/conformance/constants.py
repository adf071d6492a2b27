"""Fields without a time axis do not change in an episode, fields without a batch axis never do."""

from __future__ import annotations

from collections.abc import Iterator

from compose.envs.conformance.case import Case, Property, Unseen
from compose.envs.guard.finding import Finding


def _check(case: Case) -> Iterator[Finding | Unseen]:
    first, *others = case.plays
    constant = [name for name in first.fields if "time" not in first.schema.fields[name].axes]
    if not constant:
        yield Unseen("all fields have a time axis")
    for name in constant:
        axes = first.schema.fields[name].axes
        for play in case.plays:
            bad = play.fields[name] != play.fields[name][:1]
            text = "a field without a time axis to stay as it is in an episode"
            yield from play.wrong("env.constant", text, "another value, {value}", bad, " ".join(["time", *axes]), name)
        for seed, play in zip(case.seeds[1:], others, strict=True) if "batch" not in axes else ():
            bad = play.fields[name][0] != first.fields[name][0]
            if bool(bad.any()):
                text = "a field without a batch axis to be the same under every seed"
                yield Finding("env.constant", text, "another value", name, {"seed": seed})


PROPERTY = Property("constants", "fields without a time or a batch axis do not change along it", _check)
