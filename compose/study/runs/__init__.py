"""Runs by content: a run's folder is named by what decides its numbers, so studies share runs and none is made twice.

``planned`` says which runs a study needs and where they lie, ``lease`` who works on one, ``standing`` how far one is,
``workspace`` what a study keeps beside its runs, ``work`` makes one after the other, with ``models`` traced once.
"""
