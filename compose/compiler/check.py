"""Is a spec right, and is what it claims true? Torch is imported for numeric attacks only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compose.graph.proofs import Proof, prove
from compose.graph.typed_spec import TypedSpec, typed_spec
from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.graph.typed_spec import AnyEnv
    from compose.language.anything import AnySpec


@dataclass(frozen=True)
class Check:
    """A spec that types, and what can be proved of it."""

    about: TypedSpec
    """The spec, its graph and its environment."""
    proofs: tuple[Proof, ...]
    """One for each check, in the order of `compose check`."""

    @property
    def ok(self) -> bool:
        """Did everything come out as the spec claims?"""
        return all(proof.as_claimed for proof in self.proofs)

    def __getitem__(self, name: str) -> Proof:
        """The proof of a name: ``check["igm"]``. Raises KeyError."""
        return {proof.name: proof for proof in self.proofs}[name]

    def __str__(self) -> str:
        return "\n".join(f"{p.name}: {p.outcome}{f' ({p.how})' if p.how else ''}" for p in self.proofs)


def check(spec: AnySpec, env: AnyEnv | None = None, *, numeric: bool = False,
          overrides: Sequence[str] = ()) -> Check:
    """Check the form, names and axes of a spec, then prove what can be proved.

    Args:
        spec: A packaged name, a path, a :class:`Spec` or a builder.
        env: A name, a schema or an environment. Without one sizes stay symbolic.
        numeric: Also look for counter-examples with random numbers, in the spec's own example if no ``env`` is named.
        overrides: ``--set`` items, of a name or a path.

    Raises:
        SpecError: With every mistake of the spec; ``env.missing`` if ``numeric`` has no environment.
    """
    about = typed_spec(spec, env, overrides, example=numeric)
    proofs = prove(about.graph)
    if numeric:
        from compose.compiler.numeric import attack

        if about.schema is None:
            text = f"an attack needs numbers, so an environment, and {about.loaded.spec.name} names no example"
            raise SpecError(Diagnostic("env.missing", text, hint="name one with --env"))
        proofs = attack(about.graph, proofs)
    return Check(about, tuple(proofs))
