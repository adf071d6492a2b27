"""Many runs: ``seeds`` of one spec, two sides of a ``comparison``; ``pymarl`` is the way over from that family.

A study: ``file`` is what it says, ``runs`` are its runs and who works on them, ``engines`` start workers, ``search``
looks for settings.

``curves`` are the evaluations of one run, ``grid`` brings several to the same places, ``gathering`` finds them in
folders; ``bands`` are their means with intervals, ``figures`` pictures of them, ``export`` files of them for others,
``results`` one small file of a study's, to report from.
``statistics`` are what reviewers ask for, of scores of runs; ``sides`` are methods with their scores, ``versus`` puts
two beside each other, ``claims`` reads what is said of them, ``verdicts`` judges it, ``report`` makes a page of
it all.

In ``pymarl``: ``files`` are configs as plain data, ``config`` carries keys over to a spec on a preset, ``keys`` says
what became of those that are no setting of a spec, ``weights`` maps saved weights.
"""
