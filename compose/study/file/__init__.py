"""A study: many runs and the sentences that they should bear out, as one file.

``model`` is its form, ``reading`` makes it of a file (with ``extends``, each mistake at its place), ``methods`` are
what it compares: specs, each as it is or varied over a grid.
"""
