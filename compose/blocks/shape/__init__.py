"""The same numbers under other axes."""
