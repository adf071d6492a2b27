"""Memory over time."""
