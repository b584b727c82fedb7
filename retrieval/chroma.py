"""What the two homes of vectors have in common: how collections are called and counted, and what their failures say.

With `chroma_folder` and `chroma_server`, the only importers of `chromadb`. Knows neither texts nor questions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from retrieval.catalogue import SHARED
from retrieval.state import VectorState

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_PRIVATE = "private"

Found = TypeVar("Found")

Counted = Callable[[], tuple[int, int]]
"""Counts the searchable passages: shared ones, private ones."""


class VectorIndexError(Exception):
    """The vectors cannot be used; the message is one line that says what to do."""


class Home(Protocol):
    """Where the vectors are: a folder that several processes share, or a server.

    Every method raises VectorIndexError when it cannot be used.
    """

    def read(self, look: Callable[[Client], Found], nothing: Found) -> Found:
        """What `look` finds in a client that has seen every finished write; `nothing` where none was ever written."""

    def write(self, change: Callable[[Client], object]) -> None:
        """Carry out `change` with a client that has seen every earlier write, and tell all processes of it."""

    def close(self) -> None:
        """Let go of it; the next call opens it again."""


def collection_name(state: VectorState, owner: str, index: int | None = None) -> str:
    """The collection of an owner's vectors: one for what is shared, one for all that is private."""
    kind = SHARED if owner == SHARED else _PRIVATE
    return f"{prefix(state)}{kind}-{state.index if index is None else index}"


def prefix(state: VectorState) -> str:
    """How the names of this library's collections begin, and of no other library's on the same server."""
    return f"footnote-{state.library}-"


def index_of(name: str) -> int:
    """The number of the index that a collection of ours belongs to."""
    return int(name.rpartition("-")[2])


def existing(client: Client, name: str) -> Collection | None:
    """The collection of that name, if there is one."""
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def held(client: Client, state: VectorState) -> tuple[int, int]:
    """How many vectors the index that serves has, of shared passages and of private ones; stale ones count, too."""
    shared, private = (existing(client, collection_name(state, owner)) for owner in (SHARED, _PRIVATE))
    return shared.count() if shared else 0, private.count() if private else 0


def first_line(error: Exception) -> str:
    """What a library said of a failure, in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
