"""Several trainings of one spec, which differ in their seed alone, in one program.

Every seed keeps its own :class:`~compose.training.learner.Learner` and :class:`~compose.training.trainer.Trainer`, and
so its own clocks, replay, run folder and checkpoints. What is shared is the work: episodes of all seeds are rows of one
batch (``actor``, ``evaluate``), their weights are rows of one stack (``stack``), and one step updates all (``group``,
``optim``). Nothing crosses from one seed to another, so the results are those of the runs made apart.
"""
