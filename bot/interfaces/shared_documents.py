"""What the user of this machine adds for everyone: on the command line, or by HTTP where there are no keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from retrieval.library.library import Added, Library, Progress
    from retrieval.types import Document

LOCAL = "local"
"""The asker that is the user of this machine."""


def add_shared(
    library: Library,
    document: Document,
    progress: Progress = lambda *_: None,
    check: Callable[[], None] = lambda: None,
) -> Added:
    """Add a document for everyone; the user's own copies of it, made for a question, are removed.

    Raises LibraryError, and what `check` raises as long as nothing has been added.
    """
    added = library.add(document, progress=progress, check=check)
    for entry in library.entries([LOCAL]):
        if entry.source == document.source:
            library.remove(entry.id, [LOCAL])
    return added
