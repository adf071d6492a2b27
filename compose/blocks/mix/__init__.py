"""From utilities to joint values."""
