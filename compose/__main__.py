"""``python -m compose`` is ``compose``."""

from compose.cli import main

if __name__ == "__main__":
    main()
