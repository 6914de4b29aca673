"""Where ``python -m generator`` and the command ``layerlight`` begin; the rest is ``cli``."""

from __future__ import annotations

import signal

__all__ = ["main"]


def main() -> None:
    """Load the command, and run it."""
    # While it is loaded Ctrl-C ends the process without a word: Python would show what it was at.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from generator.cli import main as command

    command()


if __name__ == "__main__":
    main()
