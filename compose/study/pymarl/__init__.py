"""The way over from PyMARL, PyMARL2 and EPyMARL: configs become specs, saved weights become ours."""
