"""The parts of the library: models, database, indexes and search. The only place that names concrete ones."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bot.bootstrap.part import part
from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import sqlalchemy as sa

    from retrieval.index.chroma import Backend
    from retrieval.index.vector_index import VectorIndex
    from retrieval.library.library import Library
    from retrieval.library.quota import Quota
    from retrieval.models.comparison import Comparison
    from retrieval.models.embedder import Embedder
    from retrieval.models.reader import OnnxReader
    from retrieval.models.reading import Reader
    from retrieval.models.similarity_calibration import Fit, SimilarityCalibration
    from retrieval.net.ssrf import AllowedHosts
    from retrieval.search import Search
    from retrieval.store.state import SharedState
    from retrieval.types import Document

_PAGE_SECONDS = 30.0
_FILLING_SECONDS = 20.0  # that a question in another language waits for vectors of what it is asked of


class LibraryParts:
    """The parts of one library on one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._embedder: Embedder | None = None
        self._embedder_lock = threading.Lock()
        self._warming: threading.Thread | None = None

    def embedder(self) -> Embedder:
        """The embedding model, loaded at the first call; safe to call from several threads."""
        with self._embedder_lock:
            if self._embedder is None:
                from retrieval.models.embedder import open_embedder

                self._embedder = open_embedder(self.settings.embedding)
            return self._embedder

    @part
    def _network(self) -> OnnxReader:
        from retrieval.models.reader import OnnxReader

        return OnnxReader()

    def reader(self) -> Reader | None:
        """What reads passages, loaded at the first call; None where the settings say that likeness has to do."""
        return self._network if self.settings.reader == "on" else None

    @part
    def _multilingual_network(self) -> OnnxReader:
        from retrieval.models.calibration import MULTILINGUAL
        from retrieval.models.reader import OnnxReader

        return OnnxReader(network=MULTILINGUAL)

    def multilingual_reader(self) -> Reader | None:
        """What reads what is not in English, loaded at the first call."""
        return self._multilingual_network if self.settings.reader == "on" else None

    @part
    def similarity(self) -> SimilarityCalibration:
        """What cosines of the embedding model mean; for a model that is not calibrated, a rough guess."""
        from retrieval.models.similarity_calibration import calibration_of

        return calibration_of(self.engine, self.embedder())

    @part
    def comparison(self) -> Comparison:
        """The embedding model that is set."""
        from retrieval.models.comparison import Comparison

        return Comparison(self.embedder, lambda: self.similarity)

    @part
    def others(self) -> Comparison | None:
        """The embedding model of other languages than English; a model that somebody has set is for all languages."""
        from retrieval.models.comparison import Comparison
        from retrieval.models.embedder import DEFAULT

        if self.settings.embedding != DEFAULT:
            return None
        return Comparison(lambda: self._multilingual_embedder, lambda: self._multilingual_similarity)

    @part
    def _multilingual_embedder(self) -> Embedder:
        from retrieval.models.embedder import MULTILINGUAL, open_embedder

        return open_embedder(MULTILINGUAL)

    @part
    def _multilingual_similarity(self) -> SimilarityCalibration:
        from retrieval.models.similarity_calibration import calibration_of

        return calibration_of(self.engine, self._multilingual_embedder)

    @part
    def _multilingual_vectors(self) -> VectorIndex:
        from retrieval.index.chroma import MULTILINGUAL
        from retrieval.index.vector_index import VectorIndex

        def identity() -> tuple[str, int]:
            return self._multilingual_embedder.name, self._multilingual_embedder.dimensions

        return VectorIndex(self._backend, identity, self.state, space=MULTILINGUAL)

    def _fill(self, owners: Collection[str], documents: Collection[str] | None) -> None:
        """Make the vectors of other languages that documents lack."""
        from retrieval.library.multilingual_vectors import MultilingualVectors

        MultilingualVectors(self.engine, self._multilingual_vectors, lambda: self._multilingual_embedder).fill(
            owners, documents, _FILLING_SECONDS
        )

    def calibrate(self) -> Fit | None:
        """Fit the similarities of the embedding model and keep them in the library; None for the model that ships."""
        from retrieval.models.similarity_calibration import calibrate

        self.__dict__.pop("similarity", None)
        return calibrate(self.engine, self.embedder())

    def warm_up(self) -> None:
        """Load the model in a second thread while this one imports the other libraries: a cold start is both."""

        def load() -> None:
            with suppress(Exception):  # whoever needs the model calls embedder() and gets the error
                self.embedder()
                self.reader()

        self._warming = threading.Thread(target=load)
        self._warming.start()

    @part
    def engine(self) -> sa.Engine:
        """The database, migrated."""
        from retrieval.store.database import open_database

        return open_database(self.settings.database_url or self.settings.data_dir / "footnote.db")

    @property
    def is_open(self) -> bool:
        """Whether the database has been opened."""
        return "engine" in self.__dict__

    @part
    def state(self) -> SharedState:
        """What all processes know of the vectors."""
        from retrieval.store.state import SharedState

        return SharedState(self.engine)

    @part
    def vectors(self) -> VectorIndex:
        """The vectors, on the Chroma server that is set or in the data folder."""
        from retrieval.index.vector_index import VectorIndex

        return VectorIndex(self._backend, lambda: (self.embedder().name, self.embedder().dimensions), self.state)

    @part
    def _backend(self) -> Backend:
        from retrieval.library.catalogue import count_passages

        if self.settings.chroma_url:
            from retrieval.index.chroma_remote import ChromaServer

            return ChromaServer(self.settings.chroma_url, self.state, lambda: count_passages(self.engine))
        from retrieval.index.chroma_local import ChromaFolder

        return ChromaFolder(self.settings.data_dir / "chroma", self.state, lambda: count_passages(self.engine))

    @part
    def library(self) -> Library:
        """The documents, repaired of what a killed process may have left."""
        from retrieval.library.library import Library

        fill = self._fill if self.others else None
        keeps = self.settings.keep_originals == "on"
        library = Library(self.engine, self.vectors, self.embedder, fill, keeps_originals=keeps)
        library.repair()
        return library

    @property
    def quota(self) -> Quota:
        """What each key and each chat may have in the library; the user of this machine has none."""
        from retrieval.library.quota import Quota

        return Quota(self.settings.most_documents, self.settings.most_characters)

    @part
    def search(self) -> Search:
        """Search over the library."""
        from retrieval.search import Models, Search

        english = Models(self.comparison, self.vectors, self.reader)
        others = None
        if self.others is not None:
            others = Models(self.others, self._multilingual_vectors, self.multilingual_reader, self._fill)
        return Search(self.engine, self.state, lambda: self.library.repair(), english, others)

    @property
    def allowed_pages(self) -> AllowedHosts:
        """What may be read although it is not public: by whoever may add a document, and so may read it."""
        from retrieval.net.ssrf import AllowedHosts

        return AllowedHosts.parse(self.settings.fetch_allowed, "FOOTNOTE_FETCH_ALLOWED")

    def load_web(self, address: str, title: str | None = None, check: Callable[[], None] | None = None) -> Document:
        """The web page (or file on the web) at `address` as a document; `check` ends the reading by raising.

        Raises LoadingError.
        """
        from retrieval.loaders.sandbox import nothing_to_check
        from retrieval.loaders.web import load_web
        from retrieval.net.guard import Outbound

        fetch = Outbound(self.allowed_pages, seconds=_PAGE_SECONDS).get
        return load_web(address, fetch, title, check or nothing_to_check)

    def seed(self) -> bool:
        """Give a new library the article it knows from the start; whether it did."""

        def load() -> list[Document]:
            import seeds
            from retrieval.loaders.loading import find_files, load_path

            return [load_path(path) for path in find_files(Path(seeds.__file__).parent)]

        return self.library.seed(load)

    def close(self) -> None:
        """Let go of the files, once nothing is being loaded any more: a process cannot end in the middle of that."""
        if self._warming is not None:
            self._warming.join()
        if "vectors" in self.__dict__:
            self.vectors.close()
        if self.is_open:
            self.engine.dispose()
