"""What a replay's rows lie in. ``dense.py`` keeps every episode at full length, a number as the batch has it;
``packed.py`` keeps the steps that were reached and of every column what changes in it (``columns.py``), numbers of no
fixed count one after the other in large pieces of memory (``shelf.py``), masks and zeros and ones as ``bits.py``.
``rows.py`` says which fields have a time axis.
"""
