"""What became of a generated spec: what was proved, what was false, what broke."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from compose.graph.build import build_graph
from compose.graph.graph import Graph
from compose.graph.proofs import Proof, prove
from compose.language.diagnostics import SpecError
from compose.language.load import load_text
from tests.generator.attacks.availability import availability
from tests.generator.attacks.decentralised import decentralised
from tests.generator.attacks.igm import igm
from tests.generator.attacks.programs import programs
from tests.generator.attacks.shapes import shapes
from tests.generator.attacks.signal import signal, trained
from tests.generator.attacks.slots import padding, permutation
from tests.generator.attacks.trial import Trial
from tests.generator.generate import Case
from tests.generator.training import NotFinite, updated

ATTACKS: dict[str, Callable[[Trial], str | None]] = {
    "shapes": shapes, "decentralised": decentralised, "igm": igm, "permutation": permutation, "padding": padding,
    "availability": availability,
}  # fmt: skip
TRIALS = 2
"""Each proof is attacked so often, with draws and weights of its own; once in `make test`."""


@dataclass
class Verdict:
    """``outcomes``: proof -> what the check says. ``false``: what was shown to be wrong, by proof or stage."""

    case: Case
    accepted: bool = False
    refused: tuple[str, ...] = ()
    """Codes of the mistakes that the check found."""
    outcomes: dict[str, str] = field(default_factory=dict)
    attacked: list[str] = field(default_factory=list)
    false: dict[str, str] = field(default_factory=dict)
    weak: dict[str, str] = field(default_factory=dict)
    """What no number bore out, though none spoke against it: a gradient that is 0 for what the numbers happen to be."""
    finite: bool = True

    def __str__(self) -> str:
        lines = [f"seed {self.case.seed}, {self.case.schema.agents} agents among {self.case.schema.entities} entities"]
        return "\n".join([*lines, *(f"  {name}: {what}" for name, what in self.false.items()), self.case.text])


def judge(case: Case, *, only: str | None = None, thorough: bool = False, trials: int = TRIALS) -> Verdict:
    """Check a spec, attack what is proved, build it and make an update; if ``thorough``, compare the compiled programs
    with the plain interpreter, and run the project's own attacks. ``only``: one proof, or all "attacks", or "update",
    "programs" or "numeric"."""
    verdict = Verdict(case)
    try:
        graph = build_graph(load_text(case.text), case.schema)
        proofs = prove(graph)
    except SpecError as error:
        verdict.refused = tuple(d.code for d in error.diagnostics)
        return verdict
    except Exception:
        verdict.false["check"] = last_lines()
        return verdict
    verdict.accepted = True
    verdict.outcomes = {proof.name: proof.outcome for proof in proofs}
    proved = [
        name for name, outcome in verdict.outcomes.items() if outcome == "proved" and only in (None, "attacks", name)
    ]
    try:
        for turn in range(trials):
            trial = Trial(graph, case.seed + turn)
            for name in proved:
                if name in ATTACKS and name not in verdict.false:
                    found = ATTACKS[name](trial)
                    verdict.attacked += [name] * (turn == 0)
                    if found:
                        verdict.false[name] = found
        if "learning signal" in proved and not verdict.false.get("plain"):
            verdict.attacked.append("learning signal")
            if found := signal(graph, case.seed):
                verdict.weak["learning signal"] = found
    except Exception:
        verdict.false["plain"] = last_lines()
    if only is None or only == "update":
        _train(verdict, graph)
    if only == "programs" or (only is None and thorough):
        _compare(verdict, graph)
    if only == "numeric" or (only is None and thorough):
        _numeric(verdict, graph, proofs)
    return verdict


def _train(verdict: Verdict, graph: Graph) -> None:
    try:
        model = updated(graph, verdict.case.seed)
        if found := trained(model, verdict.case.seed):
            verdict.false["trained"] = found
    except NotFinite:
        verdict.finite = False
    except Exception:
        verdict.false["update"] = last_lines()


def _compare(verdict: Verdict, graph: Graph) -> None:
    try:
        if found := programs(Trial(graph, verdict.case.seed)):
            verdict.false["programs"] = found
    except Exception:
        verdict.false["programs"] = last_lines()


def _numeric(verdict: Verdict, graph: Graph, proofs: list[Proof]) -> None:
    from compose.compiler.numeric import attack

    try:
        for before, after in zip(proofs, attack(graph, proofs), strict=True):
            if before.outcome == "proved" and after.outcome != "proved" and before.name not in verdict.false:
                verdict.false[f"{before.name} (--numeric)"] = after.how
    except Exception:
        verdict.false["numeric"] = last_lines()


def last_lines() -> str:
    """The end of the traceback."""
    return " | ".join(line.strip() for line in traceback.format_exc().strip().splitlines()[-5:])
