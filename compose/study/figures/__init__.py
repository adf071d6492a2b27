"""Figures for papers: as wide as a column or a page, letters of 8 points, colours that colour-blind readers tell apart.

``style`` is what they share, ``panels`` curves with bands, ``profiles`` performance profiles, ``heat`` scores by
method and task.
"""
