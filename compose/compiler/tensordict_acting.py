"""Acting as a module of ``tensordict``, for collectors built of such modules (TorchRL's among them)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModuleBase
from torch import Tensor

from compose.language.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from compose.compiler.model import Model
    from compose.compiler.programs import Acted

CARRIED = "carried"
"""Not ``state``, which is a field of many environments."""


class Acts(TensorDictModuleBase):
    """One step of every episode: from what agents see, and what was carried, to what they do.

    ``in_keys``: the fields that acting reads, [*batch ...] without the time axis, and ``("carried", NAME)`` for what
    recurs; where nothing is carried, episodes begin. A field without a batch axis is given once for each episode.
    ``out_keys``: ``action``, int64 [*batch agent], one that is available, and ``("next", "carried", NAME)``.

    The action is the best of the values, but at random with chance :attr:`epsilon`, or drawn from the softmax of the
    logits. Numbers come from torch's generator.
    """

    def __init__(self, model: Model, *, epsilon: float = 0.0, sampled: bool = False,
                 params: Mapping[str, float] | None = None) -> None:
        super().__init__()
        if model.spec.act.over == "part":
            text = f"{model.spec.name} draws numbers; modules of tensordict choose among actions only"
            raise SpecError(Diagnostic("act.kind", text, "act.choose"))
        self.model = model
        self.epsilon = epsilon
        """The chance of a random available action, from 0 to 1, of each agent; change it at will."""
        self.sampled = sampled
        """Draw from the softmax of what is chosen from."""
        self.params = dict(params or {})
        """Values of params that move, from :meth:`~compose.compiler.model.Model.params_at`; change them at will."""
        program = model.programs["act"]
        self._fields = tuple(sorted(program.fields))
        self._carried = tuple(model.initial_state(1))
        self.in_keys: list[Any] = [*self._fields, *((CARRIED, name) for name in self._carried)]
        self.out_keys: list[Any] = ["action", *(("next", CARRIED, name) for name in self._carried)]

    def forward(self, tensordict: TensorDict) -> TensorDict:
        """Write the action and what is carried on into ``tensordict``, and return it.

        Raises:
            SpecError: As ``Model.act``.
        """
        flat = tensordict.select(*self.in_keys, strict=False).reshape(-1)
        acted = self.model.act(self._shown(flat), self._state(flat), params=self.params)
        found = TensorDict({"action": self._chosen(acted)}, flat.batch_size)
        for name in self._carried:
            found["next", CARRIED, name] = acted.state[name]
        return tensordict.update(found.reshape(tensordict.batch_size))

    def _shown(self, flat: TensorDict) -> dict[str, Tensor]:
        """Fields as the program takes them: a time axis of length 1, and constant ones once."""
        shown = {}
        for name in self._fields:
            if name in flat.keys():  # noqa: SIM118 (no mapping)
                axes, x = self.model.graph.field(name).axes, flat[name]
                shown[name] = (x.unsqueeze(1) if "time" in axes else x) if "batch" in axes else x[0]
        return shown

    def _state(self, flat: TensorDict) -> dict[str, Tensor] | None:
        if CARRIED not in flat.keys():  # noqa: SIM118
            return None
        return {name: flat[CARRIED, name] for name in self._carried}

    def _chosen(self, acted: Acted) -> Tensor:
        scores = acted.values.masked_fill(~acted.where, -torch.inf)
        if self.sampled:
            return _drawn(scores.softmax(-1))
        best = scores.argmax(-1)
        if not self.epsilon:
            return best
        explores = torch.rand(best.shape, device=best.device) < self.epsilon
        return torch.where(explores, _drawn(acted.where.to(scores.dtype)), best)

    def make_tensordict_primer(self) -> Any:
        """The transform of TorchRL that gives an environment the state which episodes begin with, at every reset.

        Raises ImportError without TorchRL.
        """
        from torchrl.data import Composite, Unbounded
        from torchrl.envs import TensorDictPrimer

        state = self.model.initial_state(1)
        specs = {name: Unbounded(x.shape[1:], dtype=x.dtype, device=x.device) for name, x in state.items()}
        starts = {(CARRIED, name): x.flatten()[0].item() for name, x in state.items()}
        return TensorDictPrimer(Composite({CARRIED: Composite(specs)}), default_value=starts, expand_specs=True)


def _drawn(chances: Tensor) -> Tensor:
    """An index of the last axis, drawn in proportion to ``chances``."""
    return torch.multinomial(chances.flatten(0, -2), 1).reshape(chances.shape[:-1])
