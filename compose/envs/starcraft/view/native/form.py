"""What compiled views are told of a scenario, and the tensors that they write."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Collection
from ctypes import c_double, c_int64, c_void_p

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from compose.envs.starcraft.scenario_model import Scenario
from compose.envs.starcraft.schema import flat_sizes, flat_types, has_flat, shielded
from compose.envs.starcraft.task import SIDES
from compose.envs.starcraft.view.cone import HALF, directions
from compose.envs.starcraft.view.flat import numbered_types
from compose.envs.starcraft.view.tables import Tables, type_rows
from compose.kernels.rounding import MKL_MODE

_COUNTS = ("agents", "units", "actions", "plain", "cone", "hides", "any", "heals", "shields", "types", "flat_types",
           "our_points", "their_points", "placed", "observed", "stated")
_TABLES = ("health", "shield", "energy", "cooldown", "healer", "sight", "reach", "type", "our_type", "their_type",
           "ways")
_WANTED = {"sight": {"visible", "sight"}, "entities": {"entities", "position"}, "position": {"entities", "position"},
           "observation": {"observation", "state"}, "state": {"observation", "state"}}
"""By which wishes a field is computed; those that are not here always are."""


class _View(ctypes.Structure):
    """``View`` of ``view.h``, name by name."""

    _fields_ = (*((name, c_int64) for name in _COUNTS), *((name, c_double) for name in ("cosine", "shared")),
                *((name, c_void_p) for name in _TABLES), ("mkl_root", c_void_p), ("mkl_mode", c_int64),
                *((f"to_{name}", c_void_p) for name in ("available", "active", *_WANTED)))


class ViewForm:
    """What a library is given in the place of :class:`~compose.envs.starcraft.view.View`.

    Args:
        root: The address of MKL's root of doubles, if torch takes that; 0 if torch's roots are exact.
    """

    size = ctypes.sizeof(_View)
    """Bytes of ``filled``."""

    def __init__(self, scenario: Scenario, root: int) -> None:
        cpu, flat = torch.device("cpu"), has_flat(scenario)
        agents, units, actions = scenario.agents, scenario.agents + scenario.enemies, scenario.actions
        self._agents, self._units, self._plain, self._actions = agents, units, scenario.plain, actions
        types = scenario.kinds if len(scenario.kinds) > 1 else ()
        ours, theirs = numbered_types(scenario) if flat else ((), ())
        sizes = {name: flat_sizes(scenario)[name] if flat else 0 for name in ("observation", "state")}
        cone, points = scenario.sight == "cone", [1 + (flat and shielded(scenario, side)) for side in SIDES]
        tables = Tables.on(cpu)
        ranges = [torch.tensor(far, dtype=torch.float64) for far in (scenario.sights(), scenario.reaches())]
        self._tables = (tables.health, tables.shield, tables.energy, tables.cooldown, tables.heals, *ranges,
                        *(type_rows(told, cpu) for told in (types, ours, theirs)), directions(cpu))
        counts = (agents, units, actions, self._plain, cone, scenario.hides, scenario.targets == "any", scenario.heals,
                  scenario.has_shield, len(types), len(flat_types(scenario)) if flat else 0, *points,
                  scenario.starts is not None, sizes["observation"], sizes["state"])
        self.filled = _View(*counts, math.cos(HALF), scenario.shared_sight,
                            *(table.data_ptr() for table in self._tables), root, MKL_MODE)
        width = units + actions - 2 + len(types) + 7 + scenario.has_shield + 2 * cone
        self._forms = {
            "available": ((agents, actions), torch.bool), "active": ((agents,), torch.bool),
            "sight": ((units, units), torch.bool), "entities": ((units, width), torch.float32),
            "position": ((agents, 2), torch.float32),
        } | ({name: (((agents, size) if name == "observation" else (size,)), torch.float32)
              for name, size in sizes.items()} if flat else {})
        self._made: list[tuple[str, str, tuple[int, ...], torch.dtype]] = []
        self._constant: dict[str, Tensor] = {}
        self._begun: tuple[Tensor, Tensor] | None = None

    def begin(self, present: Tensor, tag: Tensor, task: Tensor, wanted: Collection[str] | None) -> None:
        """Note what stays the same, and what is wanted; call it whenever episodes begin."""
        if not (self._begun is not None and all(map(torch.equal, self._begun, (present, tag)))):
            self._begun = present, tag
            self._constant = {"present": present.clone(), "action_entity": self._aims(present, tag)}
        self._constant["task"] = task.clone()
        self._made = [(name, f"to_{name}", (len(task), *shape), kind) for name, (shape, kind) in self._forms.items()
                      if name not in _WANTED or wanted is None or not _WANTED[name].isdisjoint(wanted)]
        for name in _WANTED:
            setattr(self.filled, f"to_{name}", None)

    def _aims(self, present: Tensor, tag: Tensor) -> Tensor:
        """Which action is aimed at whom, bool [batch action unit]."""
        aimed = (one_hot(tag, self._units).bool() & present[..., None]).transpose(1, 2)
        plain = aimed.new_zeros(len(aimed), self._plain, self._units)
        return torch.cat((plain, aimed[:, : self._actions - self._plain]), 1)

    def outputs(self) -> dict[str, Tensor]:
        """Every field that :meth:`View.fields` gives, in fresh tensors: the next call of the library fills them."""
        found, filled = dict(self._constant), self.filled
        for name, place, shape, kind in self._made:
            found[name] = made = torch.empty(shape, dtype=kind)
            setattr(filled, place, made.data_ptr())
        if "sight" in found:
            found["visible"] = found["sight"][:, : self._agents]
        return found
