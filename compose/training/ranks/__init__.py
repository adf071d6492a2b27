"""One training on several processes, which ``torchrun`` starts: rank r of N plays and holds the episodes r, r + N, ...

``alone.py`` says what a training asks of the others, and is the answer where there are none; ``several.py`` answers by
``torch.distributed``. ``replay.py`` is the part of a replay that one process holds, ``parts.py`` refuses what cannot
be computed in parts, ``join.py`` meets the others and sees to it that one of them tells what went wrong, ``follow.py``
is what all but the first do: they write nothing.

What they learn together is what one process learns: every draw is a function of (seed, episode, step or update), sums
of losses and gradients are divided by counts over all processes.
"""
