"""How a spec's losses, acting and learning read as text."""

from __future__ import annotations

from compose.cli import page
from compose.cli.page import Cell
from compose.language.acting import Categorical, EpsilonGreedy, Numbers
from compose.language.learning import CopyTarget, Learner, OnPolicyLearner
from compose.language.models import Spec
from compose.language.moving import Constant, Curve, Moving, Piecewise
from compose.language.numerals import number


def show_learning(spec: Spec) -> None:
    """Print losses, how actions are chosen, the learner with its update-to-data ratio, and what is logged."""
    page.title("losses")
    rows = []
    for name, loss in spec.losses.items():
        reduced = [f"{how} over {', '.join(axes)}" for how, axes in (("mean", loss.mean), ("sum", loss.sum)) if axes]
        extra = [*reduced, *([f"where {loss.where}"] if str(loss.where) != "env.steps" else []),
                 *([f"count {loss.count}"] if loss.count != "present" else []),
                 *([f"optimizer {loss.optimizer}"] if loss.optimizer else [])]
        text = str(loss.of) + (f"   ({'; '.join(extra)})" if extra else "")
        rows.append((Cell(name, "name"), "" if str(loss.weight) == "1" else f"{loss.weight} *", text))
    page.table(rows)
    page.title("act")
    page.paragraph(acting(spec), indent=2)
    if spec.record:
        page.title("record")
        page.table([(Cell(name, "name"), str(value)) for name, value in spec.record.items()])
    page.title("learner")
    page.table(learning(spec))
    if spec.log:
        page.title("log")
        page.table([(Cell(name, "name"), str(value)) for name, value in spec.log.items()])


def moving(value: float | Moving) -> str:
    """``1 to 0.05 over 50,000 env_steps (linear)`` for a schedule, the number for a number."""
    if not isinstance(value, Moving):
        return number(value)
    if isinstance(value, Constant):
        return f"{value.from_:g}"
    assert isinstance(value, Curve | Piecewise)
    over = f"{value.over.count:,} {value.over.clock}"
    if isinstance(value, Curve):
        return f"{value.from_:g} to {value.to:g} over {over} ({value.kind})"
    points = [*(() if value.from_ is None else [(0.0, value.from_)]), *value.at,
              *(() if value.to is None else [(1.0, value.to)])]
    return f"{', '.join(f'{y:g} at {x:.0%}' for x, y in points)} of {over} (piecewise)"


def acting(spec: Spec) -> str:
    """One sentence on how actions are chosen."""
    act = spec.act
    if isinstance(act, Categorical):
        return f"sampled from softmax of {act.logits}; evaluated {act.evaluate}"
    if isinstance(act, Numbers):
        squashed = "tanh of " if act.squashed else ""
        greedy = "by the mean" if act.evaluate == "greedy" else "by draws, too"
        return f"{squashed}draws from N({act.mean}, {act.variance}); evaluated {greedy}"
    text = f"{act.choose.replace('_', '-')} in {act.values}" + (f" where {act.where}" if act.where else "")
    return text + (f", epsilon {moving(act.epsilon)}" if isinstance(act, EpsilonGreedy) else "")


def learning(spec: Spec) -> list[tuple[Cell, str]]:
    """Rows (what, how) on the learner."""
    learner = spec.learner
    rows = [("kind", learner.kind.replace("_", "-")),
            ("environments", f"{number(learner.environments)} side by side"),
            ("updates", _ratio(learner))]
    if learner.memory:
        rows.append((learner.kind.replace("_", "-"), learner.memory))
    if learner.off_policy or _lags(spec):
        follow = f"every {learner.target.every}"
        rows.append(("target", f"copied {follow}" if isinstance(learner.target, CopyTarget)
                     else f"Polyak averaging, rate {learner.target.tau:g}, {follow}"))
    for name, optimizer in learner.optimizers.items():
        told = optimizer.model_dump(exclude_none=True, exclude={"kind", "lr", "after"})
        told |= {"steps": optimizer.steps > 1 and optimizer.steps, "order": optimizer.each and optimizer.order}
        settings = {k: v for k, v in told.items() if v or k not in ("momentum", "weight_decay", "steps", "order")}
        parts = [f"lr {moving(optimizer.lr)}", *(f"{k} {_plain(v)}" for k, v in settings.items())]
        parts += [f"after {optimizer.after}"] if optimizer.after else []
        rows.append((f"optimizer {name}", f"{optimizer.kind}: {', '.join(parts)}"))
    return [(Cell(what, "name"), how) for what, how in rows]


def _ratio(learner: Learner) -> str:
    if isinstance(learner, OnPolicyLearner) and learner.horizon is not None:
        return f"{learner.updates}, of {number(learner.environments * learner.horizon)} collected steps"
    return f"{learner.updates} collected (update-to-data ratio {learner.updates.updates / learner.updates.episodes:g})"


def _lags(spec: Spec) -> bool:
    """Does any node use lagged copies of weights?"""
    bodies = [spec.graph, *(network.nodes for network in spec.networks.values())]
    return any(getattr(node, "target", False) for body in bodies for node in body.values())


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return " ".join(_plain(v) for v in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
