"""Parity of policies with released code, call by call and epoch by epoch (EPyMARL's MAPPO, IPPO, COMA).

    python -m tests.parity.epochs FOLDER [--mapping FILE]

A call learns from one batch: statistics look at it once, then come the epochs, each one step of both optimizers, then
lagged copies follow. What acting recorded is fed as recorded; before the second call on the same batch, which the
released code makes with the weights of after the first, it is computed with those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from compose.compiler.model import Learned, Model
from compose.training.clocks import Clocks
from compose.training.optim import Optimizers
from compose.training.targets import Targets
from tests.parity.runner import Case, relative, run

Errors = Iterator[tuple[str, float]]
LATER = 1e-4
"""Of values in epochs after the first, as the manifests ask."""
MOVED = 1e-4
"""Absolute, of weights: Adam moves by about lr whatever the size of the gradient."""


@dataclass
class Epochs(Case):
    """A recorded case of several epochs and calls."""

    def model(self, taps: tuple[str, ...] = ()) -> Model:
        """With the lagged copies that are recorded: critics have them."""
        model = Model(self.graph, dtype=self.dtype, taps=taps)
        target = {name: x for name, x in self.weights("target_params", lagged=True).items() if name in model.target}
        model.load(self.weights("params"), target)
        return model

    def weights(self, group: str, lagged: bool = False) -> dict[str, Tensor]:
        """As of every case; of ``lagged`` groups, what is recorded must be all that we have a copy of."""
        if not lagged:
            return super().weights(group)
        whole, given = ({f"whole/{name.partition('/')[2]}": x for name, x in self.arrays.items()
                         if name.startswith(f"{of}/")} for of in ("params", group))
        assert given.keys() <= whole.keys(), f"not mapped: {given.keys() - whole.keys()}"
        made = Epochs({**self.arrays, **whole, **given}, self.manifest, self.mapping, self.dtype)
        return made.weights("whole")

    @property
    def calls(self) -> tuple[int, int]:
        """How often a batch is learned from, and in how many epochs."""
        calls, epochs = self.arrays["steps/loss_critic"].reshape(-1, self.epochs).shape
        return calls, epochs

    @property
    def epochs(self) -> int:
        return int(self.manifest["hyperparameters"].get("epochs", 1))

    # ------------------------------------------------------------------ inputs

    def played(self, model: Model, given: dict[str, Tensor]) -> dict[str, Tensor]:
        """What acting records: the action as it is ``given``, all else with the weights of the moment."""
        made = {f"played.{name}": value for name, value in self.graph.recorded.items() if value.field is None}
        taps = Model(self.graph, dtype=self.dtype, taps=tuple(value.name for value in made.values()))
        taps.load({name: w.detach() for name, w in model.weights.items()}, dict(model.target), dict(model.statistics))
        with torch.no_grad():
            found = taps.learn(self.fields() | given).taps
        return given | {name: found[value.name] for name, value in made.items()}

    def blank(self, name: str) -> Tensor:
        sizes = self.graph.stored.sizes | {"batch": self.arrays["in/filled"].shape[0]}  # type: ignore[union-attr]
        kind = {"int": torch.int64, "bool": torch.bool}.get(self.graph.field(name).dtype, self.dtype)
        return torch.zeros([sizes[axis] for axis in self.graph.field(name).axes], dtype=kind)

    def recorded_fields(self) -> dict[str, Tensor]:
        """What acting recorded, as it stands in the case."""
        found = {}
        for name, theirs in self.mapping.get("recorded", {}).items():
            blank, given = self.blank(f"played.{name}"), self.arrays[theirs]
            blank[:, : given.shape[1]] = given.reshape(blank.shape[0], given.shape[1], *blank.shape[2:])
            found[f"played.{name}"] = blank
        return found

    # ----------------------------------------------------------------- results

    def compare_values(self) -> Errors:
        """Statistics, values and losses of the first epoch of the first call."""
        model = self.model(tuple(self.mapping["values"]))
        recorded = self.recorded_fields()
        computed, fields = self.played(model, recorded), self.fields() | recorded
        steps = fields["steps"]
        for name, x in recorded.items():
            yield name, relative(computed[name][steps], x[steps])
        model.refresh(fields)
        for ours, theirs in self.mapping["statistics"].items():
            yield f"statistics.{ours}", relative(model.statistics[ours], self.arrays[theirs].to(self.dtype).reshape(()))
        learned = model.learn(fields)
        yield from self._values(learned, self.mapping["values"], fields, None, 1e-5)
        for ours, theirs in self.mapping["totals"].items():
            yield f"losses.{ours}", relative(learned.totals[ours].detach(), self.arrays[f"out/loss_{theirs}"])

    def _values(self, learned: Learned, mapped: dict[str, str], fields: dict[str, Tensor], epoch: int | None,
                rtol: float) -> Errors:
        for ours, theirs in mapped.items():
            mine = learned.taps[ours].detach()
            recorded = self.arrays[theirs.partition("@")[0]].to(self.dtype)
            recorded = recorded if epoch is None else recorded[epoch]
            counted = self.arrays["in/filled"][..., 0].bool() if "@" not in theirs else fields["steps"]
            if "@" in theirs:
                mine, counted = mine[:, :-1], counted[:, :-1]
            yield ours, relative(mine[counted], recorded.reshape(mine.shape)[counted], rtol)

    def compare_gradients(self) -> Errors:
        """Of the first epoch: each optimizer's loss on its own weights."""
        model = self.model()
        fields = self.fields() | self.recorded_fields()
        model.refresh(fields)
        totals, recorded = model.learn(fields).totals, self.weights("grads")
        largest = max(float(g.abs().max()) for g in recorded.values())
        for optimizer, total in totals.items():
            mine = model.trained_by(optimizer)
            grads = torch.autograd.grad(total, list(mine.values()), retain_graph=True)
            for name, grad in zip(mine, grads, strict=True):
                yield name, relative(grad, recorded[name], 1e-4, 1e-6 * largest)

    def compare_steps(self) -> Errors:
        """Values, losses and gradient norms of every epoch; weights where they are recorded; lagged copies."""
        mapped = self.mapping.get("epoch_values", {})
        model = self.model(tuple(mapped))
        optimizers, targets = Optimizers(model, model.spec.learner.optimizers), Targets(model.spec.learner.target)
        calls, epochs = self.calls
        clocks, given = Clocks(), self.recorded_fields()
        for call in range(calls):
            fields = self.fields() | (given if call == 0 else self.played(model, given))
            model.refresh(fields)
            for epoch in range(epochs):
                learned = model.learn(fields)
                if call == 0:
                    loose = 1e-5 if epoch == 0 else LATER
                    found = self._values(learned, mapped, fields, epoch, loose)
                    yield from ((f"epoch {epoch}.{name}", off) for name, off in found)
                made = optimizers.update(lambda: model.learn(fields))  # noqa: B023
                clocks.updates += 1
                targets.follow(model, clocks)
                yield from self._stepped(learned, made.norms, call, epoch)
                yield from self._weights(model, call, epoch, last=epoch == epochs - 1)

    def _stepped(self, learned: Learned, norms: dict[str, float], call: int, epoch: int) -> Errors:
        for ours, theirs in self.mapping["totals"].items():
            losses, sizes = (self.arrays[f"steps/{what}_{theirs}"].reshape(-1, self.epochs)[call, epoch]
                             for what in ("loss", "grad_norm"))
            at = f"{call}.{epoch}"
            yield f"steps.loss.{ours}[{at}]", relative(learned.totals[ours].detach(), losses, LATER, 1e-5)
            yield f"steps.norm.{ours}[{at}]", relative(torch.as_tensor(norms[ours]), sizes, 1e-3)

    def _weights(self, model: Model, call: int, epoch: int, *, last: bool) -> Errors:
        groups = [] if (call, epoch) != (0, 0) or last else ["params_after_epoch"]
        groups += [f"params_after{'' if call == 0 else f'_{call + 1}'}"] if last else []
        for group in groups:
            after = self.weights(group)
            for name, weight in model.named_parameters():
                yield f"{group}.{name}", relative(weight.detach(), after[name], 0, MOVED)
        if last and call == 0:
            after = self.weights("target_params_after", lagged=True)
            for name, weight in model.target.items():
                yield f"target_params_after.{name}", relative(weight, after[name], 0, MOVED)


if __name__ == "__main__":
    run(Epochs, __doc__)
