"""``--log-video``: the first episode of an evaluation as a GIF, as ``compose play`` draws it."""

from __future__ import annotations

import numpy as np

from compose.compiler.model import Model
from compose.envs.interface import Environment
from compose.envs.pictures import Filmed, camera_of, gif
from compose.language.diagnostics import Diagnostic, SpecError
from compose.training.evaluate import evaluate
from compose.training.retry import Retried

MOST, A_SECOND = 60, 10
"""Frames of a GIF, and how many a second."""


def check_picture(env: Environment) -> None:
    """Raises SpecError (``play.picture``) if there is nothing to be seen of an environment."""
    if camera_of(_bare(env)) is None:
        text = "has no picture: it has neither a camera of its own nor the field 'position'"
        raise SpecError(Diagnostic("play.picture", text, env.schema.name, hint="leave out --log-video"))


def video(model: Model, env: Environment, *, seed: int, episode: int, params: dict[str, float]) -> bytes:
    """One episode of the evaluation stream of ``seed``, played without exploration."""
    env = _bare(env)
    camera = camera_of(env)
    assert camera is not None
    shown = Filmed(env, camera)
    evaluate(model, shown, 1, seed=seed, first_episode=episode, params=params)
    film = shown.film
    title = "  ·  ".join(part for part in (film.stage.name, film.stage.task, model.spec.name) if part)
    frames = min(int(film.length) + 1, len(film.moments), MOST)
    return gif(film, title, np.linspace(0, film.length, frames).tolist(), A_SECOND)


def _bare(env: Environment) -> Environment:
    return env.env if isinstance(env, Retried) else env
