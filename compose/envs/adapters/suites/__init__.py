"""Suites of other packages with a schema for every instance: MPE, Level-Based Foraging, RWARE, VMAS.

``suite.py`` is what their families share, ``look.py`` how entities are read off a game; each suite has a module that is
data, and one that looks, which alone may know the package. No package is imported before a game is made.
"""
