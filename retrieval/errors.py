"""The errors that Footnote knows: each says in one line what happened and what to do."""

from __future__ import annotations

from typing import ClassVar


class FootnoteError(Exception):
    """Something known went wrong. `str()` is one line without secrets: what happened (`message`), what to do (`hint`).

    `code` names the kind of error, for programs. `hint` is empty where the message says it all.
    """

    code: ClassVar[str] = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.message, self.hint = message, hint


class UnavailableError(FootnoteError):
    """A part that every question needs cannot be used at the moment: a model, the database, the vectors."""

    code = "unavailable"


class StorageError(UnavailableError):
    """What keeps the library cannot be used: the database, or the vectors; `full` where no room is left."""

    code = "storage"

    def __init__(self, message: str, hint: str = "", *, full: bool = False) -> None:
        super().__init__(message, hint)
        self.full = full
