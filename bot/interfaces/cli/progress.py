"""Progress on standard error: a bar with the time left on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable

from bot.interfaces.cli.output import decorated, one_line

Told = Callable[[str, int, int], None]
"""Called with a step, how much of it is done, and of how much; the form of retrieval.library.library.Progress."""

_SHOWN = 40  # characters of what a bar stands for


class Bar:
    """A bar over `total` things, done one after the other; it is not drawn where none may be shown."""

    def __init__(self, quiet: bool, total: int) -> None:
        self._drawn = not quiet and decorated(sys.stderr)
        self._done = 0
        if not self._drawn:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # results belong where they were sent to
        )
        self._task = self._bar.add_task("", total=total)

    def one(self, what: str) -> Told:
        """Begin the next thing; what it tells of its steps moves the bar by parts of one."""
        before = self._done
        self._done += 1

        def show(step: str, done: int, total: int) -> None:
            if self._drawn and step == "indexed":
                self._bar.start()
                self._bar.update(
                    self._task, completed=before + done / max(1, total), description=one_line(what)[:_SHOWN]
                )

        return show

    def parts(self, what: str) -> Told:
        """Tell of the parts of one long work, which are what the bar counts then."""

        def show(step: str, done: int, total: int) -> None:
            if self._drawn and step in {"indexed", "asked"}:
                self._bar.start()
                self._bar.update(self._task, completed=done, total=total, description=what)
                if done >= total:
                    self.hide()

        return show

    def hide(self) -> None:
        """Take the bar away, so that something can be printed; it comes back when it moves."""
        if self._drawn:
            self._bar.stop()


def counted(quiet: bool, what: str = "") -> Told:
    """A bar over the parts of one long work."""
    return Bar(quiet, 1).parts(what)
