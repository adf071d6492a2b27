"""What the keys of the PyMARL family's configs are, where that is no setting of a spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_RUN: Mapping[str, tuple[str, ...]] = {
    "--env names the environment and its options": ("env", "env_args", "key", "time_limit"),
    "--env-steps says when a run ends": ("t_max",),
    "--eval-every, --eval-episodes": ("test_interval", "test_nepisode"),
    "--log-every; every run writes metrics": (
        "log_interval", "runner_log_interval", "learner_log_interval", "use_tensorboard", "use_wandb", "wandb_team",
        "wandb_project", "wandb_mode", "wandb_save_model", "project", "entity", "group", "save_cnt", "hypergroup",
        "local_results_path", "label", "repeat_id", "unique_token", "run", "comment"),
    "checkpoints are kept in any case; --resume goes on": (
        "save_model", "save_model_interval", "checkpoint_path", "load_step", "save_replay", "evaluate", "render",
        "save_episodes", "episode_dir", "clear_existing_episodes", "save_animation", "animation_interval_evaluation",
        "enable_parallel_computing", "n_parallel_threads", "thread_num"),
    "--seed, --device": ("seed", "use_cuda", "cuda", "device", "gpu", "buffer_cpu_only", "cpu_inference"),
    "of the environment: axes and fields have it": (
        "n_agents", "n_actions", "state_shape", "obs_shape", "episode_limit", "unit_dim", "n_enemies", "n_allies",
        "obs_decode_dim", "agent_own_state_size", "reward_scalarisation"),
    "read by learners with a critic only": (
        "critic_lr", "critic_baseline_fn", "critic_q_fn", "critic_train_mode", "critic_train_reps", "critic_type",
        "critic_net", "q_nstep", "add_value_last_step", "entropy_coef", "entropy", "eps_clip", "epochs", "ppo_epsilon",
        "critic_grad_clip_norm", "mask_before_softmax", "critic_agent", "off_batch_size", "off_buffer_size",
        "gae_lambda", "vf_coef", "is_advantage_norm", "critic_coef", "obs_epsilon", "obs_explo"),
}
NOTHING: Mapping[str, str] = {key: text for text, keys in _RUN.items() for key in keys}
"""Keys that mean nothing in a spec, and where that is said."""

MUST: Mapping[str, tuple[Any, str]] = {
    "action_selector": ("epsilon_greedy", "values are acted on epsilon-greedily"),
    "agent_output_type": ("q", "utilities are values"),
    "test_greedy": (True, "policies of values are evaluated greedily"),
    "evaluation_epsilon": (0, "policies of values are evaluated greedily"),
    "obs_individual_obs": (False, "mixers read env.state"),
    "standardise_returns": (False, "block `moments` rescales targets in another way (PopArt)"),
    "common_reward": (True, "an environment gives one reward to the team"),
    "q_lambda": (False, "block `lambda_return` weights values at the greedy actions"),
    "use_per": (False, "a replay draws all episodes alike"),
    "return_priority": (False, "a replay draws all episodes alike"),
    "use_layer_norm": (False, "block `layer_norm` can be put into the utility by hand"),
    "use_orthogonal": (False, "`init: {kind: orthogonal}` starts a network so, its GRU too"),
    "qmix_pos_func": ("abs", "block `positive` knows abs, softmax, softplus and sigmoid"),
    "skip_connections": (False, "it can be written into the mixer by hand"),
    "gated": (False, "it can be written into the mixer by hand"),
    "epsilon_decay": ("linear", "a schedule of another kind can be written by hand"),
    "accumulated_episodes": (None, "`updates: N per M episodes` can be written by hand"),
}
"""Keys with the one value that a preset stands for, and what there is instead."""
OFF = {"per_alpha": "use_per", "per_beta": "use_per", "gain": "use_orthogonal"}
"""Keys that another one switches on."""
AGENTS: Mapping[str, tuple[str, ...]] = {"agent": ("rnn", "n_rnn"), "mac": ("basic_mac", "n_mac"),
                                         "runner": ("episode", "parallel"), "learner": ("q_learner", "nq_learner")}
"""Classes that a preset is written for, by the key that names them."""
