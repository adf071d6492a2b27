"""Battles in C++: a second implementation of the rules, bit by bit the first one's. ``episode`` calls it."""
