"""Facts that were said to be proved, tried with numbers: one attack a file.

An attack gives None if the fact held, else what it found. Nothing here looks at how a proof was made.
"""
