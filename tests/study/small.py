"""A study that takes seconds, and what is asked of its runs."""

from __future__ import annotations

from pathlib import Path

from compose.study.file.reading import LoadedStudy, load_study
from compose.study.runs.planned import Plan, planned
from compose.study.runs.workspace import Workspace

ENV = "group_matching:agents=2,cells=3,limit=5"
SET = "{learner.replay.batch: 4, learner.replay.start: 4, params.embed: 8}"
TEXT = f"""compose: 1
study: small
specs:
  vdn: {{spec: vdn_attention, set: {SET}}}
  qmix: {{spec: qmix_attention, set: {SET}}}
envs: ["{ENV}"]
seeds: 0..1
train: {{updates: 3, eval: {{every: 50 env_steps, episodes: 4}}}}
"""


def write(folder: Path, text: str = TEXT) -> str:
    """The path of a study's file."""
    path = folder / "small.yaml"
    path.write_text(text)
    return str(path)


def read(folder: Path, text: str = TEXT) -> LoadedStudy:
    """A study of this text."""
    return load_study(write(folder, text))


def begin(folder: Path, text: str = TEXT) -> tuple[Plan, Workspace]:
    """The study's folder, as its driver makes it."""
    loaded = read(folder, text)
    plan, workspace = planned(loaded), Workspace.of(folder / "runs", loaded.study.study)
    workspace.write(plan)
    return plan, workspace
