"""Graph to torch."""
