"""Masks: who takes part with whom."""
