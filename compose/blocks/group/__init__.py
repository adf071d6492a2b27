"""Rows sorted into groups: a label for each."""
