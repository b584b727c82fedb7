"""`python -m bot` is `footnote`."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the command line; interrupted while it is still being loaded, it ends as quietly as later."""
    # Imports make some hundred thousand objects that stay. Looking through them for garbage, as often as Python does
    # unasked, takes a tenth of the time of a start.
    gc.set_threshold(50_000, 20, 50)
    try:
        from bot.interfaces.cli.command_line import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
