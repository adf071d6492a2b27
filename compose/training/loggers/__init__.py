"""Where the numbers of a run go beside its folder: TensorBoard, Weights & Biases, MLflow, and loggers of others.

``interface`` is what a logger is, ``catalogue`` finds one by name (``tensorboard``, ``wandb``, ``mlflow``, and those of
the entry point group), ``names`` says what a number is called, ``told`` tells several loggers and keeps a run from
doubled points and from their failures, ``video`` films an episode. See ``docs/logging.md``.
"""
