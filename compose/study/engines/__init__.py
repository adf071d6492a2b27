"""Who makes the runs of a study: each engine only starts workers (``runs/work``) somewhere, and again where they died.

``interface`` is what an engine is, ``named`` knows them by name, ``drive`` is what goes on around one. ``local`` starts
processes on this machine, ``slurm`` jobs (``queue`` asks Slurm's commands), ``ray`` tasks; ``remote`` is a worker as a
call for the latter two.
"""
