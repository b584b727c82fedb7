"""Builds the parts from the settings: the only place that names concrete ones. Each is made when it is first used."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bot.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from bot.assistant import Assistant
    from bot.conversations import Conversations
    from retrieval.chroma import Counted, Home
    from retrieval.embedding import Embedder
    from retrieval.library import Library
    from retrieval.passages import Document
    from retrieval.search import Search
    from retrieval.state import SharedState
    from retrieval.vector_index import VectorIndex


class Footnote:
    """The parts of one running Footnote on one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._embedder: Embedder | None = None
        self._embedder_lock = threading.Lock()
        self._warming: threading.Thread | None = None

    def embedder(self) -> Embedder:
        """The embedding model, loaded at the first call; safe to call from several threads."""
        with self._embedder_lock:
            if self._embedder is None:
                from retrieval.embedding import open_embedder

                self._embedder = open_embedder(self.settings.embedding)
            return self._embedder

    def warm_up(self) -> None:
        """Load the model in a second thread while this one imports the other libraries: a cold start is both."""
        self._warming = threading.Thread(target=self._load_quietly)
        self._warming.start()

    def _load_quietly(self) -> None:
        try:
            self.embedder()
        except Exception:  # noqa: BLE001  # whoever needs the model calls embedder() and gets the error
            return

    @cached_property
    def engine(self) -> sa.Engine:
        """The database, migrated."""
        from retrieval.database import open_database

        return open_database(self.settings.database_url or self.settings.data_dir / "footnote.db")

    @cached_property
    def state(self) -> SharedState:
        """What all processes know of the vectors."""
        from retrieval.state import SharedState

        return SharedState(self.engine)

    @cached_property
    def vectors(self) -> VectorIndex:
        """The vectors, on the Chroma server that is set or in the data folder."""
        from retrieval.vector_index import VectorIndex

        def identity() -> tuple[str, int]:
            embedder = self.embedder()
            return embedder.name, embedder.dimensions

        def passages() -> tuple[int, int]:
            from retrieval.catalogue import count_passages

            return count_passages(self.engine)

        return VectorIndex(self._home(passages), identity, self.state)

    def _home(self, passages: Counted) -> Home:
        if self.settings.chroma_url:
            from retrieval.chroma_server import ChromaServer

            return ChromaServer(self.settings.chroma_url, self.state, passages)
        from retrieval.chroma_folder import ChromaFolder

        return ChromaFolder(self.settings.data_dir / "chroma", self.state, passages)

    @cached_property
    def library(self) -> Library:
        """The documents, repaired of what a killed process may have left."""
        from retrieval.library import Library

        library = Library(self.engine, self.vectors, self.embedder)
        library.repair()
        return library

    @cached_property
    def search(self) -> Search:
        """Search over the library."""
        from retrieval.search import Search

        def recover() -> int:
            return self.library.repair()

        return Search(self.engine, self.vectors, self.embedder, self.state, recover)

    @cached_property
    def conversations(self) -> Conversations:
        """What was said."""
        from bot.conversations import Conversations

        return Conversations(self.engine)

    @cached_property
    def assistant(self) -> Assistant:
        """The one assistant that all interfaces share."""
        from bot.answering.extractive import ExtractiveAnswerer
        from bot.assistant import Assistant

        answerer = ExtractiveAnswerer(self.embedder)
        return Assistant(self.library, self.search, answerer, self.conversations, self.embedder)

    def load_web(self, address: str, title: str | None = None) -> Document:
        """The web page (or file on the web) at `address` as a document. Raises LoadingError."""
        from retrieval.outbound import Outbound
        from retrieval.reachable import Allowed
        from retrieval.web import load_web

        return load_web(address, Outbound(Allowed.parse(self.settings.outbound_allowed)).get, title)

    def seed(self) -> bool:
        """Give a new library the article it knows from the start; whether it did."""

        def load() -> list[Document]:
            import seeds
            from retrieval.loading import find_files, load_path

            return [load_path(path) for path in find_files(Path(seeds.__file__).parent)]

        return self.library.seed(load)

    def close(self) -> None:
        """Let go of the files, once nothing is being loaded any more: a process cannot end in the middle of that."""
        if self._warming is not None:
            self._warming.join()
        if "vectors" in self.__dict__:
            self.vectors.close()
        if "engine" in self.__dict__:
            self.engine.dispose()
