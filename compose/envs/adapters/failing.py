"""The error of an environment that does not do what its file says."""

from __future__ import annotations

from compose.language.diagnostics import Diagnostic, SpecError


def failed(code: str, where: str, message: str, hint: str = "") -> SpecError:
    """What is wrong with an environment: where its schema is called ``where``."""
    return SpecError(Diagnostic(code, message, where=where, hint=hint))
