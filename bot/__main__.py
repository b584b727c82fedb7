"""`python -m bot` is `footnote`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; interrupted while it is still being loaded, it ends as quietly as later."""
    try:
        from bot.interfaces.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
