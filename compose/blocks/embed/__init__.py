"""Embeddings: from features to features."""
