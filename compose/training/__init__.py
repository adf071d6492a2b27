"""From a program and an environment to weights: play, remember, update, evaluate, write the run folder.

``run`` begins a training, ``trainer`` is its loop. ``rollout`` plays episodes (``actors`` choose actions, ``guard`` of
the environments watches), ``replay`` keeps them (``stored`` is what they lie in), a ``learner`` (kinds:
``replay_learner``, ``on_policy``, entered in ``learners``) updates. ``pieces`` plays episodes that go on from
collection to collection, for ``piece_learner``; their ``stretches`` are its rows.

- When: ``clocks`` (what is due), ``targets`` (lagged copies), ``until`` (a mark that has held), ``settings``.
- How: ``optim``, ``logged``, ``memory`` and ``measured`` (what a run needs), ``allocator``, ``warm_start``, ``retry``
  of an episode.
- Files: ``folder``, ``checkpoint``, ``records`` (what a file may hold), ``resumption`` (what must be the same),
  ``pruning``, ``lock``. ``run.json`` is written first: from then on a folder is a run.
- What comes of it: ``evaluate``, ``policy``, ``probe``, ``curve``, ``summary``; ``runs`` finds it again. ``given``
  checks what people hand a policy.
- ``loggers`` are told of metrics and evaluations as they come.
- ``together`` trains several seeds as one, their weights stacked; ``ranks`` one run on several processes.
"""
