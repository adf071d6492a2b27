"""An operation computed in the other ways that passes put it: each must give what it gives as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from compose.compiler.contract.trial import BATCH, TIME, Trial
from compose.compiler.emit import emit
from compose.compiler.interpret import Given, Interpreter, NodeRun
from compose.compiler.lower import Lowering
from compose.compiler.parts import taken_apart
from compose.compiler.passes.absent import rows_of
from compose.compiler.passes.siblings import stackable
from compose.compiler.passes.stacking import Stacked, stacked_term
from compose.compiler.plan import ALIVE, EPISODE, INDEX, SEQUENCES, make_plan
from compose.compiler.terms import Leaf, Pick, Term, Terms
from compose.compiler.terms.call import Call
from compose.compiler.terms.joined import EPISODES, SIDES, Joined
from compose.compiler.terms.product import product
from compose.graph.align import align
from compose.graph.average import STEP
from compose.graph.node import Value
from compose.language.axes import Axes, leads

TOLERANCE = 1e-8
VIEW = "view 1"


def pieces(trial: Trial) -> Iterator[str]:
    """What ``pieces`` says is what ``compute`` does, in whatever order axes arrive."""
    whole, given = _lowered(trial), _leaves(trial)
    if whole is None:
        return
    turned = whole.with_operands([whole.operands[0].with_operands(_turned(x) for x in whole.operands[0].operands)])
    for term in whole, turned:
        apart = _attempt(trial, "in `pieces`", taken_apart, term)
        if apart is None:
            return
        if set(apart.axes) != set(whole.axes):
            raise trial.fail(f"`pieces` give [{' '.join(apart.axes)}], not [{' '.join(whole.axes)}]")
        x = _attempt(trial, "in `pieces`", emit, Terms({"": apart}), Given(given))[""]
        _compare(trial, given, {"": align(x, apart.axes, whole.axes)}, trial.run(given), "in `pieces`")
    yield "pieces"


def _turned(term: Term) -> Term:
    """The same with its axes the other way round, unless it is a weight."""
    return term if term.learned else replace(product([(term, term.axes)], term.axes[::-1]), dtype=term.dtype)


@dataclass(frozen=True)
class _Rows:
    """Axes that become one, of some rows in some order."""

    axes: Joined
    index: Tensor
    """Of the chosen rows among all."""
    episode: Tensor
    """The episode of each."""

    def fits(self, axes: Axes) -> bool:
        """Does it know all of the joined axes or none (for steps, perhaps the episode alone)?"""
        known = {*self.axes.of} & {*axes}
        return known in (set(), {*self.axes.of}) or (self.axes.of == EPISODES and known == {"batch"})

    def of(self, x: Any, axes: Axes) -> Any:
        """A tensor on those rows."""
        known = tuple(a for a in self.axes.of if a in axes)
        if not isinstance(x, Tensor) or not known:
            return x
        rest = tuple(a for a in axes if a not in known)
        flat = align(x, axes, (*known, *rest)).flatten(0, len(known) - 1)
        return align(flat[self.episode if known == ("batch",) else self.index], (self.axes.new, *rest), self.axes(axes))


def rows(trial: Trial) -> Iterator[str]:
    """What treats rows alike (:meth:`Node.rowwise`) does so with any rows joined into one axis."""
    node = trial.node
    for side in ((), *((side,) for side in SIDES)):
        joined = (*EPISODES, *side)
        if not node.rowwise(joined):
            continue
        per = trial.size(side[0]) if side else 1
        index = torch.randperm(BATCH * TIME * per, generator=trial.generator)[: BATCH * TIME]
        chosen = _Rows(Joined(rows_of(side[0]) if side else STEP, joined), index, index // per // TIME)
        if all(chosen.fits(v.type.axes) for v in node.operands()):
            _joined(trial, chosen, {}, f"with {', '.join(joined)} as one axis")
            yield f"rows:{' '.join(joined)}"


def over_steps(trial: Trial) -> Iterator[str]:
    """A recurrence over steps of episodes of several lengths, time by time, gives what it gives over whole episodes."""
    if not trial.node.op.over_steps:
        return
    for most in TIME, 1:
        length = torch.randint(1, most + 1, (BATCH,), generator=trial.generator)
        plan = make_plan({"steps": torch.arange(TIME) < length[:, None]}, [f"0.{INDEX}"])
        found = {what: plan[f"0.{what}"] for what in (ALIVE, SEQUENCES)}
        chosen = _Rows(Joined(STEP, EPISODES), plan[f"0.{INDEX}"], plan[f"0.{EPISODE}"])
        _joined(trial, chosen, found, "over steps of episodes joined into one axis")
    yield "over_steps"


def _joined(trial: Trial, chosen: _Rows, plan: Mapping[str, Any], how: str) -> None:
    given, node, values = _leaves(trial), trial.node, dict[Value, Value]()
    expected = trial.run(given)
    moved = chosen.axes.node(node, values)
    results = {new: chosen.of(given["field"][old.field], old.type.axes) for old, new in values.items() if old.field}
    _, whole, _ = trial.interpret(given)
    results |= {new: chosen.of(whole.value(old), old.type.axes) for old, new in values.items()
                if old.field is None and old.constant is None}
    run = NodeRun(moved, Interpreter(trial.graph, Given({**given, "plan": plan}), torch.float64, results))
    found = _attempt(trial, how, lambda: moved.op.compute(run, **run.ports()))
    wanted = {name: chosen.of(x, node.values[name].type.axes) for name, x in expected.items()}
    _compare(trial, given, found if isinstance(found, dict) else {"": found}, wanted, how)


def stacks(trial: Trial) -> Iterator[str]:
    """Inputs stacked along a new leading axis give the stack of the results."""
    picked = _lowered(trial)
    if picked is None:
        return
    whole = picked.operands[0]
    assert isinstance(whole.op, Call)
    if not stackable(whole.op):
        return
    ports = [i for i, r in enumerate(whole.op.reads) if r.value is not None and r.local in trial.node.wires]
    for chosen in (*([i] for i in ports), ports):
        given, other = _leaves(trial), _leaves(trial)
        names = {x.op.label for i in chosen if isinstance((x := whole.operands[i]).op, Leaf)}
        second = {**given, "field": {n: (other if n in names else given)["field"][n] for n in given["field"]}}
        both = {**given, "field": {**given["field"], **{f"{n}+": second["field"][n] for n in names}}}
        operands = [_stack(x) if i in chosen else x for i, x in enumerate(whole.operands)]
        how = "with inputs stacked along a new leading axis"
        term = stacked_term(picked, operands, VIEW, 2)
        x = _attempt(trial, how, emit, Terms({"": term}), Given(both))[""]
        for turn, fields in enumerate((given, second)):
            found = align(x.select(term.axes.index(VIEW), turn), tuple(a for a in term.axes if a != VIEW), picked.axes)
            _compare(trial, fields, {"": found}, {"": next(iter(trial.run(fields).values()))}, how)
    if ports:
        yield "stacks"


def _stack(term: Term) -> Term:
    assert isinstance(term.op, Leaf)
    at = sum(map(leads, term.axes))
    other = replace(term, op=replace(term.op, label=f"{term.op.label}+"))
    axes, shape = (*term.axes[:at], VIEW, *term.axes[at:]), (*term.shape[:at], 2, *term.shape[at:])
    return Term(Stacked(VIEW), (term, other), axes, shape, term.dtype, term.name)


def quick(trial: Trial) -> Iterator[str]:
    """What optimised programs call instead of ``compute`` gives the same."""
    compute = trial.node.op.quick
    if compute is None:
        return
    given = _leaves(trial)
    interpreter = Interpreter(trial.graph, Given(given), torch.float64)
    interpreter.evaluate(trial.node.operands())
    run = NodeRun(trial.node, interpreter)
    found = _attempt(trial, "in `quick`", lambda: compute(run, **run.ports()))
    _compare(trial, given, found if isinstance(found, dict) else {"": found}, trial.run(given), "in `quick`")
    yield "quick"


def _lowered(trial: Trial) -> Term | None:
    """The first output as a term; None for a pointwise function, which is nothing but one."""
    found = Lowering(trial.graph, torch.float64, carried=False).terms(trial.node.values.values())[0]
    return found if isinstance(found.op, Pick) else None


def _leaves(trial: Trial) -> dict[str, dict[str, Any]]:
    """Fresh inputs that collect gradients."""
    given = trial.inputs()
    for x in (*given["field"].values(), *given["weight"].values()):
        x.requires_grad_(x.is_floating_point())
    return given


def _attempt(trial: Trial, how: str, compute: Callable[..., Any], *operands: Any) -> Any:
    try:
        return compute(*operands)
    except Exception as error:
        raise trial.fail(f"cannot be computed {how}: {error}") from error


def _compare(trial: Trial, given: Mapping[str, Any], found: Mapping[str, Any], expected: Mapping[str, Tensor],
             how: str) -> None:
    """Fail unless two results agree, and so do their gradients."""
    leaves = [x for kind in ("field", "weight") for x in given[kind].values() if x.requires_grad]
    for name, wanted in expected.items():
        mine = found[name]
        if mine.shape != wanted.shape or mine.dtype != wanted.dtype or not _close(mine, wanted):
            raise trial.fail(f"output '{name}' differs {how}")
        if not wanted.requires_grad:
            continue
        pull = torch.randn(wanted.shape, generator=trial.generator, dtype=wanted.dtype)
        grads = [torch.autograd.grad(x, leaves, pull, retain_graph=True, allow_unused=True, materialize_grads=True)
                 for x in (mine, wanted)]
        if not all(map(_close, *grads)):
            raise trial.fail(f"gradients of output '{name}' differ {how}")


def _close(a: Tensor, b: Tensor) -> bool:
    """Equal but for rounding, relative to the largest number."""
    if not a.is_floating_point():
        return torch.equal(a, b)
    scale = float(b.detach().nan_to_num().abs().max()) if b.numel() else 0.0
    return torch.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True)


FORMS: Sequence[Callable[[Trial], Iterator[str]]] = (pieces, quick, rows, over_steps, stacks)
