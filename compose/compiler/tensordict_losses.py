"""A model as a module of ``tensordict``, for loops built of such modules (TorchRL's among them)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tensordict import TensorDict
from tensordict.nn import TensorDictModuleBase

if TYPE_CHECKING:
    from compose.compiler.model import Model


class Losses(TensorDictModuleBase):
    """From a batch of whole episodes to what is minimised.

    ``in_keys``: the fields that ``learn`` reads. ``out_keys``: ``loss_OPTIMIZER``, scalars with gradient, one for each
    optimizer; ``("losses", NAME)``, every loss before its weight, without gradient.
    """

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model
        self.in_keys: list[Any] = [*model.programs["learn"].fields]
        self.out_keys: list[Any] = [*(f"loss_{name}" for name in model.graph.totals),
                                    *(("losses", name) for name in model.graph.losses)]

    def forward(self, tensordict: TensorDict, **given: Any) -> TensorDict:
        """A new TensorDict without batch axes. ``given``: ``draws`` and ``params``, as in ``Model.learn``.

        Raises:
            SpecError: As ``Model.learn``.
        """
        fields = {name: tensordict[name] for name in self.in_keys if name in tensordict.keys()}  # noqa: SIM118
        made = self.model.learn(fields, **given)
        return TensorDict({**{f"loss_{name}": x for name, x in made.totals.items()}, "losses": made.losses}, [])
