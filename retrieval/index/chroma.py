"""What the two homes of vectors have in common: how collections are called and counted, and what their failures say.

With `chroma_folder` and `chroma_server`, the only importers of `chromadb`. Knows neither texts nor questions.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol, TypeVar

from retrieval.errors import StorageError
from retrieval.store.state import VectorState
from retrieval.types import SHARED

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_PRIVATE = "private"
_OWN = "own."

Found = TypeVar("Found")

Counted = Callable[[], tuple[int, int]]
"""Counts the searchable passages: shared ones, private ones."""


class VectorIndexError(StorageError):
    """The vectors cannot be used; the message is one line that says what to do."""

    code = "vectors"


class Home(Protocol):
    """Where the vectors are: a folder that several processes share, or a server.

    Every method raises VectorIndexError when it cannot be used.
    """

    def read(self, look: Callable[[Client], Found], nothing: Found) -> Found:
        """What `look` finds in a client that has seen every finished write; `nothing` where none was ever written."""

    def write(self, change: Callable[[Client], object]) -> None:
        """Carry out `change` with a client that has seen every earlier write, and tell all processes of it."""

    def missed(self, client: Client) -> None:
        """Be told, within `read`, that a collection is not there, so that the loss of all is noticed now."""

    def close(self) -> None:
        """Let go of it; the next call opens it again."""


def collection_name(state: VectorState, owner: str, index: int | None = None) -> str:
    """The collection of an owner's vectors: one for what is shared, one for all that is private."""
    return _name(state, SHARED if owner == SHARED else _PRIVATE, index)


def own_collection_name(state: VectorState, owner: str, index: int | None = None) -> str:
    """The collection of what an owner has beyond the passages that are looked through one by one."""
    return _name(state, f"{_OWN}{sha256(owner.encode()).hexdigest()[:16]}", index)


def _name(state: VectorState, kind: str, index: int | None) -> str:
    return f"{prefix(state)}{kind}-{state.index if index is None else index}"


def prefix(state: VectorState) -> str:
    """How the names of this library's collections begin, and of no other library's on the same server."""
    return f"footnote-{state.library}-"


def index_of(name: str) -> int:
    """The number of the index that a collection of ours belongs to."""
    return int(name.rpartition("-")[2])


def is_own(state: VectorState, name: str) -> bool:
    """Whether a collection of the index that serves is a single owner's."""
    return name.startswith(f"{prefix(state)}{_OWN}") and index_of(name) == state.index


def existing(client: Client, name: str) -> Collection | None:
    """The collection of that name, if there is one."""
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def held(client: Client, state: VectorState) -> tuple[int, int]:
    """How many vectors the index that serves has, of shared passages and of private ones; stale ones count, too."""
    shared, private = collection_name(state, SHARED), collection_name(state, _PRIVATE)
    counts = [0, 0]
    for collection in client.list_collections():
        if collection.name == shared:
            counts[0] += collection.count()
        elif collection.name == private or is_own(state, collection.name):
            counts[1] += collection.count()
    return counts[0], counts[1]


def first_line(error: Exception) -> str:
    """What a library said of a failure, in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
