"""Where the libraries of the campaign lie: in files, or in PostgreSQL and on a Chroma server, begun once for all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from servers import Chroma, Postgres

from bot.settings import Settings
from retrieval.store.database import open_database

Topology = Literal["files", "servers"]


class LibraryPlace(NamedTuple):
    """A new library: its folder, and the settings that name its servers."""

    folder: Path
    settings: dict[str, str]

    def environment(self) -> dict[str, str]:
        """What a process on it is given, beside what every process is."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
        return {**kept, "FOOTNOTE_READER": "off", "FOOTNOTE_DATA_DIR": str(self.folder / "data"), **self.settings}

    def opened(self) -> Settings:
        """Its settings for this process."""
        given = {name.removeprefix("FOOTNOTE_").lower(): value for name, value in self.settings.items()}
        return Settings(data_dir=self.folder / "data", reader="off", **given)  # type: ignore[arg-type]  # texts all


class Places:
    """Makes new libraries."""

    def __init__(self, folder: Path, servers: tuple[Postgres, Chroma] | None) -> None:
        self._folder, self._servers = folder, servers

    def new(self, topology: Topology) -> LibraryPlace:
        """An empty library."""
        folder = Path(tempfile.mkdtemp(prefix=f"{topology}-", dir=self._folder))
        if topology == "files":
            return LibraryPlace(folder, {})
        assert self._servers is not None
        postgres, chroma = self._servers
        url = postgres.database(lambda model: open_database(model).dispose())
        return LibraryPlace(folder, {"FOOTNOTE_DATABASE_URL": url, "FOOTNOTE_CHROMA_URL": chroma.url})


@contextmanager
def places(folder: Path, servers: bool) -> Iterator[Places]:
    """Libraries below `folder`; the servers end with the block."""
    folder.mkdir(parents=True, exist_ok=True)
    if not servers:
        yield Places(folder, None)
        return
    postgres = Postgres()
    try:
        chroma = Chroma()
        try:
            yield Places(folder, (postgres, chroma))
        finally:
            chroma.stop()
    finally:
        postgres.stop()
