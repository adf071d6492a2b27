"""Begin a training with weights that are there: those of another run, loaded by name as far as they meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from compose.compiler.model import Model
from compose.language.diagnostics import Diagnostic, SpecError, did_you_mean
from compose.training.checkpoint import read_tensors, weights_file

SHOWN = 6
"""So many names are listed of each kind; the rest are counted."""


@dataclass(frozen=True)
class WarmStart:
    """Where weights come from, which, and under what names they go.

    Raises:
        SpecError: ``train.init`` if a renaming is not of the form ``old=new``.
    """

    source: str
    """Folder of a run or of one of its checkpoints, or a ``.safetensors`` file."""
    only: tuple[str, ...] = ()
    """Networks, or longer beginnings of names (``utility.h``), of the model that begins; all unless told."""
    rename: tuple[str, ...] = ()
    """``old=new``: what begins with ``old`` in the source begins with ``new`` here."""

    def __post_init__(self) -> None:
        for text in self.rename:
            old, equals, new = text.partition("=")
            if not (old and equals and new):
                raise _wrong(f"'{text}' is no renaming", "--rename", "write OLD=NEW, such as utility=critic")

    def __str__(self) -> str:
        """As ``run.json`` has it."""
        return " ".join([self.source, *(f"only={name}" for name in self.only), *(f"rename={x}" for x in self.rename)])


@dataclass(frozen=True)
class Report:
    """What became of every weight."""

    loaded: tuple[str, ...]
    """Of the model: taken from the source."""
    new: tuple[str, ...]
    """Of the model: not in the source, or not asked for; as the seed makes them."""
    unused: tuple[str, ...]
    """Of the source: not in the model, or not asked for."""
    other_shapes: tuple[str, ...]
    """Of the model: ``name [there] -> [here]``; as the seed makes them."""

    def __str__(self) -> str:
        kinds = {"loaded": self.loaded, "new": self.new, "unused": self.unused, "of other shapes": self.other_shapes}
        return "; ".join(f"{len(names)} {kind}{_listed(names) if kind != 'loaded' else ''}"
                         for kind, names in kinds.items() if names)  # fmt: skip


def warm_start(model: Model, start: WarmStart) -> Report:
    """Load what meets: same name (renamed, perhaps) and same shape. Lagged copies begin as their weights do.

    Raises:
        SpecError: ``train.init`` if a name in ``only`` or ``rename`` is nothing's, or no weight meets at all;
            ``run.missing`` or ``run.seeds`` if there is nothing to load from, ``run.file`` or ``run.damaged`` if it
            cannot be read.
    """
    file = weights_file(Path(start.source))
    given = _renamed(read_tensors(file.parent, file.stem), start.rename)
    for name in start.only:
        if not any(_begins(weight, name) for weight in model.weights):
            hint = did_you_mean(name, {weight.partition(".")[0] for weight in model.weights})
            raise _wrong(f"no weight of {model.spec.name} begins with '{name}'", "--only", hint)
    asked = {name for name in model.weights if not start.only or any(_begins(name, one) for one in start.only)}
    meet = [name for name in model.weights if name in asked and name in given]
    loaded = [name for name in meet if given[name].shape == model.weights[name].shape]
    other = [f"{name} {list(given[name].shape)} -> {list(model.weights[name].shape)}"
             for name in meet if name not in set(loaded)]
    report = Report(tuple(loaded), tuple(name for name in model.weights if name not in set(meet)),
                    tuple(name for name in given if name not in set(meet)), tuple(other))  # fmt: skip
    if not loaded:
        raise _wrong(f"none of its {len(given)} weights meets one of {model.spec.name}: {report}", start.source,
                     "--rename OLD=NEW gives those that begin with OLD other names")  # fmt: skip
    with torch.no_grad():
        for name in loaded:
            model.weights[name].copy_(given[name])
    model.follow()
    return report


def _renamed(given: Mapping[str, Tensor], renames: Iterable[str]) -> dict[str, Tensor]:
    found = dict(given)
    for text in renames:
        old, _, new = text.partition("=")
        moved = {name: new + name[len(old) :] for name in found if _begins(name, old)}
        if not moved:
            hint = did_you_mean(old, {name.partition(".")[0] for name in found})
            raise _wrong(f"nothing there begins with '{old}'", "--rename", hint)
        if clash := sorted({*moved.values()} & ({*found} - {*moved})):
            raise _wrong(f"{clash[0]} is there already", "--rename", "give that another name first")
        found = {moved.get(name, name): x for name, x in found.items()}
    return found


def _begins(name: str, with_: str) -> bool:
    return name == with_ or name.startswith(f"{with_}.")


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f" ({', '.join(names[:SHOWN])}{more})"


def _wrong(message: str, where: str, hint: str = "") -> SpecError:
    return SpecError(Diagnostic("train.init", message, where=where, hint=hint))
