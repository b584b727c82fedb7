"""What the two backends of vectors have in common: the names of collections, their counts, and error messages.

With `chroma_local` and `chroma_remote`, the only importers of `chromadb`. Knows neither texts nor questions.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from retrieval.errors import StorageError
from retrieval.store.state import VectorState
from retrieval.types import SHARED

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection

_PRIVATE = "private"
_OWN = "own."
_MOST_KEPT = 10_000
MULTILINGUAL = "multilingual"
"""The space of the vectors that the model of other languages makes, beside those of the model that is set."""

Found = TypeVar("Found")

Counted = Callable[[], tuple[int, int]]
"""Counts the searchable passages: shared ones, private ones."""


class VectorIndexError(StorageError):
    """The vectors cannot be used; the message is one line that says what to do."""


class View:
    """A client with the state of the vectors that it has seen, and what was found with it.

    A backend that learns of every write gives the same view until there was one; any other, a new one for each look.
    """

    def __init__(self, client: Client, state: VectorState) -> None:
        self.client = client
        self.state = state
        self._found: dict[tuple[str, str], list[Any]] = {}

    def collection(self, name: str) -> Collection | None:
        """The collection of that name, if there is one."""
        return self.once("collection", name, lambda: existing(self.client, name))

    def once(self, what: str, name: str, find: Callable[[], Found]) -> Found:
        """What `find` finds of a collection, looked up once for as long as the view is good."""
        known: list[Found] | None = self._found.get((what, name))
        if known is None:
            known = [find()]
            if len(self._found) >= _MOST_KEPT:  # many askers who own nothing
                self._found.clear()
            self._found[what, name] = known
        return known[0]


class Backend(Protocol):
    """A folder that several processes share, or a server. Its methods raise VectorIndexError when it cannot be used.

    `synchronised_every`: vectors that Chroma keeps in its log before they are written into the file of its graph.
    """

    synchronised_every: int

    def read(self, look: Callable[[View], Found], nothing: Found) -> Found:
        """What `look` finds in a client that has seen every finished write; `nothing` where none was ever written."""

    def write(self, change: Callable[[Client], object]) -> None:
        """Carry out `change` with a client that has seen every earlier write, and tell all processes of it."""

    def missed(self, client: Client) -> None:
        """To be called within `read` when a collection is missing, so that a loss of all vectors is noticed now."""

    def close(self) -> None:
        """Close it; the next call opens it again."""


def collection_name(
    state: VectorState, owner: str, index: int | None = None, own: bool = False, space: str = ""
) -> str:
    """The collection of an owner's vectors in an index (the serving one unless named), in a space.

    One for what is shared, one for all that is private, and an `own` one for what an owner has beyond the passages that
    are compared one by one.
    """
    kind = SHARED if owner == SHARED else _PRIVATE
    if own:
        kind = f"{_OWN}{sha256(owner.encode()).hexdigest()[:16]}"
    return f"{prefix(state)}{kind}{space and f'.{space}'}-{state.index if index is None else index}"


def prefix(state: VectorState) -> str:
    """How the names of this library's collections begin, and of no other library's on the same server."""
    return f"footnote-{state.library}-"


def index_of(name: str) -> int:
    """The number of the index that a collection of ours belongs to."""
    return int(name.rpartition("-")[2])


def space_of(name: str) -> str:
    """The space that a collection of ours belongs to."""
    return MULTILINGUAL if name.rpartition("-")[0].endswith(f".{MULTILINGUAL}") else ""


def existing(client: Client, name: str) -> Collection | None:
    """The collection of that name, if there is one."""
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def held(client: Client, state: VectorState) -> tuple[int, int]:
    """How many vectors of the model that is set the serving index has, of shared passages and of private ones; stale
    ones are counted, too.
    """
    shared = private = 0
    for collection in client.list_collections():
        if collection.name.startswith(prefix(state)) and index_of(collection.name) == state.index:
            if space_of(collection.name):
                continue
            if collection.name == collection_name(state, SHARED):
                shared += collection.count()
            else:
                private += collection.count()
    return shared, private
