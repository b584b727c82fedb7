"""The errors that Footnote knows: each says in one line what happened and what to do."""

from __future__ import annotations


class FootnoteError(Exception):
    """Something known went wrong. `str()` is one line without secrets: what happened (`message`), what to do (`hint`).

    Its type says what kind of error it is. `hint` is empty where the message says it all. `inside` is what only the
    command line tells besides: how this machine's own network looks is nothing for those who ask from elsewhere.
    """

    inside: str = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message, self.hint = message, hint

    @property
    def whole(self) -> str:
        """`str()` and what is `inside`, in one line: for the command line and the log."""
        return f"{self} {self.inside}".rstrip()


class UnavailableError(FootnoteError):
    """A part that every question needs cannot be used at the moment: a model, the database, the vectors."""


class StorageError(UnavailableError):
    """What keeps the library cannot be used: the database, or the vectors; `full` where no room is left."""

    def __init__(self, message: str, hint: str = "", *, full: bool = False) -> None:
        super().__init__(message, hint)
        self.full = full


def first_line(error: BaseException) -> str:
    """The first line that an error of another library says, or its kind."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)[:200]
