"""The parts of exporting: names, expressions, views, free counts, comparison, files."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import fx
from torch.nn import functional as F

from compose.compiler.export import write
from compose.compiler.export.counts import larger
from compose.compiler.export.emit import emit
from compose.compiler.export.expression import UnknownFunction, expression, text, unparsed
from compose.compiler.export.names import Scope, attributes, class_name, identifier
from compose.compiler.export.parity import compare
from compose.compiler.export.record import require_acting
from compose.compiler.export.samples import Sample, Tensors, timed
from compose.compiler.export.views import BATCH, as_one_view
from compose.compiler.export.write import arriving, write_module
from compose.compiler.model import Model
from compose.graph.build import build_graph
from compose.language.diagnostics import SpecError
from compose.language.load import load
from tests.compiler.cases import inline, model
from tests.compiler.export.cases import EACH, entries, odd

# ---------------------------------------------------------------------- names


def test_identifiers() -> None:
    assert [identifier(n) for n in ("q.a", "stack[0].x", "3d", "a#1")] == ["q_a", "stack_0_x", "_3d", "a_1"]
    assert [class_name(n) for n in ("refil_vdn", "tensor", "x")] == ["RefilVdn", "PolicyTensor", "X"]


def test_scopes_never_give_a_name_twice_nor_a_reserved_one() -> None:
    scope = Scope(["a"])
    assert [scope.take("a", "b.a"), scope.take("b.a"), scope.take("b.a")] == ["b_a", "b_a_2", "b_a_3"]
    assert scope.take("lambda") == "lambda_2"
    assert scope.take("torch", "x.torch") == "x_torch"


def test_weights_keep_their_names_unless_python_has_them() -> None:
    names = ["utility.a.query", "f.lambda.weight", "forward.x.bias", "v.a", "v.a.b", "v.a_"]
    found = attributes(names)
    assert found["utility.a.query"] == "utility.a.query"
    assert found["f.lambda.weight"] == "f.lambda_.weight"
    assert found["forward.x.bias"] == "forward_.x.bias"
    assert found["v.a.b"] == "v.a.b"
    assert len(set(found.values())) == len(names)
    assert not {"v.a"} & set(found.values()), "v.a is a group"


# ---------------------------------------------------------------- expressions


def written(compute: Any, *names: str) -> str:
    """The Python of a recorded computation."""
    graph = fx.Graph()
    tracer = fx.proxy.GraphAppendingTracer(graph)
    inputs = [fx.Proxy(graph.placeholder(name), tracer) for name in names]
    compute(*inputs)
    trees: dict[fx.Node, Any] = {p.node: text(p.node.name) for p in inputs}
    for node in graph.nodes:
        if node.op != "placeholder":
            trees[node] = expression(node, trees.__getitem__)
    return unparsed(trees[node])


@pytest.mark.parametrize(("compute", "expected"), [
    (lambda x, y: (x + y) * x, "(x + y) * x"),
    (lambda x, y: x @ y.transpose(-1, -2) / 2.5, "x @ y.transpose(-1, -2) / 2.5"),
    (lambda x, y: ~(x & y), "~(x & y)"),
    (lambda x, y: (x < y) | (x == y), "(x < y) | (x == y)"),
    (lambda x, y: x[:, None, ..., 1:3], "x[:, None, ..., 1:3]"),
    (lambda x, y: F.relu(F.linear(x, y)), "F.relu(F.linear(x, y))"),
    (lambda x, y: torch.cat([x, y], -1).to(torch.bool), "torch.cat([x, y], -1).to(torch.bool)"),
    (lambda x, y: x.masked_fill(y, -1e30), "x.masked_fill(y, -1e30)"),
    (lambda x, y: x.masked_fill(y, -float("inf")), "x.masked_fill(y, -torch.inf)"),
    (lambda x, y: torch.einsum("ij,jk->ik", x, y), 'torch.einsum("ij,jk->ik", x, y)'),
    (lambda x, y: -x ** 2, "-x ** 2"),
])  # fmt: skip
def test_expressions(compute: Any, expected: str) -> None:
    assert written(compute, "x", "y") == expected


def own_function(x: Any) -> Any:
    return x


def test_a_function_of_somebody_else_is_refused() -> None:
    graph = fx.Graph()
    node = graph.call_function(own_function, (graph.placeholder("x"),))
    with pytest.raises(UnknownFunction, match="own_function"):
        expression(node, lambda n: text(n.name))


def test_the_node_that_calls_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compose.compiler.export.expression._public_names", dict)
    with pytest.raises(SpecError) as error:
        emit(odd())
    (found,) = error.value.diagnostics
    assert (found.code, found.where) == ("export.function", "raw.lambda")
    assert found.message == "calls linear, which a file that imports torch only does not have"


# ---------------------------------------------------------------------- views


@pytest.mark.parametrize(("have", "want", "expected"), [
    (((2, 3), (1, 1), (8, 8)), ((2, 3), (8, 8)), ("squeeze", (1,))),
    (((2, 3), (8, 8)), ((2, 3), (1, 1), (8, 8)), ("unsqueeze", (1,))),
    (((2, 3), (8, 8)), ((2, 3), (1, 1), (1, 1), (8, 8)), ("getitem", ((slice(None), None, None),))),
    (((2, 3), (1, 1), (8, 8), (5, 5)), ((16, 24), (5, 5)), ("flatten", (0, -2))),
    (((16, 24), (5, 5)), ((2, 3), (8, 8), (5, 5)), ("unflatten", (0, (BATCH, 8)))),
    (((4, 4), (6, 6)), ((6, 6), (4, 4)), None),
])  # fmt: skip
def test_one_view_for_several(have: Any, want: Any, expected: Any) -> None:
    found = as_one_view(have, want)
    assert found == expected
    if found is None:
        return
    for run, batch in ((0, 2), (1, 3)):
        x = torch.arange(0, int(torch.tensor([s[run] for s in have]).prod())).reshape([s[run] for s in have])
        method, arguments = found
        filled = fx.node.map_aggregate(arguments, lambda a, b=batch: b if a == BATCH else a)
        made = operator.getitem(x, *filled) if method == "getitem" else getattr(x, method)(*filled)
        assert torch.equal(made, x.reshape([s[run] for s in want]))


# --------------------------------------------------------------------- counts

def test_weights_for_each_agent_fix_their_number() -> None:
    made = emit(inline(EACH))
    assert made.free == ("entity",)
    assert "There are 3 agents; entities may be any number, agents first." in " ".join(made.text.split())
    assert "self, batch: int, entities: int = 5, device: torch.device | str | None = None" in made.text


def test_flat_observations_fix_nothing_but_what_they_hold() -> None:
    assert emit(model("iql")).free == ("entity",), "identities of agents are weights for each"


def test_a_larger_environment_has_the_same_weights() -> None:
    more = larger(odd(), {"agent": 2, "entity": 3})
    assert more is not None
    assert more.schema is not None
    assert (more.schema.agents, more.schema.entities) == (5, 8)
    assert all(torch.equal(more.weights[n], odd().weights[n]) for n in odd().programs["act"].needs("weight"))


# --------------------------------------------------------------------- parity


def wrong(change: Any) -> Any:
    """Steps of a model, with something changed in what they give."""

    def play(sample: Sample, state: Tensors) -> tuple[torch.Tensor, torch.Tensor, Tensors]:
        acted = odd().act(timed(odd(), sample.fields), state, sample.draws, sample.params)
        return change(acted.values, acted.where, acted.state)  # type: ignore[no-any-return]

    return play


@pytest.mark.parametrize(("change", "failed"), [
    (lambda v, w, s: (v, w, s), set()),
    (lambda v, w, s: (v + 1e-7, w, s), {"values"}),
    (lambda v, w, s: (v * float("nan"), w, s), {"values"}),
    (lambda v, w, s: (v[:, :1], w, s), {"values"}),
    (lambda v, w, s: (v.float(), w, s), {"values"}),
    (lambda v, w, s: (v, ~w, s), {"where"}),
    (lambda v, w, s: (v, w, {**s, "raw.state.previous": s["raw.state.previous"] * 1.01}),
     {"values", "state raw.state.previous"}),
])  # fmt: skip
def test_every_difference_is_seen(change: Any, failed: set[str]) -> None:
    parity = compare(odd(), wrong(change))
    assert {name for name in parity.outputs if not parity.passed(name)} == failed
    assert parity.ok is not bool(failed)


# ---------------------------------------------------------------------- files


@contextmanager
def emitting(monkeypatch: pytest.MonkeyPatch, change: Any) -> Iterator[None]:
    """Emit a text with a mistake in it."""
    from dataclasses import replace

    with monkeypatch.context() as patch:
        patch.setattr(write, "emit", lambda *given: replace(made := emit(*given), text=change(made.text)))
        yield


@pytest.mark.parametrize("mistake", [("F.relu(", "torch.tanh("), (", 0.5, dtype", ", 0.25, dtype")])
def test_nothing_is_written_that_differs(mistake: tuple[str, str], tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy.py").write_text("before")
    with emitting(monkeypatch, lambda text: text.replace(*mistake)):
        made = write_module(odd(), tmp_path / "policy.py")
    assert not made.parity.ok
    assert entries(tmp_path) == {"policy.py"}
    assert (tmp_path / "policy.py").read_text() == "before"


def test_nothing_is_left_of_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emitting(monkeypatch, lambda text: text + "\n1 / 0\n"), pytest.raises(ZeroDivisionError):
        write_module(odd(), tmp_path / "policy.py")
    assert entries(tmp_path) == set()


@pytest.mark.parametrize(("path", "message"), [("missing/x.py", "cannot be written: no such file or directory"),
                                               ("folder", "is a folder; name a file")])
def test_places_that_cannot_be_written(path: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(SpecError) as error, arriving(tmp_path / path):
        pass
    (found,) = error.value.diagnostics
    assert (found.code, found.message) == ("export.path", message)


def test_what_does_not_act_is_refused() -> None:
    graph = build_graph(load("refil"))
    require_acting(graph)
    graph.act_values = None
    with pytest.raises(SpecError) as error:
        require_acting(graph)
    assert error.value.diagnostics[0].render() == (
        "error[export.act]  refil does not say how to act\n  give it a section 'act' with 'values'")


def test_models_are_left_as_they_were() -> None:
    it = Model(odd().graph, seed=5, dtype=torch.float64)
    before = {name: w.detach().clone() for name, w in it.weights.items()}
    emit(it)
    assert all(torch.equal(before[name], w) for name, w in it.weights.items())
    assert all(w.requires_grad for w in it.weights.values())


@pytest.mark.parametrize("spec", ["f", "any", "path", "weights", "tensor", "none", "exception"])
def test_no_class_has_the_name_of_something_else_in_the_file(spec: str) -> None:
    assert class_name(spec) == f"Policy{spec.capitalize()}"
