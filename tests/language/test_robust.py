"""Whatever happens to the text of a spec, the answer is a spec or a SpecError, soon."""

import random
import time

import pytest

from compose.graph.build import build_graph
from compose.language.diagnostics import Diagnostic, SpecError
from compose.language.files import packaged_specs
from compose.language.load import load_text

TEXTS = [path.read_text(encoding="utf-8") for path in sorted(packaged_specs().glob("*.yaml"))]
TOKENS = sorted({token for text in TEXTS for token in text.split()})
WHOLE = ["null", "true", "0", "-1", "1e300", "[]", "{}", '""', "~", "q", "env", "2 * agent", "a.b.c", "(((((", "é", "1"]


def edited(text: str, rng: random.Random) -> str:
    """One to four small edits, as a slip of the hand (or a broken disk) would make them."""
    for _ in range(rng.randint(1, 4)):
        lines = text.split("\n")
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        match rng.randrange(9):
            case 0:
                del lines[i]
            case 1:
                lines.insert(j, lines[i])
            case 2:
                lines[i] = " " * rng.randint(0, 8) + lines[i].lstrip()
            case 3:
                words = lines[i].split(" ")
                a, b = rng.randrange(len(words)), rng.randrange(len(words))
                words[a], words[b] = words[b], words[a]
                lines[i] = " ".join(words)
            case 4:
                at = rng.randrange(len(lines[i]) + 1)
                code = rng.choice([rng.randrange(32, 127), rng.randrange(1, 0x2FF)])
                lines[i] = lines[i][:at] + chr(code) + lines[i][at:]
            case 5:
                at = rng.randrange(len(lines[i]) + 1)
                lines[i] = lines[i][:at] + lines[i][at + 1 :]
            case 6:
                words = lines[i].split(" ")
                words[rng.randrange(len(words))] = rng.choice(TOKENS)
                lines[i] = " ".join(words)
            case 7:
                head, colon, _ = lines[i].rpartition(": ")
                lines[i] = f"{head}{colon}{rng.choice(WHOLE)}" if colon else lines[i]
            case 8:
                head, colon, tail = lines[i].partition(": ")
                wrong = tail.replace(rng.choice("abcdefghijklmnopqrstuvw_"), rng.choice("abc."), 1)
                lines[i] = f"{head}{colon}{wrong}"
        text = "\n".join(lines)
    return text


def mistakes(text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text; nothing, if it is a spec."""
    try:
        build_graph(load_text(text))
    except SpecError as error:
        return error.diagnostics
    except Exception as error:
        raise AssertionError(f"{type(error).__name__}: {error}\n{text}") from error
    return ()


@pytest.mark.parametrize("seed", range(10))
def test_random_edits_end_in_a_spec_or_a_spec_error(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(30):
        text = edited(rng.choice(TEXTS), rng)
        began = time.perf_counter()
        assert all(problem.message and problem.render() for problem in mistakes(text))
        assert time.perf_counter() - began < 5, text


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
