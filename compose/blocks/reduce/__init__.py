"""Fewer axes: means, sums, maxima, picks."""
