"""Texts that are hard to read: the answer is a spec or a SpecError, soon. Random edits are in `tests.mutation`."""

import time

import pytest

from compose.graph.build import build_graph
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.load import load_text


def mistakes(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text; nothing, if it is a spec."""
    try:
        build_graph(load_text(text))
    except SpecError as error:
        return error.diagnostics
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error}\n{text}") from error
    return ()


LONG = "\n".join(f"  n{i}: n{i + 1} + 1" for i in range(1500))
HEAD = "compose: 1\nname: hard\nsummary: Hard.\nextends: qmix_attention\n"


@pytest.mark.parametrize(
    "body",
    [
        f"graph:\n{LONG}\n  n1500: q_tot\nlosses: {{td: {{of: n0}}}}",
        "params: {embed: 1.0e+300}\naxes: {a: embed * embed, b: ceil(a)}",
        "params: {embed: 0}\naxes: {a: 4 / embed, b: floor(4 / embed)}",
        "axes: {a: 100000}\ngraph:\n  taken: {block: take, of: q, index: env.action, each: a}",
        "losses: {td: {weight: " + " * ".join(["1000000000000000"] * 50) + "}}",
        "losses: {td: {weight: 1 / 0}}",
        "axes: {a: a}",
        "axes: {a: -agent, b: true}",
        "graph:\n  q_tot: {block: previous, of: q_tot, axes: ... Batch}",
        "networks:\n" + "\n".join(
            f"  n{i}:\n    inputs: {{x: batch time agent action}}\n    nodes: {{a: {{network: n{i + 1}, x: x}}, "
            f"b: {{network: n{i + 1}, x: x}}, c: a + b}}\n    returns: c" for i in range(20))
        + "\n  n20: {inputs: {x: batch time agent action}, nodes: {c: x + 1}, returns: c}\n"
        "graph:\n  deep: {network: n0, x: q}\nlosses: {td: {of: deep, mean: [agent, action]}}",
    ],
    ids=["chain", "overflow", "zero", "turns", "product", "division", "itself", "sizes", "delay", "doubling"],
)  # fmt: skip
def test_hard_cases(body: str) -> None:
    began = time.process_time()
    assert all(problem.render() for problem in mistakes(HEAD + body))
    assert time.process_time() - began < 20
