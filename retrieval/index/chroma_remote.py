"""The vectors on a Chroma server, which several processes and machines may share.

A server keeps its clients apart by itself; what is left to do is to bear its absence, and to notice when it has lost
what was written to it (a volume that was thrown away): then it is all made again from the texts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

from retrieval.errors import first_line
from retrieval.index.chroma import Counted, Found, VectorIndexError, View, held
from retrieval.store.state import SharedState

if TYPE_CHECKING:
    import httpx
    from chromadb.api.client import Client

_ANSWERS_WITHIN = 60.0  # seconds; a batch of vectors takes a fraction of one
_CONNECTS_WITHIN = 10.0
_FIRST_ASKED = "/api/v2/tenants/default_tenant/databases/default_database"
_COUNTED_EVERY = 30.0  # seconds between two looks whether the server still has everything
_PAUSE = 0.3  # seconds until a request that got no answer is made once more


class ChromaServer:
    """The Chroma server at `url` (http or https, host and port)."""

    # With each synchronisation the keys of all vectors are written anew, which takes two seconds among a million. A
    # server that is started again has as many vectors to put into the graph, at about a thousand a second.
    synchronised_every = 5000

    def __init__(self, url: str, state: SharedState, passages: Counted) -> None:
        self._url = url
        self._state = state
        self._passages = passages
        self._opened: Client | None = None
        self._counted_at = 0.0
        self._guard = threading.RLock()

    def read(self, look: Callable[[View], Found], nothing: Found) -> Found:
        """What `look` finds, tried at most twice; on a server there is always something to look at, never `nothing`.

        Each try has a view of its own: a server may lose what it has without a word.
        """
        return self._tried(lambda client: look(View(client, self._state.read())))

    def write(self, change: Callable[[Client], object]) -> None:
        """Carry out `change`, which may happen twice when an answer gets lost, and raise the generation."""
        self._tried(change)
        self._state.advance()

    def missed(self, client: Client) -> None:
        """Count at once: a server that was started anew with an empty volume is reached as if nothing had happened."""
        self._check(client)

    def close(self) -> None:
        """Close the connection; the next call opens it again."""
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                for session in _sessions(self._opened):  # Chroma leaves its connections open
                    session.close()
                self._opened = None

    def _tried(self, call: Callable[[Client], Found]) -> Found:
        import httpx
        from chromadb.errors import ChromaError, InternalError, NotFoundError

        for last in (False, True):
            try:
                return call(self._client())
            except (VectorIndexError, SQLAlchemyError):
                raise
            except (httpx.TransportError, ConnectionError, RuntimeError) as error:
                # RuntimeError: another thread, whose request failed, has closed the connections under this one's hands.
                self.close()
                if last:
                    raise self._unreachable(error) from error
                time.sleep(_PAUSE)
            except (ChromaError, ValueError) as error:
                if isinstance(error, NotFoundError | InternalError) and not last:
                    continue  # another process dropped a collection, or a vector that the server had just found
                raise VectorIndexError(f"The Chroma server at {self._url} refused ({first_line(error)}).") from error
            except Exception as error:  # Chroma raises bare exceptions for what it does not foresee
                raise VectorIndexError(f"The Chroma server at {self._url} failed ({first_line(error)}).") from error
        raise AssertionError("unreachable")

    def _client(self) -> Client:
        with self._guard:
            if self._opened is None:
                self._opened = self._open()
                self._counted_at = 0.0
            if time.monotonic() - self._counted_at > _COUNTED_EVERY:
                self._check(self._opened)
                self._counted_at = time.monotonic()
            return self._opened

    def _check(self, client: Client) -> None:
        """Note a loss when there are fewer vectors than passages; only what is missing is made again."""
        state = self._state.read()
        # Others may add and remove meanwhile: what is needed is needed before and after the vectors are counted.
        before, there, after = self._passages(), held(client, state), self._passages()
        needed = tuple(map(min, before, after))
        enough = all(vectors >= passages for vectors, passages in zip(there, needed, strict=True))
        if not enough and not state.lost and self._state.read().index == state.index:
            self._state.lose()
            self._state.advance()

    def _open(self) -> Client:
        import chromadb
        import httpx
        from chromadb.config import Settings

        address = urlsplit(self._url)
        try:
            # What Chroma's own client asks first: it would wait for ever for a server that says nothing.
            first = httpx.get(f"{self._url.rstrip('/')}{_FIRST_ASKED}", timeout=_CONNECTS_WITHIN).raise_for_status()
            if '"tenant"' not in first.text:  # Chroma's client would fail on it, and leave its connections open
                raise ValueError("what answers is no Chroma")
            opened = cast(
                "Client",
                chromadb.HttpClient(
                    host=address.hostname or "",
                    port=address.port or (443 if address.scheme == "https" else 80),
                    ssl=address.scheme == "https",
                    settings=Settings(anonymized_telemetry=False),
                ),
            )
            for session in _sessions(opened):
                session.timeout = httpx.Timeout(_ANSWERS_WITHIN, connect=_CONNECTS_WITHIN)
        except (httpx.HTTPError, ValueError, ConnectionError) as error:
            raise self._unreachable(error) from error
        return opened

    def _unreachable(self, error: Exception) -> VectorIndexError:
        return VectorIndexError(
            f"The Chroma server at {self._url} does not answer ({first_line(error)}). "
            "Start it, or correct FOOTNOTE_CHROMA_URL."
        )


def _sessions(client: Client) -> list[httpx.Client]:
    """The connections that a client keeps. Private: Chroma gives no public way to set their time-outs or close them."""
    parts: list[Any] = [client, client._admin_client]
    return [part._server._session for part in parts]
