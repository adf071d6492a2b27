"""The loggers' own packages, where they are installed (``make test-loggers``): written, resumed, read back."""

import io

import pytest
from PIL import Image

from compose.training.folder import RunFolder
from compose.training.loggers.catalogue import OURS
from compose.training.loggers.interface import LoggedRun
from compose.training.loggers.told import Loggers

ROWS = [{"env_steps": 10 * n, "episodes": n, "updates": n, "loss/td": n / 2, "log/x/3x1+4x2": 1.0,
         "statistic/s": None, "wall": {"seconds": 1.0 * n}} for n in range(1, 6)]
EVALS = [{"env_steps": 20, "updates": 2, "episode": n, "return": 1.0 * n, "length": 3, "success": n > 0, "task": "t"}
         for n in range(2)]


def gif():
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    frames[0].save(buffer, "gif", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def written(folder, name):
    """A run that was killed after its fourth row, with a checkpoint after its second, and went on."""
    folder.mkdir()
    run = LoggedRun(folder, "", "spec", "env", 0, "spec: x\n", {"updates": 5, "log": [name]}, False)
    place, said = RunFolder(folder), []
    for first, last in ((0, 4), (2, 5)):
        loggers = Loggers({name: OURS[name]}, said.append)
        with loggers.telling(run):
            for row in ROWS[first:last]:
                place.append("metrics", row)
                loggers.metrics(row)
                if row["updates"] == 2:
                    place.append("evals", *EVALS)
                    loggers.evaluation((20, 2), EVALS)
                    loggers.video((20, 2), gif)
                    size = place.log_sizes()
        if last < 5:
            place.cut_logs(size)
    assert said == []


STEPS = [10, 20, 30, 40, 50]
LOSSES = [0.5, 1.0, 1.5, 2.0, 2.5]


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard", reason="make test-loggers")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    written(tmp_path / "a", "tensorboard")
    (file,) = (tmp_path / "a" / "tensorboard").iterdir()
    read = EventAccumulator(str(file))
    read.Reload()
    assert [(one.step, one.value) for one in read.Scalars("loss/td")] == list(zip(STEPS, LOSSES, strict=True))
    assert [(one.step, one.value) for one in read.Scalars("loss_td")] == list(zip(STEPS, LOSSES, strict=True))
    assert [(one.step, one.value) for one in read.Scalars("test_battle_won_mean")] == [(20, 0.5)]
    (image,) = read.Images("evaluation/video")
    assert (image.step, image.width, image.height, image.encoded_image_string[:4]) == (20, 8, 6, b"GIF8")
    assert "statistic/s" not in read.Tags()["scalars"]


def records(data):
    """Of W&B's file, a log as LevelDB writes it: blocks of 32 KiB, each piece after checksum, length and kind."""
    at, whole = 7, b""  # W&B's own head
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:
            at += 32768 - at % 32768
            continue
        size, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        whole += data[at + 7 : at + 7 + size]
        at += 7 + size
        if kind in (1, 4):  # a whole one, or the last piece
            yield whole
            whole = b""


def test_wandb(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="make test-loggers")
    from wandb.proto import wandb_internal_pb2

    monkeypatch.delenv("WANDB_MODE", raising=False)
    written(tmp_path / "a", "wandb")
    found, ids = [], set()
    for file in sorted((tmp_path / "a" / "wandb").glob("offline-run-*/*.wandb")):
        ids.add(file.stem)
        for data in records(file.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(data)
            items = {one.key or "/".join(one.nested_key): one.value_json for one in record.history.item}
            if "loss/td" in items:
                found.append((int(items["env_steps"]), float(items["loss/td"])))
    assert found == list(zip(STEPS, LOSSES, strict=True))
    assert len(ids) == 1
    assert len(list((tmp_path / "a" / "wandb").glob("offline-run-*/files/media/videos/evaluation/*.gif"))) == 1


@pytest.mark.filterwarnings("default")  # MLflow warns of what it uses itself
def test_mlflow(tmp_path, monkeypatch):
    pytest.importorskip("mlflow", reason="make test-loggers")
    from mlflow import MlflowClient

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    written(tmp_path / "a", "mlflow")
    client = MlflowClient(f"sqlite:///{tmp_path / 'a' / 'mlflow' / 'mlflow.db'}")
    (run,) = client.search_runs([client.get_experiment_by_name("compose").experiment_id])
    assert run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, "loss/td")
    assert [(one.step, one.value) for one in history] == list(zip(STEPS, LOSSES, strict=True))
    assert "log/x/3x1_4x2" in run.data.metrics
    assert run.data.params["spec"] == "spec"
    assert [one.path for one in client.list_artifacts(run.info.run_id, "evaluation/video")] \
        == ["evaluation/video/000000020-000000002.gif"]
