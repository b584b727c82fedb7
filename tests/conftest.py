"""Parts that several tests share: real ones, on a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.embedding import Embedder, open_embedder

Opener = Callable[..., Footnote]


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The default model."""
    return open_embedder()


@pytest.fixture
def open_footnote(tmp_path: Path) -> Iterator[Opener]:
    """Opens a Footnote on the test's data folder (or another), built as the program builds it; closed at the end."""
    opened: list[Footnote] = []

    def opener(data_dir: Path | None = None) -> Footnote:
        footnote = Footnote(Settings(data_dir=data_dir or tmp_path / "data"))
        opened.append(footnote)
        return footnote

    yield opener
    for footnote in opened:
        footnote.close()


@pytest.fixture
def footnote(open_footnote: Opener) -> Footnote:
    """A Footnote on an empty data folder."""
    return open_footnote()
