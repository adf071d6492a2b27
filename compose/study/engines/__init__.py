"""Who makes the runs of a study: each engine only starts workers (``runs/work``) somewhere, and again where they died.

``interface`` is what an engine is, ``drive`` what goes on around it; ``local`` starts processes on this machine.
"""
