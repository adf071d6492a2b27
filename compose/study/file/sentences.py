"""The claims of a study: whether each is one, of methods and environments that the study has."""

from __future__ import annotations

from collections.abc import Iterable

from compose.language.diagnostics import Diagnostic, Path, dotted
from compose.language.resolve import Document
from compose.study.claims import Claim, ClaimError
from compose.study.file.methods import Method
from compose.study.file.model import Study


def claim_problems(study: Study, document: Document, methods: Iterable[Method]) -> list[Diagnostic]:
    """All that is wrong with the claims, at the words that are wrong: ``claim.*``."""
    names = [name for one in methods for name in one.names]
    problems = []
    for label, text in study.claims.items():
        at: Path = ("claims", label)
        try:
            claim = Claim.read(text)
            wrong = claim.unknown(names, study.envs)
        except ClaimError as error:
            wrong = [error.wrong]
        else:
            end = study.train.env_steps
            if claim.at is not None and end is not None and claim.at > end:
                wrong.append(claim.wrong_at(f"no run gets there: they end at {end:,} environment steps"))
        problems += [one.diagnostic(text, document.span(at), dotted(at)) for one in wrong]
    return problems
