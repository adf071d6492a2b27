"""Choices drawn from logits, and how likely they were."""
