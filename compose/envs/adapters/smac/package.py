"""Finding the SMAC package and the game, and saying what is missing."""

from __future__ import annotations

import os
import pathlib
import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from compose.language.diagnostics import Diagnostic, SpecError

GIT = "pip install git+https://github.com/oxwhirl/smac.git"
EXTRA = "pip install 'compose-marl[smac]'"
MODULES = {"smac": ("starcraft2", "StarCraft2Env"), "smacv2": ("wrapper", "StarCraftCapabilityEnvWrapper")}
PROTOBUF = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"


def maker(where: str, map_name: str, limit: int) -> Callable[[int], Any]:
    """A function that makes a ``StarCraft2Env`` of a map from a seed.

    Args:
        where: The environment's name, for messages.
        limit: Steps of an episode.

    Raises:
        SpecError: If the package, pysc2, the game or the map is not there.
    """
    kind = star_craft(where)
    home = pathlib.Path(os.environ.get("SC2PATH", "~/StarCraftII")).expanduser()
    if not (home / "Versions").is_dir():
        raise missing(where, "StarCraft II is not there", f"install it, or set SC2PATH to its folder; looked in {home}")
    if not (home / "Maps" / "SMAC_Maps" / f"{map_name}.SC2Map").is_file():
        raise missing(where, f"the map {map_name}.SC2Map is not there",
                      f"put the folder SMAC_Maps (from the releases of github.com/oxwhirl/smac) into {home / 'Maps'}")

    def make(seed: int) -> Any:
        env = kind(map_name=map_name, seed=seed)
        env.episode_limit = limit
        return env

    return make


def star_craft(where: str, package: str = "smac", git: str = GIT) -> Callable[..., Any]:
    """The class ``StarCraft2Env`` of SMAC, or what draws battles for SMACv2's.

    Protocol buffers of 3.21 and later refuse the game's generated messages in their fast form, so the plain one is
    asked for, unless the environment variable says something already.

    Raises:
        SpecError: If it cannot be imported.
    """
    found, called = find_spec(package), package.upper().replace("V", "v")
    if found is None:
        raise missing(where, f"the {called} package is not installed", f"{EXTRA}, then {git}")
    folders = [pathlib.Path(folder) for folder in found.submodule_search_locations or ()]
    if package == "smac" and not any((folder / "env" / "starcraft2").is_dir() for folder in folders):
        text = "the installed package 'smac' is another project (SMAC3, which tunes hyper-parameters), not StarCraft's"
        raise missing(where, text, f"PyPI's 'smac' is never the right one: pip uninstall smac, then {GIT}")
    if find_spec("pysc2") is None or find_spec("s2clientprotocol") is None:
        raise missing(where, f"pysc2 is not installed, which {called} needs", EXTRA)
    os.environ.setdefault(PROTOBUF, "python")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # one for each of the game's generated messages
            module, name = MODULES[package]
            kind: Callable[..., Any] = getattr(import_module(f"{package}.env.starcraft2.{module}"), name)
    except Exception as error:
        text = f"the {called} package cannot be imported: {type(error).__name__}: {str(error).splitlines()[0]}"
        hint = f"start python with {PROTOBUF}=python" if "escriptor" in str(error) else EXTRA
        raise missing(where, text, hint) from error
    return kind


def missing(where: str, text: str, hint: str) -> SpecError:
    """What is missing, what to do, and what to play instead."""
    name = where.removeprefix("smac/")
    notes = () if ".yaml" in name else (f"skirmish/{name} is a battle of the same size and needs no StarCraft",)
    return SpecError(Diagnostic("smac.missing", text, where=where, hint=hint, notes=notes))
