"""MLflow: in a database in ``RUN/mlflow``, unless ``MLFLOW_TRACKING_URI`` says otherwise."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Any

from compose.training.loggers.interface import LoggedRun, Logger, Outcome

_STATUS = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}
_MOST = 1000
"""Metrics that MLflow takes at once."""


class MLflow(Logger):
    """One run of MLflow, found again by its tag ``compose.run``.

    ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` (``compose`` unless told) hold. Characters that MLflow does
    not take in names become ``_``. Usage statistics are not sent unless ``MLFLOW_DISABLE_TELEMETRY=false`` is set.
    """

    client: Any
    id: str

    def begin(self, run: LoggedRun) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        store, place = os.environ.get("MLFLOW_TRACKING_URI"), None
        if not store:
            folder = (run.folder / "mlflow").resolve()
            folder.mkdir(exist_ok=True)
            store, place = f"sqlite:///{folder / 'mlflow.db'}", (folder / "artifacts").as_uri()
        self.client = MlflowClient(store)
        experiment = self._experiment(os.environ.get("MLFLOW_EXPERIMENT_NAME", "compose"), place)
        found = self.client.search_runs([experiment], f"tags.`compose.run` = '{run.id}'", max_results=1)
        if found:
            self.id = found[0].info.run_id
            self.client.update_run(self.id, status="RUNNING")
            return
        self.id = self.client.create_run(experiment, run_name=run.folder.name, tags={"compose.run": run.id}).info.run_id
        about = {"spec": run.spec, "env": run.env, "seed": run.seed, **run.settings}
        for name, x in about.items():
            self.client.log_param(self.id, name, x)
        self.client.log_text(self.id, run.text, "spec.yaml")

    def _experiment(self, name: str, artefacts: str | None) -> str:
        for _ in range(2):
            found = self.client.get_experiment_by_name(name)
            if found is not None:
                return str(found.experiment_id)
            try:
                return str(self.client.create_experiment(name, artifact_location=artefacts))
            except Exception as error:  # another process has just made it
                problem = error
        raise problem

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(time() * 1000)
        made = [Metric(re.sub(r"[^\w./ -]", "_", name), x, now, step) for name, x in values.items()]
        for start in range(0, len(made), _MOST):
            self.client.log_batch(self.id, metrics=made[start : start + _MOST])

    def artefact(self, step: int, name: str, file: Path) -> None:
        self.client.log_artifact(self.id, str(file), artifact_path=name)

    def end(self, outcome: Outcome) -> None:
        self.client.set_terminated(self.id, _STATUS[outcome])
