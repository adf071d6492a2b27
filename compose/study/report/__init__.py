"""What a study found as one page that needs nothing else: claims first, then curves, tables, profiles, cost.

``asked`` is what a report is about, ``tables`` are IQMs as HTML, Markdown and LaTeX, ``cost`` what the runs took,
``page`` puts all of it into one file, ``studies`` takes it from a study and its runs.
"""
