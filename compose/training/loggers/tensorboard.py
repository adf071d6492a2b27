"""TensorBoard: event files in ``RUN/tensorboard``; ``tensorboard --logdir runs`` shows all runs below."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from compose.training.loggers.interface import LoggedRun, Logger, Outcome

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class TensorBoard(Logger):
    """Writes its files anew when a run is resumed: they hold what the run's own logs hold, whoever reads them."""

    anew = True
    writer: SummaryWriter

    def begin(self, run: LoggedRun) -> None:
        from torch.utils.tensorboard import SummaryWriter

        folder = run.folder / "tensorboard"
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        # a TensorBoard that is open keeps in mind what it has read: purge_step makes it forget
        self.writer = SummaryWriter(str(folder), purge_step=0, flush_secs=30)
        text = "".join(f"    {line}\n" for line in run.text.splitlines())
        self.writer.add_text("spec", text, 0)

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        for name, x in values.items():
            self.writer.add_scalar(name, x, step)

    def artefact(self, step: int, name: str, file: Path) -> None:
        from PIL import Image
        from tensorboard.compat.proto.summary_pb2 import Summary

        with Image.open(file) as picture:
            width, height = picture.size
        image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=file.read_bytes())
        assert self.writer.file_writer is not None
        self.writer.file_writer.add_summary(Summary(value=[Summary.Value(tag=name, image=image)]), step)

    def end(self, outcome: Outcome) -> None:
        self.writer.close()
