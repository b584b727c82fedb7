"""Progress on standard error: a bar with the time left on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bot.interfaces.cli_text import decorated


def counted(quiet: bool, what: str = "") -> Callable[[str, int, int], None]:
    """A bar that is drawn as it is called; a callable that does nothing where no bar may be shown."""
    # Its form is that of retrieval.library.Progress: step, how much is done, of how much.
    if quiet or not decorated(sys.stderr):
        return lambda step, done, total: None
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task(what, total=None)

    def show(step: str, done: int, total: int) -> None:
        if step not in {"indexed", "asked"}:
            return
        bar.start()
        bar.update(task, completed=done, total=total)
        if done >= total:
            bar.stop()

    return show
