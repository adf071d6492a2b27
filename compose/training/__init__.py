"""From a program and an environment to weights: rollouts, replay, learners, checkpoints, evaluation."""
