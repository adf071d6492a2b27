"""Looking for settings: ``trials`` proposes them and remembers what came of each (Optuna, with a journal in the study's
folder), ``rounds`` makes their runs, some at a time, ``best`` writes what was found as a spec.
"""
