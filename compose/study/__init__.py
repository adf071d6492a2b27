"""Many runs: ``seeds`` of one spec, two sides of a ``comparison``; ``pymarl`` is the way over from that family.

``statistics`` are what reviewers ask for, of scores of runs.

In ``pymarl``: ``files`` are configs as plain data, ``config`` carries keys over to a spec on a preset, ``keys`` says
what became of those that are no setting of a spec, ``weights`` maps saved weights.
"""
